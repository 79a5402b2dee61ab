"""LS301: fixtures whose scope is wider than their loop."""

from __future__ import annotations

import pytest

from tests.rules.reported import HEAD, found
from tests.suites_in_memory import after, messages, migrate_files

NARROW_LOOP = """\
@pytest_asyncio.fixture(scope="session", loop_scope="module")
async def database():
    yield 1
"""


def test_ls301_fixture_wider_than_its_loop() -> None:
    assert found(NARROW_LOOP, "LS301") == ["test_a.py:7 LS301 action"]


def test_ls301_default_loop_scope_is_narrower() -> None:
    source = '@pytest_asyncio.fixture(scope="session")\nasync def database():\n    yield 1\n'
    assert found(source, "LS301") == ["test_a.py:7 LS301 action"]


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
