"""Tests that differ from themselves: what differs is run again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from loopscope.verify.difference import Difference
from loopscope.verify.run_record import SuiteRun

Pair = tuple[SuiteRun, SuiteRun]  # before, after
# Runs the suite again on both sides: all of it (None), or only these tests.
Again = Callable[[Iterable[str] | None], Pair]


def separate_flaky(
    first: Pair, differences: Iterable[Difference], reruns: int, again: Again
) -> tuple[tuple[Difference, ...], tuple[Difference, ...]]:
    """Separate the differences that stay from those of flaky tests.

    The tests are first run again by themselves, which is quick. One that differs from itself
    then may only miss the tests that used to run before it: the whole suite has the last word.
    """
    found = tuple(differences)
    suspects = _unlike_themselves(first, {one.test for one in found}, reruns, again, alone=True)
    if suspects:
        suspects = _unlike_themselves(first, suspects, reruns, again, alone=False)
    steady = tuple(one for one in found if one.test not in suspects)
    return steady, tuple(one for one in found if one.test in suspects)


def _unlike_themselves(
    first: Pair, tests: set[str], reruns: int, again: Again, *, alone: bool
) -> set[str]:
    known = {test for test in tests if any(test in run.tests for run in first)}
    found: set[str] = set()
    for _ in range(reruns if known else 0):
        second = again(sorted(known)) if alone else again(None)
        found |= set(_changed(first, second, known))
    return found


def _changed(first: Pair, second: Pair, tests: Iterable[str]) -> Iterator[str]:
    for test in tests:
        for once, twice in zip(first, second, strict=True):
            if _signature(once, test) != _signature(twice, test):
                yield test


def _signature(run: SuiteRun, test: str) -> object:
    found = run.tests.get(test)
    return found and (dict(found.outcomes), sorted(found.strays))
