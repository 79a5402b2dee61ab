"""The pictures of the loop map: who shares a loop, and the reason with its place."""

from __future__ import annotations

import pickle

import pytest

from loopscope.loop_map.report_model import LoopMaps, LoopPicture
from tests.live.samples import ALL
from tests.suites_in_memory import AUTO, migrate_files, suite_of

OVERRIDE = """\
import asyncio
import pytest


@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
DATABASE = """\
import pytest_asyncio


@pytest_asyncio.fixture{options}
async def database():
    yield 1
"""
MODERN = AUTO + "asyncio_default_fixture_loop_scope = function\n"


def maps_of(files: dict[str, str]) -> LoopMaps:
    migration = migrate_files({"pytest.ini": AUTO, **files}, loop_maps=True)
    assert not migration.errors
    assert migration.maps is not None
    return migration.maps


def shown(picture: LoopPicture | None) -> list[str]:
    """Each loop as ``scope region: tests / fixtures / reasons``."""
    assert picture is not None
    return [
        f"{loop.scope} {loop.region or '-'}: {' '.join(test.id for test in loop.tests)}"
        f" / {' '.join(fixture.name for fixture in loop.fixtures)}"
        f" / {'; '.join(map(str, loop.reasons))}"
        for loop in picture.loops
    ]


def test_session_override_and_what_takes_its_place() -> None:
    maps = maps_of(
        {
            "conftest.py": OVERRIDE,
            "test_a.py": DATABASE.format(options="") + "\n\nasync def test_a(database): ...\n",
            "test_b.py": "async def test_b(): ...\ndef test_sync(): ...\n",
        }
    )
    assert shown(maps.before) == [
        "session -: test_a.py::test_a test_b.py::test_b / database"
        " / override of event_loop, scope session (conftest.py:6)"
    ]
    assert shown(maps.after) == [
        "session -: test_a.py::test_a test_b.py::test_b / database"
        " / asyncio_default_test_loop_scope = session (pytest.ini)"
    ]


def test_override_in_a_module_lives_no_longer_than_the_module() -> None:
    body = "\n\nasync def test_a(): ...\nasync def test_b(): ...\n"
    maps = maps_of({"test_a.py": OVERRIDE + body, "test_b.py": "async def test_c(): ...\n" * 1})
    assert shown(maps.before) == [
        "module test_a.py: test_a.py::test_a test_a.py::test_b / "
        " / override of event_loop, scope session, seen in this module only (test_a.py:6)",
        "function test_b.py::test_c: test_b.py::test_c /  / pytest-asyncio's default",
    ]


def test_sync_test_is_on_the_loop_of_its_fixtures() -> None:
    maps = maps_of(
        {
            "conftest.py": OVERRIDE,
            "test_a.py": DATABASE.format(options="") + "\n\ndef test_a(database): ...\n",
        }
    )
    [before] = maps.before.loops
    assert [test.is_async for test in before.tests] == [False]
    assert maps.after is not None
    [after] = maps.after.loops
    assert [test.reason.text for test in after.tests] == ["a sync test with async fixtures"]


def test_modern_suite_has_one_picture_with_the_lines_of_its_marks() -> None:
    body = (
        "import pytest\n\n\n@pytest.mark.asyncio(loop_scope='module')\nasync def test_a(): ...\n"
    )
    maps = maps_of({"pytest.ini": MODERN, "test_a.py": body})
    assert maps.after is None
    assert shown(maps.before) == [
        "module test_a.py: test_a.py::test_a /  / mark asyncio(loop_scope=module) (test_a.py:4)"
    ]


def test_torn_test_is_named() -> None:
    fixture = DATABASE.format(options="(loop_scope='session')")
    maps = maps_of(
        {
            "pytest.ini": MODERN,
            "test_a.py": fixture + "\n\nasync def test_a(database): ...\n",
        }
    )
    assert maps.before.torn == ("test_a.py::test_a",)
    assert [loop.scope for loop in maps.before.loops] == ["session", "function"]


def test_inherited_test_stands_where_it_is_defined() -> None:
    maps = maps_of(
        {
            "base.py": "class Base:\n    async def test_a(self): ...\n",
            "test_a.py": "from base import Base\n\n\nclass TestA(Base): ...\n",
        }
    )
    [loop] = maps.before.loops
    [test] = loop.tests
    assert (test.id, test.path, test.line) == ("test_a.py::TestA::test_a", "base.py", 2)
    assert test.group == "test_a.py::TestA"


def test_maps_are_drawn_only_when_asked_for() -> None:
    assert migrate_files({"test_a.py": "async def test_a(): ...\n"}).maps is None


@pytest.mark.parametrize("name", ALL)
def test_pictures_hold_every_loop_that_the_engine_counts(name: str) -> None:
    migration = migrate_files(ALL[name].files, loop_maps=True)
    maps = migration.maps
    assert maps is not None
    assert len(maps.before.loops) == migration.loops_before
    if maps.after is not None and migration.changes:
        assert len(maps.after.loops) == migration.loops_after
    assert pickle.loads(pickle.dumps(maps)) == maps
    known = set(suite_of(ALL[name].files).files)
    for loop in maps.before.loops:
        assert {member.path for member in (*loop.tests, *loop.fixtures)} <= known
        assert {reason.path for reason in loop.reasons} <= {*known, ""}


def test_reason_of_a_fixture_is_that_of_the_first_test_that_uses_it() -> None:
    tests = "".join(
        f'\n\n@pytest.mark.asyncio(scope="module")\nasync def test_{name}(database): ...\n'
        for name in ("one", "two")
    )
    source = "import pytest\n" + DATABASE.format(options="") + tests
    picture = maps_of({"test_a.py": source + "\n\ndef test_c(event_loop): ...\n"}).before
    (reason,) = {fixture.reason for loop in picture.loops for fixture in loop.fixtures}
    assert reason.line == 10
