"""How the result of a migration differs from its goal: what the recheck condemns.

For a suite of the legacy style the goal is its legacy loop map. For one that is on 1.x already
it is that nobody comes to use a value of another loop, and that tests go on to share loops.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from loopscope.loop_map.foreign import mixed, refused, strays
from loopscope.loop_map.model import Cause, Difference, Loop, LoopMap, differences
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle


def misses(before: LoopMap, original: SuiteModel, after: SuiteModel) -> Iterator[Difference]:
    """List the tests whose loops are not what they must be after the migration."""
    if original.suite_style is SuiteStyle.LEGACY:
        yield from differences(before, after.modern_map)
        return
    yield from _parted(before, after.modern_map)
    new = strays(after) - strays(original)
    for test, fixture in sorted(new):
        yield Difference(test, Cause.STRAY, f"fixture {fixture}")
    if after.settings.evidence.oldest < (1, 2):
        for test, fixture in sorted(mixed(after.modern_map) - mixed(before) - new):
            yield Difference(test, Cause.MIXED, f"fixture {fixture}")
    if after.settings.evidence.oldest < (1, 0):
        for test, fixture in sorted(refused(after) - refused(original)):
            yield Difference(test, Cause.REFUSED, f"fixture {fixture}")


def _parted(before: LoopMap, after: LoopMap) -> Iterator[Difference]:
    """List the tests that lost their loop, its kind, or those that they shared it with."""
    groups: dict[Loop, list[str]] = defaultdict(list)
    for test, old in before.items():
        new = after.get(test)
        if old.own is not None and (new is None or new.own is None):
            yield Difference(test, Cause.LOST)
        if new is None:
            continue
        lost = old.kinds_lost(new)
        if lost:
            yield Difference(test, Cause.KIND, lost)
        if old.own is not None:
            groups[old.own].append(test)
    for tests in groups.values():
        first = tests[0]
        for test in tests[1:]:
            if after[test].own != after[first].own:
                yield Difference(test, Cause.SPLIT, first)
