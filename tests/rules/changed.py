"""One file of a small suite in auto mode whose tests share one loop, before and after."""

from __future__ import annotations

from textwrap import dedent

from tests.suites_in_memory import AUTO, after

SESSION = """\
    import asyncio

    import pytest


    @pytest.fixture(scope="session")
    def event_loop():
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()
    """
ASYNC_TEST = "async def test_one():\n    pass\n"


def changed(path: str, before: str, expected: str, **others: str) -> None:
    """``before`` at ``path`` in an auto-mode suite with the session override comes out so."""
    files = {"pytest.ini": AUTO, "conftest.py": SESSION, "test_x.py": ASYNC_TEST, **others}
    files[path] = before
    assert after(files)[path] == dedent(expected)
