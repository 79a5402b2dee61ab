"""LS107: get_event_loop() in async code."""

from __future__ import annotations

import pytest

from tests.rules.reported import MODERN
from tests.suites_in_memory import after

TEST = "import asyncio\n\n\n{} test_it():\n    {}\n"


def migrated(source: str) -> str:
    return after({"pytest.ini": MODERN, "test_a.py": source})["test_a.py"]


@pytest.mark.parametrize(
    "source",
    [
        TEST.format("async def", "assert asyncio.get_event_loop()"),
        "from asyncio import get_event_loop\n\n\nasync def test_it():\n    get_event_loop()\n",
        "import asyncio as aio\n\n\nasync def test_it():\n    aio.get_event_loop()\n",
    ],
)
def test_call_in_async_code_gets_the_running_loop(source: str) -> None:
    assert migrated(source) == source.replace("get_event_loop", "get_running_loop")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("def", "assert asyncio.get_event_loop()"),
        ("async def", "return lambda: asyncio.get_event_loop()"),
        ("async def", "asyncio.get_running_loop()"),
    ],
)
def test_everything_else_stays(kind: str, body: str) -> None:
    assert migrated(TEST.format(kind, body)) == TEST.format(kind, body)
