"""``loopscope rules``."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from loopscope.cli.main import cli
from loopscope.rules.registry import REGISTRY

SOURCES = Path(__file__).parents[2] / "codemods" / "loopscope"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["rules", *arguments])
    return result.exit_code, result.output


def test_the_list_names_every_rule() -> None:
    code, out = run()
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == [rule.code for rule in REGISTRY]


@pytest.mark.parametrize("rule", REGISTRY, ids=lambda rule: rule.code)
def test_each_rule_has_a_page(rule: object) -> None:
    code, out = run(rule.code.lower())  # type: ignore[attr-defined]
    assert code == 0
    assert out.startswith(f"# {rule.code} {rule.name}\n")  # type: ignore[attr-defined]


@pytest.mark.parametrize("family", ["LS2", "ls2", "LS20"])
def test_the_beginning_of_a_code_lists_a_family(family: str) -> None:
    code, out = run(family)
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["LS201", "pytest-configuration"],
        ["LS202", "requirement"],
    ]
    assert run("LS9")[0] == 2


def test_an_unknown_code_names_the_nearest() -> None:
    code, out = run("LS1055")
    assert code == 2
    assert "LS105" in out


def test_a_guide_has_a_name() -> None:
    code, out = run("Event-Loop-Is-Closed.md")
    assert code == 0
    assert out.startswith('# "Event loop is closed"')


def test_nonsense_names_both_lists() -> None:
    code, out = run("../../etc/passwd")
    assert code == 2
    assert "`loopscope rules README`" in " ".join(out.split())


def test_every_code_that_the_sources_name_is_registered() -> None:
    known = {rule.code for rule in REGISTRY}
    named = {
        code
        for path in SOURCES.rglob("*.py")
        for code in re.findall(r'"(LS\d{3})"', path.read_text(encoding="utf-8"))
    }
    assert named <= known
