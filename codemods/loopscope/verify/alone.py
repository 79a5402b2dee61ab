"""A suite that is on 1.x already: one run, or collection, shows which fixtures are foreign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loopscope.loop_map.build_model import build_model
from loopscope.loop_map.foreign import strays
from loopscope.rules.registry import FILE_CHECKS
from loopscope.types import Options, Suite
from loopscope.verify.difference import Cause, Difference
from loopscope.verify.differences import reason
from loopscope.verify.id_matching import bare_id
from loopscope.verify.run_record import SuiteRun, TestRun

_LOOP_ERRORS = ("different loop", "different event loop", "Event loop is closed")
_WHY = (
    "the loop scope of the fixture is not that of its user (LS315: loop_scope= of the fixture, of"
    " the closest asyncio mark, or the configured default)"
)
# A test, without parameters, and a fixture of it.
Use = tuple[str, str]


def harmless_uses(suite: Suite) -> frozenset[Use]:
    """List the tests with the fixtures on another loop whose values belong to none, by reading.

    What reading does not see on another loop is not among them.
    """
    model = build_model(suite, [], Options().time_limit, FILE_CHECKS)
    apart = {
        (test, name)
        for test, loops in model.modern_map.items()
        if len(loops.all) > 1
        for name in loops.fixtures
    }
    return frozenset(apart - strays(model))


def foreign(run: SuiteRun, harmless: frozenset[Use]) -> tuple[Difference, ...]:
    """List the tests, and the fixtures of theirs, that use what was made on another loop."""
    return tuple(one for name, test in run.tests.items() for one in _of(run, name, test, harmless))


def harmless_tests(run: SuiteRun, harmless: frozenset[Use]) -> list[str]:
    """List the tests that use values of another loop which belong to none."""
    return [
        name
        for name, test in run.tests.items()
        if any(_use(name, fixture) in harmless for fixture in _foreign_to(run, test))
    ]


def _of(run: SuiteRun, name: str, test: TestRun, harmless: frozenset[Use]) -> Iterator[Difference]:
    for fixture in test.closed:
        what = f"its fixture {fixture} was made on a loop that was closed before it"
        yield Difference(Cause.FOREIGN, name, what, "something outlives its loop (LS104, LS307)")
    names = [one for one in _foreign_to(run, test) if _use(name, one) not in harmless]
    if names:
        noun, were = ("fixture", "was") if len(names) == 1 else ("fixtures", "were")
        what = f"its {noun} {', '.join(names)} {were} set up on another loop"
        yield Difference(Cause.FOREIGN, name, what, _WHY)
    if any(words in test.error for words in _LOOP_ERRORS) and not (names or test.closed):
        what = "uses something of another loop, or of one that is closed"
        yield Difference(Cause.FOREIGN, name, what, reason(test.error), test.error)


def _foreign_to(run: SuiteRun, test: TestRun) -> list[str]:
    """List the fixtures that are on another loop than the test, or than a fixture using them.

    A sync test is on no loop: what counts are the fixtures that use one another.
    """
    loops = dict(test.fixtures)
    asked = _asked(run) if len(set(loops.values())) > 1 else {}
    found = dict.fromkeys(() if test.loop is None else test.strays)
    for user, loop in loops.items():
        queue, seen = [*asked.get(user, ())], {user}
        while queue:
            name = queue.pop()
            if name in seen:
                continue
            seen.add(name)
            if name not in loops:
                queue += asked.get(name, ())
            elif loops[name] != loop:
                found[name] = None
    return list(found)


def _asked(run: SuiteRun) -> Mapping[str, tuple[str, ...]]:
    """Map the names of fixtures to those that they ask for."""
    found: dict[str, tuple[str, ...]] = {}
    for one in run.functions:
        if one.fixture:
            found[one.fixture] = (*found.get(one.fixture, ()), *one.arguments, *one.requested)
    return found


def where_fixtures_ran(run: SuiteRun) -> tuple[tuple[str, int, int], ...]:
    """List the async fixtures, with the number of loops and of tests that each was seen with."""
    loops: dict[str, set[int]] = {}
    tests: dict[str, int] = {}
    for test in run.tests.values():
        for name, loop in test.fixtures:
            loops.setdefault(name, set()).add(loop)
            tests[name] = tests.get(name, 0) + 1
    return tuple((name, len(loops[name]), tests[name]) for name in sorted(loops))


def _use(test: str, fixture: str) -> Use:
    return bare_id(test), fixture
