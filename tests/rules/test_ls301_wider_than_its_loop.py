"""LS301: fixtures whose scope is wider than their loop."""

from __future__ import annotations

import pytest

from tests.rules.reported import HEAD, MODERN, found, modern
from tests.suites_in_memory import after, messages, migrate_files

NARROW_LOOP = """\
@pytest_asyncio.fixture(scope="session", loop_scope="module")
async def database():
    yield 1
"""


DEFAULT = '@pytest_asyncio.fixture(scope="session")\nasync def database():\n    yield 1\n'


@pytest.mark.parametrize("source", [NARROW_LOOP, DEFAULT])
def test_ls301_is_repaired(source: str) -> None:
    files = modern(source)
    result = after(files)
    assert '@pytest_asyncio.fixture(scope="session", loop_scope="session")' in result["test_a.py"]
    assert result["pytest.ini"] == MODERN
    assert not messages(migrate_files(result))


@pytest.mark.parametrize("source", [NARROW_LOOP, DEFAULT])
def test_ls301_is_an_action_where_nothing_is_assumed(source: str) -> None:
    migration = migrate_files(modern(source), safe_only=True)
    assert messages(migration) == ["test_a.py:7 LS301 action"]
    assert not migration.changes


def test_ls301_takes_its_tests_along() -> None:
    source = NARROW_LOOP.replace("yield 1", "yield asyncio.Lock()")
    source += "\n\nasync def test_a(database):\n    async with database:\n        pass\n"
    result = after(modern(source))
    assert '@pytest.mark.asyncio(loop_scope="session")\nasync def test_a' in result["test_a.py"]
    assert not migrate_files(result).changes


@pytest.mark.parametrize("loop_scope", ['"session"', '"package"', "SCOPE"])
def test_ls301_as_wide_or_unknown(loop_scope: str) -> None:
    source = NARROW_LOOP.replace('"module"', loop_scope).replace(
        'scope="session"', 'scope="class"', 1
    )
    assert not found(source, "LS301")


def test_ls301_widened_in_a_legacy_suite() -> None:
    override = (
        '@pytest.fixture(scope="session")\ndef event_loop():\n    yield asyncio.new_event_loop()\n'
    )
    test = "\n\n@pytest.mark.asyncio\nasync def test_a(database):\n    pass\n"
    files = {"conftest.py": HEAD + override, "test_a.py": HEAD + NARROW_LOOP + test}
    assert not messages(migrate_files(files))
    assert 'loop_scope="session"' in after(files)["test_a.py"]


PLAIN = """\
import pytest


@pytest.fixture(scope="session")
async def database():
    yield 1


@pytest.mark.asyncio(loop_scope="function")
async def test_a(database): ...
"""
FUNCTION = "[pytest]\nasyncio_mode = {}\nasyncio_default_fixture_loop_scope = function\n"


@pytest.mark.parametrize("decorator", ["fixture", "yield_fixture"])
def test_ls301_plain_fixture_of_auto_mode(decorator: str) -> None:
    source = PLAIN.replace("fixture(", f"{decorator}(")
    files = {"pytest.ini": FUNCTION.format("auto"), "test_a.py": source}
    assert "test_a.py:5 LS301 action" in messages(migrate_files(files, safe_only=True))


def test_ls301_plain_fixture_of_strict_mode_becomes_one_that_is_too_wide() -> None:
    files = {"pytest.ini": FUNCTION.format("strict"), "test_a.py": PLAIN}
    assert "test_a.py:5 LS301 action" in messages(migrate_files(files, safe_only=True))


@pytest.mark.parametrize(
    "source",
    [
        PLAIN.replace("async def database", "def database"),
        PLAIN.replace("database()", "database(anyio_backend)"),
        PLAIN.replace('asyncio(loop_scope="function")', "anyio"),
        PLAIN.replace("session", "function"),
    ],
)
def test_ls301_is_not_about_fixtures_of_others(source: str) -> None:
    other = "\n\n@pytest.mark.asyncio(loop_scope='function')\nasync def test_b(): ...\n"
    files = {"pytest.ini": FUNCTION.format("auto"), "test_a.py": source + other}
    assert not [text for text in messages(migrate_files(files)) if "LS301" in text]


def test_plain_fixture_of_a_modern_suite_in_auto_mode_is_left_as_it_is() -> None:
    source = PLAIN.replace("session", "function")
    files = {"pytest.ini": FUNCTION.format("auto"), "test_a.py": source}
    assert after(files)["test_a.py"] == source
