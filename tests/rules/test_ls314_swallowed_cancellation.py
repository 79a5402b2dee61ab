"""LS314: tasks that go on when they are cancelled."""

from __future__ import annotations

import pytest

from tests.rules.reported import found
from tests.suites_in_memory import AUTO, messages, migrate_files

WORKER = """\
async def work(queue):
    while {test}:
        try:
            await queue.get()
        except {caught}:
            {then}
"""


@pytest.mark.parametrize(
    "caught", ["asyncio.CancelledError", "BaseException", "(OSError, asyncio.CancelledError)"]
)
@pytest.mark.parametrize("then", ["pass", "continue"])
def test_ls314_swallowed(caught: str, then: str) -> None:
    source = WORKER.format(test="True", caught=caught, then=then)
    assert found(source, "LS314") == ["test_a.py:10 LS314 note"]


def test_ls314_suppress() -> None:
    source = """\
    from contextlib import suppress

    async def work(queue):
        while True:
            with suppress(asyncio.CancelledError):
                await queue.get()
    """
    assert found(source, "LS314") == ["test_a.py:10 LS314 note"]


@pytest.mark.parametrize(
    ("test", "caught", "then"),
    [
        ("True", "asyncio.CancelledError", "raise"),
        ("True", "asyncio.CancelledError", "break"),
        ("True", "BaseException", "return"),
        ("True", "Exception", "pass"),
        ("True", "BaseException as error", "keep(error)"),
        ("running", "asyncio.CancelledError", "pass"),
        (
            "True",
            "asyncio.CancelledError:\n            raise\n        except BaseException",
            "pass",
        ),
    ],
)
def test_ls314_cancellable(test: str, caught: str, then: str) -> None:
    assert not found(WORKER.format(test=test, caught=caught, then=then), "LS314")


def test_ls314_end_of_another_task() -> None:
    source = """\
    async def restart(make):
        while True:
            task = asyncio.create_task(make())
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass
    """
    assert not found(source, "LS314")


@pytest.mark.parametrize(
    "body",
    [
        "try:\n                await lock.acquire()\n                break\n"
        "            except asyncio.CancelledError as e:\n                error = e\n",
        "try:\n                return await lock.acquire()\n"
        "            except asyncio.CancelledError:\n                pass\n",
        "try:\n                await lock.acquire()\n"
        "            except asyncio.CancelledError:\n                continue\n"
        "            else:\n                return\n",
        "try:\n                await lock.acquire()\n"
        "            except asyncio.CancelledError:\n                pass\n            break\n",
    ],
    ids=["break", "return", "else", "after it"],
)
def test_ls314_loop_that_tries_until_it_succeeds(body: str) -> None:
    source = f"    async def acquire(lock):\n        while True:\n            {body}"
    assert not found(source, "LS314")


REAPER = """\
    async def reap(queue):
        while True:
            {first}
            try:
                await {task}
            except BaseException:
                pass
    """


@pytest.mark.parametrize(
    ("first", "task", "noted"),
    [
        ("task = await queue.get()", "task", False),
        ("task = queue.get_nowait()", "task", True),
        ("item = await queue.get()", "handle(item)", True),
    ],
)
def test_ls314_loop_that_waits_for_other_tasks(first: str, task: str, noted: bool) -> None:
    assert bool(found(REAPER.format(first=first, task=task), "LS314")) is noted


CLEANING = """\
import asyncio, contextlib, pytest

async def work(queue, task):
    while True:
        try:
            await queue.get()
        except asyncio.CancelledError:
            {clean}
            {end}

async def test_a(): ...
"""


@pytest.mark.parametrize(
    "clean",
    [
        "with contextlib.suppress(asyncio.CancelledError):\n                await task",
        "try:\n                await task\n            except asyncio.CancelledError:\n"
        "                pass",
        "if task:\n                with contextlib.suppress(asyncio.CancelledError):\n"
        "                    await asyncio.wait_for(task, 3)",
    ],
)
@pytest.mark.parametrize(("end", "noted"), [("raise", False), ("return", False), ("pass", True)])
def test_handler_that_cleans_up_and_leaves_the_loop(clean: str, end: str, noted: bool) -> None:
    text = CLEANING.format(clean=clean, end=end)
    told = messages(migrate_files({"pytest.ini": AUTO, "test_a.py": text}))
    assert any("LS314" in one for one in told) is noted
