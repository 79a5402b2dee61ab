"""The loop map: for each test, the loop that it and each of its async fixtures get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from posixpath import dirname
from typing import NamedTuple

from loopscope.analysis.file.loop_kinds import DEFAULT
from loopscope.analysis.suite.fixtures import Test
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


@dataclass(frozen=True, slots=True)
class TestLoops:
    """The loops that one test meets: its own (None for a sync test) and its fixtures'."""

    own: Loop | None
    fixtures: Mapping[str, Loop] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset({DEFAULT})  # of loop, see analysis/file/loop_kinds.py

    @property
    def all(self) -> frozenset[Loop]:
        found = set(self.fixtures.values())
        if self.own is not None:
            found.add(self.own)
        return frozenset(found)


LoopMap = Mapping[str, TestLoops]


def region_of(test: Test, loop_scope: Scope, *, one_package: bool = False) -> str:
    """Return the region of the loop of a loop scope that a test gets.

    Since pytest-asyncio 1.0 all packages share one loop (docs/loop-rules.md,
    Packages share one loop). At class level a
    test outside a class gets one of its own.
    """
    if loop_scope is Scope.SESSION:
        return ""
    if loop_scope is Scope.PACKAGE:
        return "" if one_package else dirname(test.module)
    if loop_scope is Scope.MODULE:
        return test.module
    if loop_scope is Scope.CLASS and test.classes:
        return test.base_ids[-1]
    return test.id
