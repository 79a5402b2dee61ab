"""The same test under two names: ids of parameters that a run, or a release, writes otherwise.

pytest 9 shortens and escapes long values in another way than pytest 7 did, and some ids are made
up anew for each run. A person finds the pairs by the function and the order of its parameters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from loopscope.verify.run_record import SuiteRun


def aligned(first: SuiteRun, second: SuiteRun) -> SuiteRun:
    """Return the second run with the names that the first one has for the same tests."""
    names = renamed(first, second)
    if not names:
        return second
    return replace(
        second,
        tests={names.get(name, name): test for name, test in second.tests.items()},
        unfinished=tuple(names.get(name, name) for name in second.unfinished),
        order=tuple(names.get(name, name) for name in second.order),
        warnings=frozenset(
            replace(warned, test=names.get(warned.test, warned.test)) for warned in second.warnings
        ),
    )


def renamed(first: SuiteRun, second: SuiteRun) -> Mapping[str, str]:
    """Map the ids of the second run that the first one has not to those that it has instead.

    Where one of the runs has more of a function than the other, nothing tells which are the same.
    """
    olds, news = _names(first), _names(second)
    lost, found = _by_function(olds, news), _by_function(news, olds)
    return {
        new: old
        for function, several in found.items()
        if len(several) == len(lost[function])
        for new, old in zip(several, lost[function], strict=True)
    }


def bare_id(test: str) -> str:
    """Return the node id of a test function, for that of a test."""
    path, colons, inside = test.partition("::")  # a folder may have a bracket in its name
    return path + colons + inside.partition("[")[0]


def _names(run: SuiteRun) -> tuple[str, ...]:
    """List the tests in the order in which they were collected, where that is known."""
    return run.order or (*run.tests, *run.unfinished)


def _by_function(names: Iterable[str], others: Iterable[str]) -> defaultdict[str, list[str]]:
    known = frozenset(others)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        function = bare_id(name)
        if function != name and name not in known:
            found[function].append(name)
    return found
