"""The verdict on a suite that was run before and after its migration.

Tests may differ from themselves: what differs is run again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from loopscope.frozen import frozen
from loopscope.verify.difference import Difference
from loopscope.verify.differences import errors_like
from loopscope.verify.run_record import SuiteRun, Warned

_LINES = 12  # of the output of a run that did not come to its end


@frozen
class Verification:
    """One suite, run before and after its migration.

    ``before`` and ``after`` are None where a run could not be made; for a suite that is on 1.x
    already only ``after`` is there, and its differences are fixtures on another loop than their
    users. ``problem`` says why there is no verdict, ``details`` holds what the program that failed
    had printed; differences that were seen all the same are there.
    """

    suite: str  # the label of the suite
    before: SuiteRun | None = None
    after: SuiteRun | None = None
    differences: tuple[Difference, ...] = ()
    flaky: tuple[Difference, ...] = ()  # of tests that differ from themselves
    warnings: tuple[Warned, ...] = ()  # about asyncio, and new
    slower: tuple[tuple[str, float, float], ...] = ()  # node id, seconds before and after
    notes: tuple[str, ...] = ()
    problem: str = ""
    details: str = ""
    never_ran: tuple[str, ...] = ()  # tests of the original that the end of a run left out

    @property
    def status(self) -> str:
        """In one word: failed, different, recorded (the original alone was run) or same.

        Of a suite on 1.x that was run by itself: foreign or right.
        """
        if self.problem:
            return "failed"
        if self.before is None:
            return "foreign" if self.differences else "right"
        if self.differences:
            return "different"
        return "recorded" if self.after is None else "same"

    @property
    def is_collected(self) -> bool:
        """Whether pytest collected the suite and ran no test."""
        return any(run is not None and run.collected for run in (self.before, self.after))

    def exit_code(self, *, strict: bool = False) -> int:
        """0 the same, 1 differences (``strict``: or notes), 2 no verdict."""
        if self.problem:
            return 2
        advice = self.flaky or self.warnings or self.slower
        return 1 if self.differences or (strict and advice) else 0


def incomparable(before: SuiteRun, after: SuiteRun, *, differ: bool) -> tuple[str, str]:
    """Say why two runs give no verdict, with what pytest printed; "" where they do.

    What went wrong in the run after the migration alone is a difference, and no reason.
    """
    both = sorted(node for node in before.collect_errors if errors_like(node, after))
    if both:
        noun = "module was" if len(both) == 1 else "modules were"
        names = ", ".join(node or "all of the suite" for node in both[:3]) + (
            ", ..." if len(both) > 3 else ""
        )
        return (
            f"{len(both)} {noun} collected in neither run ({names}), so nothing is known of the"
            " tests there: install what is missing, or give Pythons that have it as"
            " --before-python and --after-python, or leave a module out with -- --ignore=PATH",
            before.collect_errors[both[0]],
        )
    left_out = before.never_ran
    if left_out or (before.ended and after.tests.keys() - before.tests.keys()):
        count = len(left_out) or len(after.tests.keys() - before.tests.keys())
        total = len(before.order) or len(before.tests) + count
        how = f"the run of the original {before.ended or 'ended early'}"
        return (
            f"{how}: {count} of {total} tests never ran there and could not be"
            " compared. Let it run to its end first (without -x; with another Python as"
            " --before-python)",
            "\n".join(before.output.splitlines()[-_LINES:]) if before.ended else "",
        )
    if differ or before.passed or after.passed or (before.collected and before.tests):
        return "", ""
    if before.tests:
        return (
            f"no test passed in either run ({_ends(before)}), so nothing is known of the loops:"
            f" see that the suite runs with Python {before.python} and pytest {before.pytest}, or"
            " give Pythons that have all that it needs as --before-python and --after-python",
            next((test.error for test in before.tests.values() if test.error), ""),
        )
    return (
        "pytest ran no tests in either run, so there is nothing to compare: check the paths and"
        " what stands after --",
        before.output,
    )


def unknown(run: SuiteRun, *, differ: bool) -> tuple[str, str]:
    """Say why the one run of a suite on 1.x gives no verdict; "" where it does."""
    if run.collect_errors:
        node, error = next(iter(run.collect_errors.items()))
        number = len(run.collect_errors)
        noun = "module was" if number == 1 else "modules were"
        return (
            f"{number} {noun} not collected ({node or 'all of the suite'}"
            f"{', ...' * (number > 1)}), so nothing is known of the tests there: install what is"
            " missing, or give a Python that has it as --after-python",
            error,
        )
    if run.ended or run.never_ran:
        return (
            f"the run {run.ended or 'ended early'}: {len(run.never_ran)} of {len(run.order)} tests"
            f" never ran{''.join(f', {name} was under way' for name in run.unfinished[:1])}",
            "\n".join(run.output.splitlines()[-_LINES:]),
        )
    if differ or run.passed or (run.collected and run.tests):
        return "", ""
    if not run.tests:
        return "pytest found no tests: check the paths and what stands after --", run.output
    return (
        f"no test passed ({_ends(run)}), so nothing is known of the loops: see that the suite"
        f" runs with Python {run.python} and pytest {run.pytest}, or give another Python as"
        " --after-python",
        next((test.error for test in run.tests.values() if test.error), ""),
    )


def _ends(run: SuiteRun) -> str:
    ends = Counter(
        next(reversed(_telling(test.outcomes)), "not run") for test in run.tests.values()
    )
    return ", ".join(f"{count} {word}" for word, count in ends.most_common())


def _telling(outcomes: Mapping[str, str]) -> list[str]:
    return [outcome for outcome in outcomes.values() if outcome != "passed"]


def left_out(before: SuiteRun, after: SuiteRun) -> tuple[str, ...]:
    """List the tests of the original that never ran after the migration, for the run ended."""
    begun = {*after.tests, *after.unfinished}
    known = set(after.never_ran)
    return tuple(
        name for name in before.tests
        if name not in begun and (name in known or (after.ended and not after.order))
    )  # fmt: skip


def notes_alone(run: SuiteRun, harmless: list[str]) -> Iterator[str]:
    """Say what one run showed besides."""
    if harmless:
        yield (
            "values of another loop that by their source belong to none are used by"
            f" {_tests(len(harmless))}, such as {harmless[0]}"
        )
    fail = [name for name, test in run.tests.items() if test.failed]
    if fail:
        yield f"{_tests(len(fail))} failed, such as {fail[0]}"


def last_notes(runs: Pair, by_hand: int, *, differ: bool) -> Iterator[str]:
    """Say what the runs showed besides, and what is left to do."""
    for name, run in zip(("before", "after"), runs, strict=True):
        if run.ended:
            yield f"{name}: the run {run.ended}; {_tests(len(run.tests))} had ended"
    before, after = runs
    fail = [name for name, run in before.tests.items() if run.failed and _fails(after, name)]
    if fail:
        yield f"{_tests(len(fail))} failed before and after, such as {fail[0]}"
    if by_hand:
        due = "; what differs may be due to that" if differ else ""
        yield f"migration: {by_hand} left to do by hand (loopscope check lists them){due}"


def _tests(number: int) -> str:
    return "1 test" if number == 1 else f"{number} tests"


def _fails(run: SuiteRun, name: str) -> bool:
    return name in run.tests and run.tests[name].failed


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
