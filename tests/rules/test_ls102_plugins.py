"""LS102: fixtures of a plugin see what the conftest above all tests holds."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import after, messages, migrate_files

PLUGIN = """\
import pytest

@pytest.fixture(scope="module")
def db(event_loop):
    return (lambda: event_loop)
"""
OVERRIDE = """\
import asyncio
import pytest

@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
SYNC = "def test_s(event_loop):\n    assert (lambda: event_loop)()\n\n"
TEST = "import pytest\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n"


@pytest.mark.parametrize("sync", [SYNC, ""])
def test_fixture_that_no_test_uses_sees_the_bridge_of_the_root(sync: str) -> None:
    conftest = OVERRIDE + "\npytest_plugins = ['plugin']\n"
    files = {"plugin.py": PLUGIN, "conftest.py": conftest, "test_a.py": TEST + sync}
    assert "async def event_loop(" in after(files)["conftest.py"]
    assert not any("action" in message for message in messages(migrate_files(files)))


def test_it_does_not_see_that_of_a_folder() -> None:
    files = {
        "plugin.py": PLUGIN,
        "conftest.py": "import asyncio\npytest_plugins = ['plugin']\n",
        "inner/conftest.py": OVERRIDE,
        "inner/test_a.py": TEST + SYNC,
    }
    migrated = after(files)
    assert "async def event_loop(" in migrated["inner/conftest.py"]
    assert "async def event_loop(" in migrated["plugin.py"]
