"""The loops of a suite as pytest sees them: from what it collected, without a run.

``legacy_loops`` and ``modern_loops`` return the collection as if it were a run whose tests met
these loops, so that it is compared and reported like one. They follow pytest's own closures and
places; what the source says plays no part in it. Loops that code asks for while it runs are not
among what a collection knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from posixpath import dirname

from loopscope.types import Scope
from loopscope.verify.collected import Collected, CollectedFixture, CollectedTest
from loopscope.verify.difference import Cause, Difference
from loopscope.verify.id_matching import bare_id
from loopscope.verify.run_record import SuiteRun, TestRun

_EVENT_LOOP = "event_loop"
# What stands for the outcome of a test that was not run.
_COLLECTED = {"call": "collected"}

# The identity of a loop: what made it, its scope, and what it is for.
_Loop = tuple[object, ...]
# The loop of a test, where it has one, and those of its fixtures.
_Loops = tuple[_Loop | None, Mapping[str, _Loop]]


def legacy_loops(run: SuiteRun) -> SuiteRun:
    """Give the tests the loops that ``event_loop`` gives them, as up to pytest-asyncio 0.23."""
    return _with_loops(run, _Legacy(run).loops)


def modern_loops(run: SuiteRun, before: SuiteRun | None = None) -> SuiteRun:
    """Give the tests the loops of their loop scopes.

    Args:
        run: What was collected.
        before: The original: a sync function under ``pytest_asyncio.fixture`` that held no loop
            there holds none now. Without it no such function is taken to hold one.
    """
    return _with_loops(run, _Modern(run, before).loops)


def unsettled(before: SuiteRun, after: SuiteRun) -> Iterator[Difference]:
    """Find the tests that could not be set up, or get what nobody has run, and did not before."""
    olds = {bare_id(one.id): set(_problems(one)) for one in _tests(before)}
    ran = {bare_id(one.id) for one in _tests(before) if one.on_loop or not one.is_async}
    modern = _Modern(after, before)
    for test in _tests(after):
        if test.is_async and not test.on_loop and bare_id(test.id) in ran:
            what = "is async, and pytest-asyncio does not run it"
            why = "it has no asyncio mark and the mode is not auto (LS105, LS201)"
            yield Difference(Cause.OTHER, test.id, what, why)
        for what, why in (*_problems(test), *modern.too_narrow(test)):
            if (what, why) not in olds.get(bare_id(test.id), ()):
                yield Difference(Cause.OTHER, test.id, what, why)


def _problems(test: CollectedTest) -> Iterator[tuple[str, str]]:
    if test.requests and not any(one.name == _EVENT_LOOP for one in test.fixtures):
        yield "asks for event_loop, and there is none", "somebody still asks for it (LS102)"
    for one in _set_up(test):
        if one.kind == "raw":
            yield (
                f"its fixture {one.name} is async, and pytest-asyncio does not run it",
                "it is under pytest.fixture in strict mode (LS103)",
            )


def _tests(run: SuiteRun) -> tuple[CollectedTest, ...]:
    return run.collected.tests if run.collected else ()


def _set_up(test: CollectedTest) -> list[CollectedFixture]:
    """List the fixtures of a test; the event_loop that it sees is none where nobody asks."""
    return [one for one in test.fixtures if test.requests or one.name != _EVENT_LOOP]


def _with_loops(run: SuiteRun, loops_of: Callable[[CollectedTest], _Loops]) -> SuiteRun:
    numbers: dict[_Loop, int] = {}
    tests = {}
    for test in _tests(run):
        own, fixtures = loops_of(test)
        met = {name: numbers.setdefault(loop, len(numbers)) for name, loop in fixtures.items()}
        tests[test.id] = TestRun(
            outcomes=_COLLECTED,
            loop=None if own is None else numbers.setdefault(own, len(numbers)),
            event_loop=met.pop(_EVENT_LOOP, None),
            fixtures=tuple(met.items()),
            used=tuple(dict.fromkeys(one.name for one in _set_up(test))),
        )
    return replace(run, tests=tests, order=run.order or tuple(tests))


@dataclass(slots=True)
class _Classes:
    """The classes that have set something up which lives until they end: also for inner ones."""

    made: set[tuple[object, str]]

    def region(self, test: CollectedTest, what: object) -> str:
        path, *classes = bare_id(test.id).split("::")[:-1]
        if not classes:
            return test.id
        around = ["::".join([path, *classes[: n + 1]]) for n in range(len(classes))]
        region = next((name for name in around if (what, name) in self.made), around[-1])
        self.made.add((what, region))
        return region


class _Rules:
    """What the rules of both have in common."""

    def __init__(self, run: SuiteRun) -> None:
        self._collected: Collected | None = run.collected
        self._classes = _Classes(set())
        self._asking = {
            (one.path, one.line, one.fixture)
            for one in run.functions
            if _EVENT_LOOP in one.arguments
        }

    def asks(self, fixture: CollectedFixture) -> bool:
        return (fixture.path, fixture.line, fixture.name) in self._asking

    def default(self, kind: str) -> Scope | None:
        return Scope.parse(self._collected.defaults.get(kind)) if self._collected else None

    def region(self, test: CollectedTest, scope: Scope, what: object) -> str:
        """Return what a loop of some scope is for, which ``what`` makes."""
        if scope is Scope.FUNCTION:
            return test.id
        if scope is Scope.CLASS:
            return self._classes.region(test, what)
        module = test.id.partition("::")[0]
        return module if scope is Scope.MODULE else ""

    def fixtures_named_event_loop(self, test: CollectedTest) -> CollectedFixture | None:
        return next((one for one in test.fixtures if one.name == _EVENT_LOOP), None)


class _Legacy(_Rules):
    def loops(self, test: CollectedTest) -> _Loops:
        names = [one.name for one in _set_up(test) if one.kind == "async"]
        names += [_EVENT_LOOP] * test.requests
        if not (test.on_loop or names):
            return None, {}
        loop = self._loop(test)
        return loop if test.on_loop else None, dict.fromkeys(names, loop)

    def _loop(self, test: CollectedTest) -> _Loop:
        named = _named(test) if test.on_loop else None
        override = self.fixtures_named_event_loop(test)
        wide = (self.default("test") or Scope.FUNCTION) > Scope.FUNCTION
        if named is None and (override is None or wide):
            named = self.default("test") or Scope.FUNCTION
        if named is not None or override is None:
            scope = named or Scope.FUNCTION
            return (scope, self._folder(test, scope) or self.region(test, scope, "mark"))
        scope = _visible_for(override)
        holder = override.base_id.strip("./")
        if scope is Scope.PACKAGE:  # its own modules, or all that lies below it
            own = dirname(test.id.partition("::")[0]) == holder
            return (scope, holder if own else f"{holder}/*", holder)
        return (scope, self.region(test, scope, override), override.base_id)

    @staticmethod
    def _folder(test: CollectedTest, scope: Scope) -> str:
        return dirname(test.id.partition("::")[0]) if scope is Scope.PACKAGE else ""


class _Modern(_Rules):
    def __init__(self, run: SuiteRun, before: SuiteRun | None) -> None:
        super().__init__(run)
        original = None if before is None else _Rules(before)
        self._compares = before is not None
        self._one_for_packages = not run.pytest_asyncio.startswith("0.")
        self._free = {
            (bare_id(test.id), one.name)
            for test in (_tests(before) if before else ())
            for one in test.fixtures
            if original is not None and one.kind == "bound" and not original.asks(one)
        }

    def loops(self, test: CollectedTest) -> _Loops:
        own = None
        if test.on_loop:
            scope = _named(test) or self.default("test") or Scope.FUNCTION
            own = (scope, self._region(test, scope))
        fixtures: dict[str, _Loop] = {}
        for one in _set_up(test):
            if one.kind == "async" or (one.kind == "bound" and self._holds_loop(test, one)):
                fixtures.setdefault(one.name, self._loop(test, one))
        left = self.fixtures_named_event_loop(test)
        if left is not None and test.requests and not left.kind:  # an override that was kept
            scope = _visible_for(left)
            fixtures[_EVENT_LOOP] = (left, scope, self.region(test, scope, left))
        return own, fixtures

    def too_narrow(self, test: CollectedTest) -> Iterator[tuple[str, str]]:
        """Find the fixtures of a test that pytest refuses, for their loop ends before them."""
        for one in _set_up(test):
            scope = self._loop_scope(one)
            if one.kind in ("async", "bound") and scope < (Scope.parse(one.scope) or scope):
                yield (
                    f"its fixture {one.name} has scope {one.scope} and loop scope {scope.word}",
                    "pytest refuses it with a ScopeMismatch: make the loop scope as wide (LS104)",
                )

    def _loop(self, test: CollectedTest, fixture: CollectedFixture) -> _Loop:
        scope = self._loop_scope(fixture)
        return (scope, self._region(test, scope))

    def _loop_scope(self, fixture: CollectedFixture) -> Scope:
        return (
            Scope.parse(fixture.loop_scope)
            or self.default("fixture")
            or Scope.parse(fixture.scope)
            or Scope.FUNCTION
        )

    def _region(self, test: CollectedTest, scope: Scope) -> str:
        """Return what a loop is for; all packages share one from 1.0 on."""
        if scope is Scope.PACKAGE and not self._one_for_packages:
            return dirname(test.id.partition("::")[0])
        return self.region(test, scope, "runner")

    def _holds_loop(self, test: CollectedTest, fixture: CollectedFixture) -> bool:
        if fixture.name == _EVENT_LOOP:
            return True
        return self._compares and (bare_id(test.id), fixture.name) not in self._free


def _named(test: CollectedTest) -> Scope | None:
    """Return the loop scope that the closest asyncio mark names."""
    keywords = test.marks[0].keywords if test.marks else {}
    return Scope.parse(keywords.get("loop_scope")) or Scope.parse(keywords.get("scope"))


def _visible_for(fixture: CollectedFixture) -> Scope:
    """Return the scope of a fixture, no wider than where it is seen."""
    scope = Scope.parse(fixture.scope) or Scope.FUNCTION
    if "::" in fixture.base_id:
        return min(scope, Scope.CLASS)
    return min(scope, Scope.MODULE) if fixture.base_id.endswith(".py") else scope
