"""The loop map: the loop of each test and of each of its async fixtures; how two maps differ."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field, replace
from posixpath import dirname
from typing import NamedTuple

from loopscope.analysis.file.loop_kinds import DEFAULT, UNKNOWN
from loopscope.analysis.suite.fixtures import Test
from loopscope.frozen import frozen
from loopscope.types import Scope


class Loop(NamedTuple):
    """The identity of a loop.

    ``region`` is what it is for: "" for the session, else a package (``pkg/*`` are those below
    it), module, class or test.
    ``base_id`` tells the loops of several overrides apart; None where no override made it.
    """

    scope: Scope
    region: str
    base_id: str | None = None


@frozen
class TestLoops:
    """The loops that one test meets: its own (None for a sync test) and its fixtures'."""

    own: Loop | None
    fixtures: Mapping[str, Loop] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset({DEFAULT})  # of loop, see analysis/file/loop_kinds.py
    free: frozenset[str] = frozenset()  # fixtures that hold no loop, whichever they are set up on

    @property
    def all(self) -> frozenset[Loop]:
        found = set(self.fixtures.values())
        if self.own is not None:
            found.add(self.own)
        return frozenset(found)

    def kinds_lost(self, after: TestLoops) -> str:
        """Name the kinds of loop that are met no more, "" for none or where one is not known."""
        if UNKNOWN in self.kinds | after.kinds:
            return ""
        return ", ".join(kind or "the default" for kind in sorted(self.kinds - after.kinds))

    def without(self, names: Collection[str]) -> TestLoops:
        """Leave some fixtures out."""
        kept = {name: loop for name, loop in self.fixtures.items() if name not in names}
        return replace(self, fixtures=kept)


LoopMap = Mapping[str, TestLoops]


def region_of(test: Test, loop_scope: Scope) -> str:
    """Return the region of the loop of a loop scope that a test gets.

    At class level a test outside a class gets one of its own. For packages that are on
    pytest-asyncio 1.x, see Packages in loop_map/modern.py.
    """
    if loop_scope is Scope.SESSION:
        return ""
    if loop_scope is Scope.PACKAGE:
        return dirname(test.module)
    if loop_scope is Scope.MODULE:
        return test.module
    if loop_scope is Scope.CLASS and test.classes:
        return test.base_ids[-1]
    return test.id


class Cause(enum.Enum):
    """In what way loops do not come out as they were; said of one test, and of several."""

    LOST = "it ran on a loop and would no longer be run on one", "are no longer run on a loop"
    STRAY = "it would run on another loop than its", "now run on another loop than their"
    KIND = (
        "it would run on a loop of another kind than",
        "now run on a loop of another kind than",
    )
    MIXED = (
        "below pytest-asyncio 1.2 it may run on the loop of its",
        "may run on the loops of their fixtures below pytest-asyncio 1.2:",
    )
    REFUSED = (
        "pytest-asyncio below 1.0 would not collect it, for its mark and its",
        "would not be collected by pytest-asyncio below 1.0, for their marks and their",
    )
    NARROWER = (
        "it would end in a ScopeMismatch, for the loop scope is narrower than the scope of its",
        "end in a ScopeMismatch, for the loop scope is narrower than the scope of their",
    )
    SPLIT = "it would no longer share a loop with", "no longer share a loop with"

    def of_one(self, names: str) -> str:
        """Write the sentence about one test."""
        return f"{self.value[0]} {names}".rstrip()

    def of_several(self, names: str) -> str:
        """Write the rest of a sentence about several tests."""
        return f"{self.value[1]} {names}".rstrip()


@frozen
class Difference:
    """A test whose loops do not come out as they were; ``names`` are fixtures or a test."""

    test: str
    cause: Cause
    names: str = ""

    @property
    def message(self) -> str:
        """The sentence about this test."""
        return self.cause.of_one(self.names)


def differences(before: LoopMap, after: LoopMap) -> Iterator[Difference]:
    """List the tests that lost a fixture's loop, and those that no longer share one.

    Sharing more than before is not a difference; ``count`` shows it.
    """
    groups: dict[Loop, list[str]] = defaultdict(list)
    after = {test: new.without(before[test].free) for test, new in after.items() if test in before}
    for test, old in before.items():
        new = after.get(test)
        if new is None:
            if old.own is not None:
                yield Difference(test, Cause.LOST)
            continue
        if old.own is not None and new.own is None:
            yield Difference(test, Cause.LOST)
        lost = old.kinds_lost(new)
        if lost:
            yield Difference(test, Cause.KIND, lost)
        if len(new.all) > 1:
            strays = [name for name, loop in new.fixtures.items() if loop != new.own]
            yield Difference(test, Cause.STRAY, _names(strays))
        elif len(old.all) == 1:
            groups[next(iter(old.all))].append(test)
    for tests in groups.values():
        first = tests[0]
        expected = after[first].all
        for test in tests[1:]:
            if after[test].all != expected:
                yield Difference(test, Cause.SPLIT, first)


def count(loops: LoopMap) -> int:
    """Count the distinct loops of a map."""
    return len({loop for test in loops.values() for loop in test.all})


def _names(names: list[str]) -> str:
    word = "fixture" if len(names) == 1 else "fixtures"
    return f"{word} {', '.join(names)}" if names else "fixtures"
