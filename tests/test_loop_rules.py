"""docs/loop-rules.md: the code refers to its headings, and to no document outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "loop-rules.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
REFERENCE = re.compile(r"docs/loop-rules\.md, (?!HEADING`)\"?")  # CONTRIBUTING.md shows the form
# Notes of the authors by their names and numbers, which no reader has.
ELSEWHERE = re.compile(r"\b(?:facts|spec|design)\.md\b|\b(?:legacy|modern) \d+\)")


def files() -> Iterator[Path]:
    for folder in ("codemods", "tests", "benchmarks", "docs", "migration_guides"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".md") and path != Path(__file__):
                yield path
    yield from sorted(ROOT.glob("*.md"))


def words(path: Path) -> str:
    """Return the text in one line, without the signs that begin the lines of a comment."""
    return " ".join(
        re.sub(r"^\s*#(?!#)", "", path.read_text(encoding="utf-8"), flags=re.M).split()
    )


def unknown(text: str) -> list[str]:
    """List the references of a text that name no heading of the page."""
    rests = [text[found.end() :] for found in REFERENCE.finditer(text)]
    return [rest[:60] for rest in rests if not rest.startswith(tuple(HEADINGS))]


def test_references_name_headings() -> None:
    assert {path.name: bad for path in files() if (bad := unknown(words(path)))} == {}


def test_a_reference_to_a_heading_that_does_not_exist_is_found() -> None:
    good = f"(docs/loop-rules.md, {HEADINGS[-1]})"
    assert unknown(f"{good} (docs/loop-rules.md, No such thing)") == ["No such thing)"]


def test_code_refers_to_the_page() -> None:
    sources = (ROOT / "codemods").rglob("*.py")
    assert sum(len(REFERENCE.findall(words(path))) for path in sources) >= 10


@pytest.mark.parametrize("text", ["see facts.md", "(legacy 4)", "(facts, modern 14)"])
def test_what_counts_as_a_reference_to_notes(text: str) -> None:
    assert ELSEWHERE.search(text)


def test_nothing_refers_to_documents_outside_of_the_repository() -> None:
    assert [path.name for path in files() if ELSEWHERE.search(words(path))] == []


def test_headings_are_told_apart() -> None:
    assert len(set(HEADINGS)) == len(HEADINGS)


def test_every_loop_rule_names_the_releases_on_which_it_was_run() -> None:
    rules = re.split(r"^##+ ", PAGE, flags=re.MULTILINE)[1:]
    bare = [rule.splitlines()[0] for rule in rules if "Run on:" not in " ".join(rule.split())]
    assert bare == ["When each feature came", "Legacy loops", "Modern loops"]
