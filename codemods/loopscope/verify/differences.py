"""Two runs of a suite, before and after its migration: differences, flaky tests, the verdict."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from loopscope.verify.run_record import SuiteRun, TestRun, Warned

# A part of the message -> why, and the rule that knows more. The first that fits counts.
_REASONS: tuple[tuple[str, str], ...] = (
    ("different loop", "an object made on one loop is used on another (LS104, LS105)"),
    ("different event loop", "an object made on one loop is used on another (LS104, LS105)"),
    ("fixture 'event_loop' not found", "somebody still asks for event_loop (LS102)"),
    ("ScopeMismatch", "a fixture is wider than its loop scope, or than a fixture it asks for"
     " (LS104, LS301, LS302)"),
    ("no current event loop", "sync code asks for the current loop, and none is set"
     " (LS109, LS303)"),
    ("Event loop is closed", "something outlives the loop it was made on (LS104, LS307)"),
    ("async def functions are not natively supported", "no plugin runs this async test: it has"
     " no asyncio mark and the mode is not auto (LS105, LS201)"),
    ("requested an async fixture", "an async fixture under pytest.fixture in strict mode (LS103)"),
    ("coroutine' object", "an async fixture under pytest.fixture in strict mode (LS103)"),
    ("async_generator' object", "an async fixture under pytest.fixture in strict mode (LS103)"),
    ("cannot import name 'event_loop'", "the fixture is gone from pytest-asyncio (LS101)"),
    ("recursive dependency", "an override asks for the fixture that it overrides (LS101)"),
    ("unexpected keyword argument", "the asyncio mark knows only loop_scope= (LS105)"),
    ("cannot be called from a running event loop", "sync code drives a loop of its own inside of"
     " async code (LS102)"),
    ("This event loop is already running", "sync code drives the loop that runs it (LS102)"),
    ("DeprecationWarning", "a warning that the configuration turns into an error"),
    ("No module named", "the environment lacks a package that the suite imports"),
)  # fmt: skip

Pair = tuple[SuiteRun, SuiteRun]  # before, after
# Runs the suite again on both sides: all of it (None), or only these tests.
Again = Callable[[Iterable[str] | None], Pair]


def reason(error: str) -> str:
    """Why a test may fail with ``error``; "" where the message tells nothing."""
    return next((why for part, why in _REASONS if part in error), "")


class Cause(enum.Enum):
    """What a difference is about; the value is the word used in reports."""

    COLLECTION = "collection error"
    SPLIT = "loop split"  # tests that shared a loop no longer do
    FOREIGN = "foreign loop"  # a fixture is on another loop than its test
    KIND = "loop kind"  # a test is on a loop of another class, such as uvloop's
    SHARED = "loop shared"  # tests that had separate loops now share one
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Difference:
    """One test that does not run as before."""

    cause: Cause
    test: str  # pytest's node id
    what: str  # what is different, in words
    why: str = ""  # what may have caused it; "" where nothing is known
    error: str = ""  # what pytest printed

    def __str__(self) -> str:
        return "\n".join(filter(None, (f"{self.test}: {self.what}", self.error.rstrip())))


# Whether two tests (node ids) may share a loop that they did not share before.
MayShare = Callable[[str, str], bool]


def never(_: str, __: str) -> bool:
    """No two tests may newly share a loop."""
    return False


def always(_: str, __: str) -> bool:
    """Any tests may newly share a loop."""
    return True


def compare(
    before: SuiteRun, after: SuiteRun, may_share: MayShare = never
) -> tuple[Difference, ...]:
    """List the differences between two runs; one test has at most one of each cause."""
    found: dict[tuple[Cause, str], Difference] = {}
    for difference in (
        *outcomes(before, after),
        *strays(before, after),
        *groups(before, after, may_share),
        *kinds(before, after),
    ):
        found.setdefault((difference.cause, difference.test), difference)
    order = list(Cause)
    return tuple(sorted(found.values(), key=lambda one: order.index(one.cause)))


def outcomes(before: SuiteRun, after: SuiteRun) -> Iterator[Difference]:
    """Find tests with another outcome than before, and tests that are gone or new."""
    for node, error in after.collect_errors.items():
        if node not in before.collect_errors:
            why = reason(error)
            yield Difference(Cause.COLLECTION, node, "is not collected", why, error)
    broken = tuple(node for node in after.collect_errors if node not in before.collect_errors)
    for node, old in before.tests.items():
        new = after.tests.get(node)
        if new is not None:
            if old.outcomes != new.outcomes:
                yield _outcome(node, old, new)
        elif after.exit_code is None:
            if node in after.unfinished:
                why = "a deadlock between two loops, or a task that is never awaited"
                yield Difference(Cause.OTHER, node, "had not ended when the time was up", why)
        elif not node.startswith(broken):
            yield Difference(Cause.OTHER, node, "is gone")
    for node in after.tests:
        if node not in before.tests:
            yield Difference(Cause.OTHER, node, "is new")
    if after.exit_code is None and not after.unfinished:
        why = "the end of the session, or a fixture's teardown, waits for ever"
        yield Difference(Cause.OTHER, "(session)", "had not ended when the time was up", why)


def _outcome(node: str, old: TestRun, new: TestRun) -> Difference:
    what = f"was {_phases(old)}; is {_phases(new)}"
    cause = Cause.FOREIGN if "different loop" in new.error else Cause.OTHER
    return Difference(cause, node, what, reason(new.error), new.error)


def strays(before: SuiteRun, after: SuiteRun) -> Iterator[Difference]:
    """Find the tests with a fixture that now is on another loop, and was not before."""
    for node, new in after.tests.items():
        old = before.tests.get(node)
        names = [name for name in new.strays if old is None or name not in old.strays]
        if not names:
            continue
        noun = "fixture" if len(names) == 1 else "fixtures"
        own = f"loop {new.home}"
        places = ", ".join(f"{name} on loop {new.strays[name]}" for name in names)
        why = (
            f"the loop scope of the {noun} is not that of the test (loop_scope= of the fixture,"
            " of the closest asyncio mark, or the configured default)"
        )
        yield Difference(Cause.FOREIGN, node, f"on {own}, its {noun} {places}", why)


def groups(before: SuiteRun, after: SuiteRun, may_share: MayShare = never) -> Iterator[Difference]:
    """Find tests that no longer share a loop, and tests that newly share one.

    Tests of different processes (pytest-xdist) cannot share a loop, wherever they belong, so
    only tests that ran in one process in both runs are held against each other.
    """
    mates: dict[tuple[int, str], tuple[str, int]] = {}  # old loop, new process -> test, new loop
    strangers: dict[tuple[int, str], list[tuple[str, int]]] = {}  # the other way round
    for node, old, new in _pairs(before, after):
        if old.home is None:
            continue
        if new.home is None:
            # 1.x makes no loop for a test whose set-up failed before it came to that.
            if old.outcomes == new.outcomes and "call" in old.outcomes:
                yield Difference(Cause.SPLIT, node, "had a loop, none was seen after")
            continue
        mate, mates_loop = mates.setdefault((old.home, new.process), (node, new.home))
        if mates_loop != new.home:
            what = f"shared its loop with {mate}, no longer does"
            why = "their loop scope is narrower than the fixture event_loop was"
            yield Difference(Cause.SPLIT, node, what, why)
        others = strangers.setdefault((new.home, old.process), [])
        if old.home not in (home for _, home in others):
            other = next((name for name, _ in others if not may_share(name, node)), None)
            others.append((node, old.home))
            if other is not None:
                what = f"now shares its loop with {other}, did not before"
                why = "its loop scope is wider than its fixture event_loop was"
                yield Difference(Cause.SHARED, node, what, why)


def kinds(before: SuiteRun, after: SuiteRun) -> Iterator[Difference]:
    """Find the tests whose loop is of another class than before."""
    for node, old, new in _pairs(before, after):
        if old.home is None or new.home is None:
            continue
        was, now = before.kinds.get(old.home), after.kinds.get(new.home)
        if was and now and was != now:
            why = "what made its loops, in event_loop or a policy, no longer does (LS101, LS106)"
            yield Difference(Cause.KIND, node, f"was on a loop of {was}, is on one of {now}", why)


def new_warnings(before: SuiteRun, after: SuiteRun) -> tuple[Warned, ...]:
    """Warnings about asyncio that were not given before, each message once."""
    known = {(warned.category, warned.message) for warned in before.warnings}
    found: dict[tuple[str, str], Warned] = {}
    for warned in sorted(after.warnings):
        key = (warned.category, warned.message)
        if key not in known:
            found.setdefault(key, warned)
    return tuple(found.values())


def slower(before: SuiteRun, after: SuiteRun) -> tuple[tuple[str, float, float], ...]:
    """List the tests that took twice the time and a second more: node id, seconds, seconds."""
    return tuple(
        (node, old.seconds, new.seconds)
        for node, old, new in _pairs(before, after)
        if new.seconds - old.seconds >= 1 and new.seconds >= 2 * old.seconds
    )


def grouped(differences: Iterable[Difference]) -> Mapping[Cause, list[Difference]]:
    """Group the differences by cause, in the order of the causes."""
    found: dict[Cause, list[Difference]] = {cause: [] for cause in Cause}
    for difference in differences:
        found[difference.cause].append(difference)
    return {cause: several for cause, several in found.items() if several}


def _pairs(before: SuiteRun, after: SuiteRun) -> Iterator[tuple[str, TestRun, TestRun]]:
    for node, old in before.tests.items():
        if node in after.tests:
            yield node, old, after.tests[node]


def _phases(test: TestRun) -> str:
    return ", ".join(f"{phase} {outcome}" for phase, outcome in test.outcomes.items())


@dataclass(frozen=True, slots=True)
class Verification:
    """One suite, run before and after its migration.

    ``before`` and ``after`` are None where a run could not be made; ``problem`` then says why,
    and ``details`` holds what the program that failed had printed.
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

    @property
    def status(self) -> str:
        """In one word: failed, different, recorded (the original alone was run) or same."""
        if self.problem:
            return "failed"
        if self.differences:
            return "different"
        return "recorded" if self.after is None else "same"

    def exit_code(self, *, strict: bool = False) -> int:
        """0 the same, 1 differences (``strict``: or notes), 2 could not run."""
        if self.problem:
            return 2
        advice = self.flaky or self.warnings or self.slower
        return 1 if self.differences or (strict and advice) else 0


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
