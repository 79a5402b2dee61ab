"""LS314: tasks that go on when they are cancelled."""

from __future__ import annotations

import pytest

from tests.rules.reported import found

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
