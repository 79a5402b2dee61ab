"""Planners with one thing left out, each of which a few seeds must find out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from loopscope import pipeline
from loopscope.analysis.suite.fixtures import FixtureDef, Test
from loopscope.loop_map.legacy import LegacyLoops
from loopscope.planning.conversions import Candidates
from loopscope.planning.solver import DisjointSet


def _without(kind: str) -> Callable[..., None]:
    """``DisjointSet.join`` that does not join nodes of a kind: every one is left alone."""
    join = DisjointSet.join

    def join_others(self: DisjointSet, first: Any, second: Any) -> None:
        if kind not in (first[0], second[0]):
            join(self, first, second)

    return join_others


def _no_class_override(self: LegacyLoops, test: Test) -> FixtureDef | None:
    found = _override_of(self, test)
    return None if found is not None and found.in_class else found


def _holds_nothing(self: Candidates, fixture_def: FixtureDef) -> bool:
    return False


_override_of = LegacyLoops.override_of


# name -> (class, attribute, replacement)
MUTANTS: dict[str, tuple[type, str, Any]] = {
    "tests of one loop are not joined": (DisjointSet, "join", _without("legacy loop")),
    "shared fixtures are not joined": (DisjointSet, "join", _without("fixture")),
    "class overrides are ignored": (LegacyLoops, "override_of", _no_class_override),
    "converted although a fixture drives the loop": (Candidates, "holds", _holds_nothing),
}


@contextmanager
def mutant(name: str) -> Iterator[None]:
    """Make the planner with that mutation, and without the recheck."""
    owner, attribute, replacement = MUTANTS[name]
    # The recheck would condemn the mutant's plan, and another one would be taken.
    with (
        patch.object(owner, attribute, replacement),
        patch.object(pipeline, "lost_loops", lambda *models: iter(())),
    ):
        yield
