"""The site of the documentation, its reference, and the man pages."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import click
import pytest

import loopscope
from docs import build
from loopscope.rules.registry import REGISTRY


@pytest.mark.parametrize(
    "name", ["check", "migrate", "map", "verify", "rules", "explain", "server"]
)
def test_every_command_and_option_is_in_the_reference(name: str) -> None:
    _, _, part = build.options_page().partition(f"\n## loopscope {name}\n")
    part = part.partition("\n## ")[0]
    command = build.commands()[name]
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert re.search(rf"^\| `[^`]*{re.escape(parameter.opts[-1])}\b", part, re.MULTILINE)
    assert len(re.findall("^```console$", part, re.MULTILINE)) == ("Examples:" in part)
    assert "Exit code: " in part or name in ("rules", "server")


def test_every_rule_is_in_the_reference_with_its_reason() -> None:
    page = build.rules_page()
    assert re.findall(r"^## (LS\d+) ([\w-]+)$", page, re.MULTILINE) == [
        (rule.code, rule.name) for rule in REGISTRY
    ]
    assert page.count("\nNeeded for: ") == len(REGISTRY)


def test_the_public_api_is_in_the_reference_with_what_is_said_of_it() -> None:
    page = build.api_page()
    assert re.findall("^## (.*)$", page, re.MULTILINE) == list(loopscope.__all__)
    for name in loopscope.__all__:
        value = getattr(loopscope, name)
        if inspect.isroutine(value):
            assert f"\n{name}{inspect.signature(value)}\n" in page
        if callable(value):
            assert (inspect.getdoc(value) or "").split("\n")[0].replace("``", "`") in page


def test_every_page_is_in_the_navigation(tmp_path: Path) -> None:
    navigation = str(build.lay_out(tmp_path))
    pages = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.md")}
    assert {page for page in pages if f"'{page}'" not in navigation} == set()


@pytest.mark.slow
def test_site_is_built_and_a_dead_link_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.build_site(tmp_path / "site")
    pages = {path.parent.name for path in (tmp_path / "site").rglob("index.html")}
    assert {"agents", "options", "rules", "LS101", "from-0.21", "CHANGELOG"} <= pages
    index = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert not re.findall(
        r"""<(?:link|script|img)[^>]+(?:href|src)=["']?https?://(?!example)""", index
    )
    monkeypatch.setitem(build.REFERENCE, "rules.md", lambda: "# Rules\n\n[x](nowhere.md)\n")
    with pytest.raises(BaseException, match="strict mode"):
        build.build_site(tmp_path / "again")


# click-man calls what the newest click deprecates.
@pytest.mark.filterwarnings("ignore:'click.utils.:DeprecationWarning")
@pytest.mark.slow
def test_man_pages(tmp_path: Path) -> None:
    build.write_man_pages(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == {
        "loopscope", *(f"loopscope-{name}" for name in build.commands())
    }  # fmt: skip
    page = (tmp_path / "loopscope-migrate.1").read_text(encoding="utf-8")
    assert "\\fB\\-\\-review\\fP" in page
