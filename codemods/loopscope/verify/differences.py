"""The comparison of two runs of a suite, before and after its migration."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from loopscope.verify.difference import Cause, Difference
from loopscope.verify.run_record import SuiteRun, TestRun

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
    ("fixture() got an unexpected keyword argument 'loop_scope'", "pytest.fixture knows no"
     " loop_scope=, and pytest_asyncio.fixture does from 0.24 on (LS103, LS104)"),
    ("mark.asyncio accepts only", "the asyncio mark has an argument that this pytest-asyncio does"
     " not know (LS105)"),
    ("cannot be called from a running event loop", "sync code drives a loop of its own inside of"
     " async code (LS102)"),
    ("This event loop is already running", "sync code drives the loop that runs it (LS102)"),
    ("No module named", "the environment lacks a package that the suite imports"),
)  # fmt: skip

_WARNING = re.compile(r"(?:\w+\.)*\w*Warning: ")


def reason(error: str) -> str:
    """Why a test may fail with ``error``; "" where the message tells nothing.

    Where pytest marks the lines of the error itself, the source around it does not count.
    """
    said = "\n".join(line[1:].strip() for line in error.splitlines() if line.startswith("E "))
    text = said or error
    if _WARNING.match(text):
        return "a warning that the configuration turns into an error"
    return next((why for part, why in _REASONS if part in text), "")


_WORKER = "???"  # the phase of a test in which a worker of pytest-xdist crashed
SESSION = "(session)"  # stands for a test where the run as a whole is meant

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
    """Find tests with another outcome than before, and tests that are gone or new.

    Those that never ran because the run ended are no differences of their own: how it ended is.
    """
    yield from _collection(before, after)
    uncollected = (*before.collect_errors, *after.collect_errors)
    never_ran = {*after.never_ran, *before.never_ran, *after.unfinished}
    for node, old in before.tests.items():
        new = after.tests.get(node)
        if new is not None:
            if old.outcomes != new.outcomes:
                yield _outcome(node, old, new)
        elif not (node in never_ran or after.ended or _below(node, uncollected)):
            yield Difference(Cause.OTHER, node, "is gone")
    for node in after.tests:
        known = node in before.tests or node in never_ran or before.ended
        if not (known or _below(node, uncollected)):
            yield Difference(Cause.OTHER, node, "is new")
    if after.ended:
        under_way = [node for node in after.unfinished if node not in before.unfinished]
        for node in under_way or ([] if before.ended else [SESSION]):
            yield Difference(Cause.OTHER, node, *_under_way(after))


def _collection(before: SuiteRun, after: SuiteRun) -> Iterator[Difference]:
    for node, error in after.collect_errors.items():
        if not errors_like(node, before):
            why = reason(error)
            yield Difference(Cause.COLLECTION, node or SESSION, "is not collected", why, error)
    for node, error in before.collect_errors.items():
        if not errors_like(node, after):
            what = "was not collected before, so its tests could not be compared"
            yield Difference(Cause.COLLECTION, node or SESSION, what, reason(error), error)


def errors_like(node: str, run: SuiteRun) -> bool:
    """Whether a run has this collection error, or one of a folder around it or a module in it.

    Releases of pytest blame the conftest of a folder on the folder or on each module there.
    """
    return any(_below(node, (other,)) or _below(other, (node,)) for other in run.collect_errors)


def _below(node: str, places: tuple[str, ...]) -> bool:
    """Whether a test lies in one of the modules or folders, or below one of the conftests."""
    tops = (
        place.removesuffix("conftest.py").rstrip("/") if place.endswith("conftest.py") else place
        for place in places
    )
    return any(not top or node == top or node.startswith((f"{top}::", f"{top}/")) for top in tops)


def _under_way(after: SuiteRun) -> tuple[str, str, str]:
    """Say that something was under way when the run ended, why that may be, and the output."""
    if after.exit_code is None:
        why = "it waits for ever: two loops wait for each other, or a task is never awaited"
        return f"had not ended when the run {after.ended}", why, ""
    return f"was under way when the run {after.ended}", reason(after.output), after.output


def _outcome(node: str, old: TestRun, new: TestRun) -> Difference:
    cause = Cause.FOREIGN if "different loop" in new.error else Cause.OTHER
    return Difference(cause, node, _phases(old, new), reason(new.error), new.error)


def _phases(old: TestRun, new: TestRun) -> str:
    """Say in which phases a test ends otherwise; a phase that did not come follows from others."""
    was, now = old.outcomes, new.outcomes
    if _WORKER in now:
        return "the worker of pytest-xdist that ran it crashed"
    both = [phase for phase in was if phase in now and was[phase] != now[phase]]
    if both:
        return ", ".join(f"{was[phase]} -> {now[phase]} ({phase})" for phase in both)
    alone = [phase for phase in (*was, *now) if (phase in was) != (phase in now)]
    return ", ".join(
        f"{was.get(phase, 'not run')} -> {now.get(phase, 'not run')} ({phase})" for phase in alone
    )


def strays(before: SuiteRun, after: SuiteRun) -> Iterator[Difference]:
    """Find the tests with a fixture that now is on another loop, and was not before."""
    for node, new in after.tests.items():
        old = before.tests.get(node)
        names = [name for name in new.strays if old is None or name not in old.strays]
        if not names:
            continue
        noun, are = ("fixture", "is") if len(names) == 1 else ("fixtures", "are")
        what = f"its {noun} {', '.join(names)} {are} on another loop"
        why = (
            f"the loop scope of the {noun} is not that of the test (loop_scope= of the fixture,"
            " of the closest asyncio mark, or the configured default)"
        )
        yield Difference(Cause.FOREIGN, node, what, why)


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
        # Who asked for event_loop, and did nothing with it, is on the loop of its sync fixtures.
        home = new.around if new.home is None else new.home
        if home is None:
            # 1.x makes no loop for a test whose set-up failed before it came to that. A sync test
            # that takes the current loop finds one, as it does without an asyncio mark.
            takes = old.given and new.took
            if old.outcomes == new.outcomes and "call" in old.outcomes and not takes:
                yield Difference(Cause.SPLIT, node, "had a loop, none was seen after")
            continue
        mate, mates_loop = mates.setdefault((old.home, new.process), (node, home))
        if mates_loop != home:
            what = f"shared its loop with {mate}, no longer does"
            why = "their loop scope is narrower than the fixture event_loop was"
            yield Difference(Cause.SPLIT, node, what, why)
        others = strangers.setdefault((home, old.process), [])
        if old.home not in (one for _, one in others):
            other = next((name for name, _ in others if not may_share(name, node)), None)
            others.append((node, old.home))
            if other is not None:
                what = f"now shares its loop with {other}, did not before"
                why = "its loop scope is wider than its fixture event_loop was"
                yield Difference(Cause.SHARED, node, what, why)


def kinds(before: SuiteRun, after: SuiteRun) -> Iterator[Difference]:
    """Find the tests whose loop is of another class than before, or set up otherwise."""
    for node, old, new in _pairs(before, after):
        if old.home is None or new.home is None:
            continue
        parts = [*_class(before, old.home, after, new.home), *_settings(old, new)]
        if parts:
            why = "what made its loops, in event_loop or a policy, no longer does (LS101, LS106)"
            yield Difference(Cause.KIND, node, "; ".join(parts), why)


def _class(before: SuiteRun, old: int, after: SuiteRun, new: int) -> Iterator[str]:
    was, now = before.kinds.get(old), after.kinds.get(new)
    if was and now and was != now:
        yield f"was on a loop of {was}, is on one of {now}"


def _settings(old: TestRun, new: TestRun) -> Iterator[str]:
    if old.settings is None or new.settings is None:
        return
    for name in old.settings:
        if name not in new.settings:
            yield f"was on a loop with {name}, is on one without"
    for name in new.settings:
        if name not in old.settings:
            yield f"was on a loop without {name}, is on one with it"


def slower(before: SuiteRun, after: SuiteRun) -> tuple[tuple[str, float, float], ...]:
    """List the tests that took twice the time and a second more: node id, seconds, seconds."""
    return tuple(
        (node, old.seconds, new.seconds)
        for node, old, new in _pairs(before, after)
        if new.seconds - old.seconds >= 1 and new.seconds >= 2 * old.seconds
    )


def _pairs(before: SuiteRun, after: SuiteRun) -> Iterator[tuple[str, TestRun, TestRun]]:
    for node, old in before.tests.items():
        if node in after.tests:
            yield node, old, after.tests[node]
