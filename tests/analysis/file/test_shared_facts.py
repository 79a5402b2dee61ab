from __future__ import annotations

from functools import partial

import pytest

from loopscope.analysis.file import shared_facts
from loopscope.analysis.file.reader import read_file
from loopscope.analysis.file.shared_facts import share

MARKED = """
import pytest
from helpers import slow, loops

pytestmark = pytest.mark.asyncio
mine = pytest.mark.asyncio(loop_scope="module")


@slow
async def test_one(): ...


@loops
class TestTwo:
    @mine
    async def test_three(self): ...
"""
HOOK = """
import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker(pytest.mark.asyncio)
"""
PLUGIN = """
import asyncio
import pytest
import pytest_asyncio.plugin


@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


pytest_asyncio.plugin.event_loop = event_loop
"""


def _read_at(path: str, text: str) -> int:
    """Hold what is shared against what is read; count how often a file was read for it."""
    reads = 0

    def read() -> object:
        nonlocal reads
        reads += 1
        return read_file(path, text)

    assert share(path, text, read) == read_file(path, text)  # type: ignore[arg-type]
    return reads


def test_same_text_at_another_path_is_not_read_again() -> None:
    assert [_read_at(path, MARKED) for path in ("a.py", "../b/a.py", "a.py")] == [1, 0, 0]


def test_hook_is_read_again_at_another_path() -> None:
    assert [_read_at(path, HOOK) for path in ("hooks.py", "e2e/hooks.py")] == [1, 1]


def test_conftest_that_puts_a_fixture_in_the_plugins_place_is_read_again_elsewhere() -> None:
    assert [_read_at(path, PLUGIN) for path in ("conftest.py", "../conftest.py")] == [1, 1]


def test_what_is_remembered_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_facts, "_MOST", 0)
    read = partial(read_file, "c.py", "C = 1\n")
    assert share("c.py", "C = 1\n", read) is not share("c.py", "C = 1\n", read)
