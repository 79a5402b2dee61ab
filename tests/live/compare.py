"""What the probe wrote before and after a migration, compared. Nothing here touches a disk.

Every function returns its complaints as lines of text, one for each difference; no complaint is
an empty list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class TestRun:
    """One test: how each phase ended, and the serial numbers of the loops that it met."""

    __test__ = False

    outcomes: Mapping[str, str]
    loop: int | None = None  # ran the test's own coroutine
    event_loop: int | None = None  # was the value of a fixture named event_loop
    fixtures: tuple[tuple[str, int], ...] = ()  # async fixtures, with the loop they were made on
    error: str = ""

    @property
    def home(self) -> int | None:
        """The loop that the test lives on; None for a test that has nothing to do with loops.

        A sync test has no coroutine: the loop that it drives by hand counts, or else the one
        that its async fixtures were made on.
        """
        if self.loop is not None:
            return self.loop
        if self.event_loop is not None:
            return self.event_loop
        return self.fixtures[0][1] if self.fixtures else None


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """One run of a suite."""

    exit_code: int
    tests: Mapping[str, TestRun]
    collect_errors: Mapping[str, str] = field(default_factory=dict)


def parse(document: Mapping[str, Any]) -> SuiteRun:
    """The probe's JSON document as values."""
    tests = {
        nodeid: TestRun(
            outcomes=test["outcomes"],
            loop=test["loop"],
            event_loop=test["event_loop"],
            fixtures=tuple((name, loop) for name, loop in test["fixtures"]),
            error=test["error"],
        )
        for nodeid, test in document["tests"].items()
    }
    return SuiteRun(document["exit"], tests, document["collect"])


def outcomes(before: SuiteRun, after: SuiteRun) -> list[str]:
    """Where a test ended otherwise than before, is gone or is new."""
    found = [
        f"{nodeid}: not collected: {error}"
        for nodeid, error in after.collect_errors.items()
        if nodeid not in before.collect_errors
    ]
    found += [f"{nodeid}: gone" for nodeid in before.tests if nodeid not in after.tests]
    found += [f"{nodeid}: new" for nodeid in after.tests if nodeid not in before.tests]
    for nodeid, old, new in _pairs(before, after):
        if old.outcomes != new.outcomes:
            was, is_now = _phases(old), _phases(new)
            found.append(f"{nodeid}: was {was}, is {is_now}\n{new.error}".rstrip())
    return found


def groups(before: SuiteRun, after: SuiteRun, *, may_join: bool = False) -> list[str]:
    """Where tests that shared a loop no longer do, or (without ``may_join``) newly share one."""
    found = [
        f"{nodeid}: had a loop, none was seen after"
        for nodeid, old, new in _pairs(before, after)
        if old.home is not None and new.home is None
    ]
    homes = [
        (nodeid, old.home, new.home)
        for nodeid, old, new in _pairs(before, after)
        if old.home is not None and new.home is not None
    ]
    first_on_old: dict[int, tuple[str, int]] = {}
    first_on_new: dict[int, tuple[str, int]] = {}
    for nodeid, old_home, new_home in homes:
        mate, mates_home = first_on_old.setdefault(old_home, (nodeid, new_home))
        if mates_home != new_home:
            found.append(f"{nodeid}: shared its loop with {mate}, no longer does")
        stranger, strangers_old = first_on_new.setdefault(new_home, (nodeid, old_home))
        if strangers_old != old_home and not may_join:
            found.append(f"{nodeid}: now shares its loop with {stranger}, did not before")
    return found


def strays(run: SuiteRun) -> list[str]:
    """Tests of which an async fixture, or a fixture named event_loop, is on another loop."""
    found = []
    for nodeid, test in run.tests.items():
        used = list(test.fixtures)
        if test.event_loop is not None:
            used.append(("event_loop", test.event_loop))
        found += [
            f"{nodeid}: on loop {test.home}, its fixture {name} on loop {loop}"
            for name, loop in dict.fromkeys(used)
            if loop != test.home
        ]
    return found


def loops_kept(before: SuiteRun, after: SuiteRun) -> tuple[int, int]:
    """How many separate loops the tests lived on, before and after."""
    return _loop_count(before), _loop_count(after)


def _loop_count(run: SuiteRun) -> int:
    return len({test.home for test in run.tests.values()} - {None})


def _pairs(before: SuiteRun, after: SuiteRun) -> Iterator[tuple[str, TestRun, TestRun]]:
    for nodeid, old in before.tests.items():
        if nodeid in after.tests:
            yield nodeid, old, after.tests[nodeid]


def _phases(test: TestRun) -> str:
    return ", ".join(f"{phase} {outcome}" for phase, outcome in test.outcomes.items())
