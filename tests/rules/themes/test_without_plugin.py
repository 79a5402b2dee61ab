"""Suites that pytest-asyncio has nothing to do with: nothing of it is brought in."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import STRICT, after, messages, migrate_files

SYNC_TEST = """\
    import asyncio


    def test_sync():
        asyncio.get_event_loop().run_until_complete(asyncio.sleep(0))
    """
KEEPS_LOOP = """\
    import asyncio


    def test_sync():
        loop = asyncio.get_event_loop()
        loop.call_soon(print)
    """
SYNC_FIXTURE = """\
    import asyncio

    import pytest


    @pytest.fixture
    def client():
        return asyncio.get_event_loop().run_until_complete(asyncio.sleep(0))


    def test_sync(client):
        pass
    """
BESIDE_ANYIO = (
    SYNC_TEST
    + """

    import pytest


    @pytest.mark.anyio
    async def test_async():
        pass
    """
)


@pytest.mark.parametrize("text", [SYNC_TEST, KEEPS_LOOP, SYNC_FIXTURE, BESIDE_ANYIO])
def test_sync_code_stays_as_it_is(text: str) -> None:
    migration = migrate_files({"pytest.ini": STRICT, "test_a.py": text})
    assert not migration.changes
    assert "LS303" in "".join(messages(migration))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "pytest-asyncio==0.21.2\n"),
        ("setup.cfg", "[options.extras_require]\ntest = pytest-asyncio\n"),
        ("tox.ini", "[pytest]\nasyncio_mode = strict\n"),
        ("conftest.py", "import pytest_asyncio\n"),
        ("conftest.py", 'pytest_plugins = ["pytest_asyncio"]\n'),
    ],
)
def test_a_declared_plugin_had_set_the_loop(name: str, text: str) -> None:
    files = {"test_a.py": KEEPS_LOOP, name: text}
    done = after(files)
    assert "_ambient_event_loop" in done["conftest.py"]
    assert not migrate_files(done).changes
