"""LS303: get_event_loop() where no loop may be current."""

from __future__ import annotations

import pytest

from tests.rules.reported import found


@pytest.mark.parametrize(
    "source",
    [
        "LOOP = asyncio.get_event_loop()\n",
        "def helper(): return asyncio.get_event_loop()\n",
        "def test_sync(): asyncio.get_event_loop()\n",
        "async def test_it(loop=asyncio.get_event_loop()): ...\n",
        "class Client: loop = asyncio.get_event_loop()\n",
        "make = lambda: asyncio.get_event_loop()\n",
    ],
)
def test_no_loop_may_be_current(source: str) -> None:
    assert found(source, "LS303") == ["test_a.py:6 LS303 note"]


@pytest.mark.parametrize(
    "source",
    [
        "async def test_it(): asyncio.get_event_loop()\n",
        "@pytest_asyncio.fixture\ndef loop(): return asyncio.get_event_loop()\n\n\n"
        "async def test_it(loop): ...\n",
        "def helper(): return asyncio.get_running_loop()\n",
    ],
    ids=["LS107", "a fixture with a loop of its own", "another function"],
)
def test_a_loop_is_current(source: str) -> None:
    assert not found(source, "LS303")
