"""LS390: a part of a migration leaves an override, whose loop sync tests still drive."""

from __future__ import annotations

import pytest

from loopscope.pipeline_check import recheck
from loopscope.types import Level, Options
from tests.suites_in_memory import AUTO, migrate_files, suite_of

CONFTEST = """\
import asyncio

import pytest


@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
async def pool():
    return asyncio.Queue()
"""
TESTS = """\
async def test_async(pool):
    await pool.put(1)


def helper(loop, work):
    loop.run_until_complete(work)


def test_sync(event_loop, pool):
    helper(event_loop, pool.get())
"""
FILES = {
    "pytest.ini": AUTO,
    "requirements.txt": "pytest-asyncio==0.21.1\n",
    "conftest.py": CONFTEST,
    "test_a.py": TESTS,
}


@pytest.mark.parametrize("left_out", [{"select": ("LS2",)}, {"ignore": ("LS101",)}])
def test_rules_that_were_left_out(left_out: dict[str, tuple[str, ...]]) -> None:
    found = migrate_files(FILES, **left_out).findings
    said = [one.message for one in found if one.code == "LS390" and one.level is Level.ACTION]
    assert any("sync code of test_sync runs on this event_loop" in text for text in said)
    assert not any(one.code == "LS390" for one in migrate_files(FILES).findings)


def test_hunks_that_were_left_out() -> None:
    suite, options = suite_of(FILES), Options()
    changes = migrate_files(FILES).changes
    part = [change for change in changes if not change.path.endswith(".py")]
    assert {change.path for change in part} == {"pytest.ini", "requirements.txt"}
    found = [one.message for one in recheck(suite, part, options)]
    assert any("sync code of test_sync runs on this event_loop" in text for text in found)
    assert not [*recheck(suite, changes, options)]
