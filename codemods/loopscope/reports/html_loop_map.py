"""The loop map as boxes for a page: each is one loop, with the tests and fixtures that share it.

Loops that are made anew for each test stand together in one box.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from loopscope.frozen import frozen
from loopscope.loop_map.report_model import (
    LoopFixture,
    LoopMaps,
    LoopPicture,
    LoopTest,
    Reason,
    SharedLoop,
)

# So many tests of one module are named in a box, and so many reasons; the rest is counted.
_TESTS = 30
_REASONS = 3


@frozen
class Group:
    """Tests of one module, of which the first ones are named."""

    module: str
    tests: tuple[LoopTest, ...]
    more: int

    def name(self, test: LoopTest) -> str:
        """Return the part of a test's id after the module."""
        return test.id.removeprefix(self.module).removeprefix("::")


@frozen
class Chip:
    """The fixtures of one name."""

    name: str
    fixtures: tuple[LoopFixture, ...]


@frozen
class Box:
    """One loop, or all loops that serve one test each."""

    scope: str
    name: str
    kind: str
    region: str
    loops: int
    chips: tuple[Chip, ...]
    groups: tuple[Group, ...]
    reasons: tuple[Reason, ...]
    more_reasons: int


def boxes(maps: LoopMaps) -> dict[str, list[Box]]:
    """Draw the boxes of each map under its heading; loops before the migration have numbers.

    A loop afterwards is called by the numbers of the loops that its tests had.
    """
    numbers: dict[str, set[int]] = defaultdict(set)
    wide = (loop for loop in maps.before.loops if loop.scope != "function")
    for number, loop in enumerate(wide, 1):
        for test in loop.tests:
            numbers[test.id].add(number)
    if maps.after is None:
        return {"Before and after": list(_boxes(maps.before, numbers))}
    return {
        "Before": list(_boxes(maps.before, numbers)),
        "After": list(_boxes(maps.after, numbers)),
    }


def _boxes(picture: LoopPicture, numbers: Mapping[str, set[int]]) -> Iterator[Box]:
    single = [loop for loop in picture.loops if loop.scope == "function"]
    for loop in picture.loops:
        if loop.scope != "function":
            own = sorted(set().union(*(numbers.get(test.id, set()) for test in loop.tests)))
            plural = "s" if len(own) > 1 else ""
            yield _box([loop], f"Loop{plural} {' + '.join(map(str, own))}".strip())
    if single:
        yield _box(single, "One loop" if len(single) == 1 else f"{len(single)} loops")


def _box(loops: Sequence[SharedLoop], name: str) -> Box:
    tests = [test for loop in loops for test in loop.tests]
    fixtures = sorted({fixture for loop in loops for fixture in loop.fixtures})
    by_name = groupby(fixtures, key=lambda fixture: fixture.name)
    reasons = tuple(dict.fromkeys(reason for loop in loops for reason in loop.reasons))
    scope = loops[0].scope
    return Box(
        scope=scope,
        name=name,
        kind=", ".join(sorted({loop.kind for loop in loops} - {""})),
        region="" if scope == "function" else loops[0].region,
        loops=len(loops),
        chips=tuple(Chip(name, tuple(found)) for name, found in by_name),
        groups=tuple(_groups(tests)),
        reasons=reasons[:_REASONS],
        more_reasons=len(reasons[_REASONS:]),
    )


def _groups(tests: Iterable[LoopTest]) -> Iterator[Group]:
    for module, found in groupby(tests, key=lambda test: test.id.partition("::")[0]):
        members = tuple(found)
        yield Group(module, members[:_TESTS], len(members[_TESTS:]))
