"""The work for a file grows with its number of tests, and no faster."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from loopscope import Options, migrate
from loopscope.rewriting.hunks import column_of, hunks
from tests.batches import CONFTEST
from tests.suites_in_memory import suite_of

LAYOUTS = {
    "requests of async tests": (
        "import pytest\n\n\n",
        "@pytest.mark.asyncio\nasync def test_{}(event_loop):\n    assert event_loop\n\n\n",
    ),
    "sync tests that run the loop": (
        "import asyncio\n\n\n",
        "def test_{}(event_loop):\n    event_loop.run_until_complete(asyncio.sleep(0))\n\n\n",
    ),
    "marks": ("import pytest\n\n\n", "@pytest.mark.asyncio\nasync def test_{}():\n    pass\n\n\n"),
    "methods": (
        "import pytest\n\n\nclass TestAll:\n",
        "    @pytest.mark.asyncio\n    async def test_{}(self, event_loop):\n        pass\n\n",
    ),
    "methods that call one another": (
        "import asyncio\n\n\nclass TestAll:\n",
        "    def help_{0}(self):\n        return asyncio.get_event_loop()\n\n"
        "    def test_{0}(self, event_loop):\n        event_loop.call_soon(self.help_{0})\n\n",
    ),
    "classes": (
        "import pytest\n\n\n",
        "class Test{0}:\n    @pytest.mark.asyncio\n    async def test_{0}(self, event_loop):\n"
        "        pass\n\n\n",
    ),
    "helpers that ask for the current loop": (
        "import asyncio\n\n\n",
        "def help_{0}():\n    return asyncio.get_event_loop()\n\n\n"
        "def test_{0}(event_loop):\n    help_{0}().run_until_complete(asyncio.sleep(0))\n\n\n",
    ),
    "async tests that ask for the current loop": (
        "import asyncio\nimport pytest\n\n\n",
        "@pytest.mark.asyncio\nasync def test_{0}():\n    asyncio.get_event_loop()\n\n\n",
    ),
    "tests that ask by name": (
        "import pytest\n\n\n",
        "def test_{0}(request):\n    loop = request.getfixturevalue('event_loop')\n"
        "    loop.run_until_complete(None)\n\n\n",
    ),
    "sync fixtures": (
        "import asyncio\nimport pytest\n\n\n",
        "@pytest.fixture\ndef one_{0}(event_loop):\n"
        "    event_loop.run_until_complete(asyncio.sleep(0))\n    yield 1\n\n\n"
        "@pytest.mark.asyncio\nasync def test_{0}(one_{0}):\n    pass\n\n\n",
    ),
    "calls of one helper": (
        "import pytest\n\n\ndef helper():\n    pass\n\n\n",
        "@pytest.mark.asyncio\nasync def test_{}(event_loop):\n    helper()\n\n\n",
    ),
    "fixtures": (
        "import pytest_asyncio\n\n\n",
        "@pytest_asyncio.fixture\nasync def one_{0}(event_loop):\n    yield\n\n\n"
        "async def test_{0}(one_{0}):\n    pass\n\n\n",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_four_times_as_many_tests_are_four_times_the_work(layout: str) -> None:
    head, test = LAYOUTS[layout]

    def lines(tests: int) -> int:
        text = head + "".join(test.format(number) for number in range(tests))
        suite = suite_of({"conftest.py": CONFTEST.decode(), "test_one.py": text})
        return lines_run(lambda: _with_hunks(suite))

    lines(10)  # what is done once
    few = 100 // test.count("def ")  # what is remembered of functions has room for 500
    assert lines(4 * few) / lines(few) < 4.1


def _with_hunks(suite: Any) -> None:
    for change in migrate(suite, Options()).changes:
        for hunk in hunks(change):
            assert all(column_of(change, edit.line) for edit in hunk.edits)


def lines_run(work: Callable[[], object]) -> int:
    """Count the lines of loopscope that run: time that no other program makes longer."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if "/loopscope/" not in frame.f_code.co_filename:
            return None
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count
