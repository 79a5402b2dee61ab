"""Take the rest of a class or module along where most of its tests move to one loop scope.

One mark for all of them is what a person writes; a mark for each test that needs it is not.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Protocol

from loopscope.analysis.suite.fixtures import Test
from loopscope.loop_map.foreign import LoopUses
from loopscope.types import Scope


class _Tests(Protocol):
    """What is asked of the solver."""

    uses: LoopUses

    @property
    def places(self) -> Mapping[Hashable, list[Test]]: ...

    def natural_test(self, test: Test, default: Scope | None) -> Scope: ...


def take_along(solver: _Tests, tests: dict[str, Scope], default: Scope | None) -> None:
    """Widen the loop scopes of tests whose own mark, or module, mostly moves to a wider one.

    Only tests without async fixtures go along: what they use stays on their loop.
    """
    for members in solver.places.values():
        moving = [t for t in members if tests[t.id] is not solver.natural_test(t, default)]
        levels = {tests[test.id] for test in moving}
        rest = [test for test in members if test not in moving]
        if len(levels) != 1 or not 0 < len(rest) < len(moving):
            continue
        level = levels.pop()
        if level is Scope.CLASS and not all(test.classes for test in members):
            continue
        if all(tests[t.id] is Scope.FUNCTION and not any(solver.uses.of(t)) for t in rest):
            tests.update(dict.fromkeys((test.id for test in rest), level))
