"""Take the rest of a class or module along where most of its tests move to one loop scope.

One mark for all of them is what a person writes; a mark for each test that needs it is not.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Protocol

from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.loop_map.foreign import LoopUses
from loopscope.types import Scope


class _Tests(Protocol):
    """What is asked of the solver."""

    uses: LoopUses

    @property
    def places(self) -> Mapping[Hashable, list[Test]]: ...

    def natural_test(self, test: Test, default: Scope | None) -> Scope: ...


def take_along(
    solver: _Tests, tests: dict[str, Scope], fixtures: Mapping[Key, Scope], default: Scope | None
) -> None:
    """Widen the loop scopes of tests whose class, or module, moves to a wider one.

    Only tests go along that use no async fixture of another loop scope.
    """
    for place, members in solver.places.items():
        moving = [t for t in members if tests[t.id] is not solver.natural_test(t, default)]
        levels = {tests[test.id] for test in moving}
        rest = [test for test in members if test not in moving]
        # A class with a mark is one thing to its author, a module need not be.
        least = 2 if _is_class(place) else len(rest) + 1
        if len(levels) != 1 or not rest or len(moving) < least:
            continue
        level = levels.pop()
        if level is Scope.CLASS and not all(test.classes for test in members):
            continue
        if all(
            tests[test.id] is Scope.FUNCTION
            and all(fixtures.get(use.fixture.key) is level for use in solver.uses.of(test))
            for test in rest
        ):
            tests.update(dict.fromkeys((test.id for test in rest), level))


def _is_class(place: Hashable) -> bool:
    return isinstance(place, tuple) and place[1] is not None
