"""What the sources of both sides tell besides the runs: the plan, and what no collection shows."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from loopscope.loop_map.model import Loop
from loopscope.loop_map.model import TestLoops as LoopsOfTest
from loopscope.pipeline import read
from loopscope.types import Options, Scope
from loopscope.verify.difference import Cause
from loopscope.verify.migrated_copy import as_planned, seen_in_source

from ..live.samples.sample import AUTO, override
from ..suites_in_memory import after, suite_of

MODERN = AUTO + "asyncio_default_fixture_loop_scope = function\n"
ASKING = """
import asyncio
import pytest


@pytest.fixture
def home(request):
    return request.getfixturevalue("event_loop")


async def test_one(home):
    assert home is asyncio.get_running_loop()
"""
BRIDGE = """
import asyncio
import pytest_asyncio


@pytest_asyncio.fixture(loop_scope="{}")
async def event_loop():
    return asyncio.get_running_loop()
"""


def seen(old: Mapping[str, str], new: Mapping[str, str]) -> list[tuple[Cause, str, str]]:
    original = read(suite_of(old), Options())
    return [(one.cause, one.test, one.what) for one in seen_in_source(original, suite_of(new))]


OLD = {"pytest.ini": AUTO, "test_a.py": ASKING}


def test_a_right_migration_has_nothing_to_say() -> None:
    assert seen(OLD, after(OLD)) == []
    assert seen(OLD, {**OLD, "pytest.ini": MODERN, "conftest.py": BRIDGE.format("function")}) == []


def test_what_is_asked_for_while_code_runs_and_is_not_there() -> None:
    found = [(Cause.OTHER, "test_a.py::test_one",
              "asks for event_loop while it runs, and there is none")]  # fmt: skip
    assert seen(OLD, {**OLD, "pytest.ini": MODERN}) == found


def test_what_is_asked_for_while_code_runs_and_is_on_another_loop() -> None:
    found = [(Cause.FOREIGN, "test_a.py::test_one",
              "asks for event_loop while it runs, which is on another loop")]  # fmt: skip
    new = {**OLD, "pytest.ini": MODERN, "conftest.py": BRIDGE.format("session")}
    assert seen(OLD, new) == found


UNREAD = """
import pytest
from app import open_loop


@pytest.fixture(scope="session")
def event_loop():
    with open_loop() as loop:
        yield loop
"""


def test_an_override_that_is_left_and_makes_loops_of_no_known_kind() -> None:
    old = {"pytest.ini": AUTO, "conftest.py": UNREAD, "test_a.py": "async def test_one(): ...\n"}
    new = {**old, "pytest.ini": MODERN}
    [(cause, test, what)] = seen(old, new)
    assert (cause, test) == (Cause.KIND, "test_a.py::test_one")
    assert "still there" in what
    assert seen(old, {**new, "conftest.py": ""}) == []  # what is done instead is not known


def test_an_override_of_plain_loops_may_be_left() -> None:
    old = {**OLD, "test_a.py": "async def test_one(): ...\n", "conftest.py": override("session")}
    assert seen(old, {**old, "pytest.ini": MODERN}) == []


FUNCTION, MODULE = "test_a.py::test_one", "test_a.py"


@pytest.mark.parametrize(
    ("loop", "together"),
    [
        (Loop(Scope.FUNCTION, FUNCTION), False),
        (Loop(Scope.CLASS, FUNCTION), False),  # outside of a class it is one of its own
        (Loop(Scope.MODULE, MODULE), True),
    ],
)
def test_sets_of_parameters_share_a_planned_loop_only_where_it_is_wider(
    loop: Loop, together: bool
) -> None:
    may_share = as_planned(lambda: {FUNCTION: LoopsOfTest(loop)})
    assert may_share(f"{FUNCTION}[1]", f"{FUNCTION}[2]") is together
    assert may_share(f"{FUNCTION}[1]", f"{FUNCTION}[1]")
    assert may_share(FUNCTION, "test_b.py::test_of_which_no_plan_knows")


def test_the_plan_is_made_when_tests_come_together_and_once() -> None:
    asked = []

    def plan() -> Mapping[str, LoopsOfTest]:
        asked.append(1)
        return {}

    may_share = as_planned(plan)
    assert asked == []
    assert may_share("a", "b")
    assert may_share("a", "c")
    assert asked == [1]
