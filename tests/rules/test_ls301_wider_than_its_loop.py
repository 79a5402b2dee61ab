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
