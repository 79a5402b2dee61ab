"""The loop map: for each test, the loop that it and each of its async fixtures get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

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

    @property
    def all(self) -> frozenset[Loop]:
        found = set(self.fixtures.values())
        if self.own is not None:
            found.add(self.own)
        return frozenset(found)


LoopMap = Mapping[str, TestLoops]
