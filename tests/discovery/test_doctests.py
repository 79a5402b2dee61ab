"""Texts that pytest collects as doctests, where they ask for the fixture (LS102)."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopscope.discovery.load import load_suites
from loopscope.pipeline import migrate
from loopscope.types import Options, Suite

TEXT = 'A guide\n=======\n\n>>> loop = getfixture("event_loop")\n'
TEST = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n"


def found(root: Path, path: str, options: str, *, text: str = TEXT, bridge: str = "") -> list[str]:
    (root / "pytest.ini").write_text(f"[pytest]\n{options}\n")
    (root / "test_a.py").write_text(TEST)
    (root / "conftest.py").write_text(bridge)
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)
    [suite] = load_suites([root])
    assert isinstance(suite, Suite)
    migration = migrate(suite, Options())
    assert path not in {change.path for change in migration.changes}
    return [f"{item.path}:{item.line} {item.code}" for item in migration.findings]


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("docs/guide.rst", "addopts = --doctest-glob=*.rst"),
        ("README.md", "addopts = --doctest-glob '*.md' -q"),
        ("docs/guide.txt", "addopts = --doctest-glob=docs/*.txt"),
        ("docs/test_guide.txt", ""),
    ],
)
def test_text_that_asks_is_an_action(tmp_path: Path, path: str, options: str) -> None:
    assert found(tmp_path, path, options) == [f"{path}:4 LS102"]


@pytest.mark.parametrize(
    ("path", "options"),
    [("docs/guide.rst", ""), ("docs/test_a.txt", "addopts = --doctest-glob=*.rst")],
)
def test_text_that_pytest_does_not_collect_is_not_read(
    tmp_path: Path, path: str, options: str
) -> None:
    assert found(tmp_path, path, options) == []


def test_text_below_a_bridge_is_answered(tmp_path: Path) -> None:
    bridge = "import asyncio\n\nimport pytest_asyncio\n\n\n@pytest_asyncio.fixture\n"
    bridge += "async def event_loop():\n    return asyncio.get_running_loop()\n"
    assert "test_x.txt:4 LS102" not in found(tmp_path, "test_x.txt", "", bridge=bridge)
