"""Each code has its module, its tests, its guide, its row in the README, and a line of changes."""

from __future__ import annotations

import re
import shutil
import sys
from importlib import import_module
from pathlib import Path

import pytest

import loopscope
from loopscope.explain import KNOWN_ERRORS
from loopscope.rules.context import Rule
from loopscope.rules.registry import FILE_CHECKS, REGISTRY, describe
from tests import programs

ROOT = Path(__file__).parents[2]
PACKAGE = Path(loopscope.__file__).parent
CODES = [rule.code for rule in REGISTRY]
MODULES = {
    path.stem[:5].upper(): path.stem
    for path in (PACKAGE / "rules").iterdir()
    if re.match(r"ls\d{3}_", path.name)
}
# Checked by what makes the changes, and by what reads them again.
BY_THE_PIPELINE = {"LS108", "LS390"}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_each_module_registers_one_code_in_their_order() -> None:
    assert sorted(MODULES) == CODES


@pytest.mark.parametrize("rule", REGISTRY, ids=lambda rule: rule.code)
def test_the_module_has_the_rule_and_its_reason(rule: Rule) -> None:
    module = import_module(f"loopscope.rules.{MODULES[rule.code]}")
    assert module.RULE is rule
    assert (module.__doc__ or "").startswith(f"{rule.code}: ")
    assert describe(rule).startswith(f"{rule.code} {rule.name}\n")


def test_what_has_no_check_is_checked_by_the_pipeline() -> None:
    without = [rule.code for rule in REGISTRY if not (rule.check or rule.check_declarations)]
    assert set(without) == BY_THE_PIPELINE


@pytest.mark.parametrize("code", FILE_CHECKS)
def test_checks_of_files_cost_nothing_where_their_words_are_missing(code: str) -> None:
    assert FILE_CHECKS[code].words or FILE_CHECKS[code].file_words


def test_each_code_has_its_tests() -> None:
    files = list((ROOT / "tests" / "rules").glob("test_ls*.py"))
    assert sorted({path.name[5:10].upper() for path in files}) == CODES
    for path in files:
        assert path.read_text(encoding="utf-8").startswith(f'"""{path.name[5:10].upper()}: ')
    named = {path.stem.removeprefix("test_") for path in files}
    assert set(MODULES.values()) <= named


def test_each_code_has_its_guide() -> None:
    pages = (ROOT / "migration_guides" / "rules").glob("*.md")
    assert sorted(path.stem for path in pages) == CODES
    index = read("migration_guides/README.md").rpartition("- By rule: ")[2]
    assert re.findall(r"\(rules/(LS\d{3})\.md\)", index) == CODES


def test_each_code_has_its_row_in_the_readme() -> None:
    rows = [line for line in read("README.md").splitlines() if line.startswith("| LS")]
    assert rows == [
        f"| {rule.code} | {rule.name} | {rule.summary.split(':')[0]} |" for rule in REGISTRY
    ]


def test_each_code_is_in_the_changelog() -> None:
    text = read("CHANGELOG.md")
    named = set(re.findall(r"LS\d{3}", text))
    assert named <= set(CODES)
    for first, last in re.findall(r"LS(\d{3}) to LS(\d{3})", text):
        named |= {f"LS{number}" for number in range(int(first), int(last) + 1)}
    assert set(CODES) <= named


def test_error_texts_lead_to_codes_that_exist() -> None:
    assert {code for known in KNOWN_ERRORS for code in known.rules} <= set(CODES)


def test_rules_are_found_in_a_zip(tmp_path: Path) -> None:
    shutil.copytree(
        PACKAGE, tmp_path / "tree" / "loopscope", ignore=shutil.ignore_patterns("__pycache__")
    )
    archive = shutil.make_archive(str(tmp_path / "loopscope"), "zip", tmp_path / "tree")
    code = (
        f"import sys; sys.path.insert(0, {archive!r})\n"
        "from loopscope.rules import registry\n"
        f"assert registry.__file__.startswith({archive!r})\n"
        "print(*(rule.code for rule in registry.REGISTRY))\n"
    )
    done = programs.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == CODES, done.stderr


def test_help_imports_no_rule() -> None:
    code = (
        "import sys; from loopscope.cli.main import main\n"
        "try: main(['--help'])\n"
        "finally: sys.stderr.write(' '.join(sys.modules))\n"
    )
    done = programs.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "loopscope.cli.main" in done.stderr
    assert "loopscope.rules" not in done.stderr


@pytest.mark.parametrize(
    ("code", "release"), [("LS101", "pytest-asyncio 1.0 and newer"), ("LS107", "any release")]
)
def test_a_description_ends_with_the_release_that_needs_the_rule(code: str, release: str) -> None:
    (rule,) = (rule for rule in REGISTRY if rule.code == code)
    assert describe(rule).endswith(f"\n\nNeeded for: {release}\n")
