"""Compare the legacy loop map of a suite with the modern one of its migration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from loopscope.loops.reading import Loop, LoopMap


@dataclass(frozen=True, slots=True)
class Difference:
    """A test whose loops do not come out as they were."""

    test: str
    message: str


def differences(before: LoopMap, after: LoopMap) -> Iterator[Difference]:
    """Tests split from their fixtures, and tests that shared a loop and no longer do.

    Sharing more than before is not a difference; ``count`` shows it.
    """
    groups: dict[Loop, list[str]] = defaultdict(list)
    for test, old in before.items():
        new = after.get(test)
        if new is None:
            if old.own is not None:
                yield Difference(test, "it ran on a loop and would no longer be run on one")
            continue
        if old.own is not None and new.own is None:
            yield Difference(test, "it ran on a loop and would no longer be run on one")
        if len(new.all) > 1:
            strays = [name for name, loop in new.fixtures.items() if loop != new.own]
            yield Difference(test, f"it would run on another loop than {_names(strays)}")
        elif len(old.all) == 1:
            groups[next(iter(old.all))].append(test)
    for tests in groups.values():
        first = tests[0]
        expected = after[first].all
        for test in tests[1:]:
            if after[test].all != expected:
                yield Difference(test, f"it would no longer share a loop with {first}")


def count(loops: LoopMap) -> int:
    """How many distinct loops the tests of a map meet."""
    return len({loop for test in loops.values() for loop in test.all})


def _names(names: list[str]) -> str:
    word = "fixture" if len(names) == 1 else "fixtures"
    return f"its {word} {', '.join(names)}" if names else "its fixtures"
