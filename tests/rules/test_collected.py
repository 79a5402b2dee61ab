"""What only ``--collect`` shows: added marks (LS105), made tests (LS318), other overrides (LS101).

The record is that of ``pytest --collect-only`` before the migration; ``bare_marks`` counts the
``asyncio`` marks of a test where none of them has arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from loopscope.analysis.suite.trace import Trace
from loopscope.pipeline import migrate
from loopscope.types import Options
from tests.suites_in_memory import AUTO, STRICT, suite_of

SESSION = """\
import asyncio

import pytest


@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
MARKED = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_marked(): ...\n"


def told(
    files: Mapping[str, str],
    tests: Mapping[str, int | None],
    loop: tuple[str, int] | None = None,
) -> list[str]:
    """Migrate by a collection of async tests, each with the number of its bare marks.

    ``loop`` is where the ``event_loop`` stands that pytest gives them.
    """
    found = {test: marks for test, marks in tests.items() if marks is not None}
    record = Trace(
        lines={test: 7 + number for number, test in enumerate(tests)},
        async_tests=frozenset(tests),
        bare_marks=found,
        loop_places=dict.fromkeys(tests, loop) if loop is not None else {},
        collected=True,
    )
    findings = migrate(replace(suite_of(files), trace=record), Options()).findings
    return [f"{item.path}:{item.line} {item.code} {item.level.value}" for item in findings]


# -- marks that hooks have added ---------------------------------------------------------------

HOOK = """

def pytest_collection_modifyitems(items):
    for item in items:
        if item.name in CHOSEN:
            item.add_marker(pytest.mark.asyncio)
"""
MARKING = {
    "pytest.ini": STRICT,
    "conftest.py": SESSION + HOOK,
    "test_a.py": MARKED + "\n\nasync def test_other(): ...\n",
}
UNREAD = ["conftest.py:13 LS105 action"]


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ({"test_a.py::test_marked": 1, "test_a.py::test_other": 0}, []),
        ({"test_a.py::test_marked": 2, "test_a.py::test_other": 1}, []),
        ({"test_a.py::test_marked": None, "test_a.py::test_other": 0}, UNREAD),
        ({"test_a.py::test_marked": 1}, [*UNREAD, "test_a.py:8 LS318 note"]),
        (
            {"test_b.py::test_marked": 1, "test_b.py::test_other": 0},
            [*UNREAD, "test_a.py:5 LS318 note"],
        ),
    ],
    ids=["none added", "added ones mean the default", "with arguments", "a test is missing",
         "a module is missing"],
)  # fmt: skip
def test_hook_may_go_on_where_pytest_has_shown_what_it_adds(
    tests: dict[str, int | None], expected: list[str]
) -> None:
    assert told(MARKING, tests) == expected


def test_hook_whose_mark_would_hide_that_of_a_narrower_test() -> None:
    """An added mark that is closer than the test's own means the default, the session loop."""
    narrow = MARKED.replace("test_marked", "test_narrow") + "\n\n" + SESSION.partition("\n\n\n")[2]
    files = {**MARKING, "test_b.py": "import asyncio\n" + narrow.replace('"session"', '"module"')}
    tests = {"test_a.py::test_marked": 1, "test_a.py::test_other": 0}
    assert told(files, {**tests, "test_b.py::test_narrow": 1}) == []
    assert told(files, {**tests, "test_b.py::test_narrow": 2}) == UNREAD


# -- tests that are made by a call -------------------------------------------------------------

MADE = {
    "pytest.ini": AUTO,
    "conftest.py": SESSION,
    "test_a.py": "from helpers import make\n\n\nasync def test_a(): ...\n\n\nmake(globals())\n",
    "helpers.py": "def make(names):\n    for name in 'abcd':\n        names[name] = one\n",
}


@pytest.mark.parametrize(("marks", "level"), [(0, "note"), (None, "action")])
@pytest.mark.parametrize("number", [1, 3])
def test_made_tests_are_told_once_a_module(number: int, marks: int | None, level: str) -> None:
    made = {f"test_a.py::test_made_{index}": marks for index in range(number)}
    assert told(MADE, {**made, "test_a.py::test_a": 0}) == [f"test_a.py:7 LS318 {level}"]


def test_made_tests_of_modules_that_are_read() -> None:
    assert told(MADE, {"test_a.py::test_a": 0, "other.py::test_made": 0}) == []


# -- overrides that pytest gives to tests, and the source does not -----------------------------


@pytest.mark.parametrize(
    ("loop", "expected"),
    [
        (("conftest.py", 6), []),
        (("other.py", 6), ["other.py:6 LS101 action"]),
        (("left_out.py", 6), []),
    ],
    ids=["the same", "another", "in a file that is left out"],
)
def test_another_override_is_told_once_where_it_stands(
    loop: tuple[str, int], expected: list[str]
) -> None:
    files = {"pytest.ini": AUTO, "conftest.py": SESSION, "other.py": SESSION}
    tests = "async def test_a(): ...\n\n\nasync def test_b(): ...\n"
    collected = {"test_a.py::test_a": 0, "test_a.py::test_b": 0}
    found = told({**files, "test_a.py": tests}, collected, loop)
    assert [text for text in found if "LS101 action" in text and ":6 " in text] == expected
