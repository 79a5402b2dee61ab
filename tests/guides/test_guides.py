"""The folder of the guides: whole, linked, and told to users in the same words as elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loopscope import guides
from loopscope.rules.registry import REGISTRY
from tests.guides.pages import GUIDES, PAGES

ROOT = GUIDES.parent
_CODE = re.compile(r"```.*?```", re.S)
_LINK = re.compile(r"\[[^\]]+\]\(([^)]+)\)")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def links(text: str) -> list[str]:
    return _LINK.findall(_CODE.sub("", text))


def anchors(text: str) -> set[str]:
    """List the headings as GitHub makes anchors of them."""
    headings = re.findall(r"(?m)^#+ (.*)$", _CODE.sub("", text))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("rule", REGISTRY, ids=lambda rule: rule.code)
def test_page_of_a_rule_says_what_the_registry_says(rule) -> None:  # type: ignore[no-untyped-def]
    text = read(GUIDES / "rules" / f"{rule.code}.md")
    assert text.startswith(f"# {rule.code} {rule.name}\n")
    since = "any release" if rule.since == "any" else f"pytest-asyncio {rule.since}"
    assert f"\nNeeded from: {since}.\n" in text


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    lost = []
    for link in links(read(path)):
        target, _, anchor = link.partition("#")
        page = (path.parent / target).resolve() if target else path
        if not page.is_file() or (anchor and anchor not in anchors(read(page))):
            lost.append(link)
    assert not lost


def test_index_leads_to_every_guide() -> None:
    linked = set(links(read(GUIDES / "README.md")))
    pages = {path.relative_to(GUIDES).as_posix() for path in PAGES} - {"README.md"}
    assert pages <= linked


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_lines_are_short(path: Path) -> None:
    """Text for people who read it in a terminal; tables and code may be wider."""
    text = _CODE.sub("", read(path))
    lines = [line for line in text.splitlines() if len(line) > 100 and not line.startswith("|")]
    assert not lines


def test_guides_of_a_working_copy_are_found() -> None:
    assert guides.folder() == GUIDES
    assert guides.names()[0] == "README"
    assert guides.title("rules/LS105") == "LS105 test-loop-scope"
