"""Which loop each test, with all its async fixtures, got on pytest-asyncio 0.21.

It follows "How the legacy loop was chosen" of the project's facts, which were run on real
releases.
"""

from __future__ import annotations

from functools import cached_property
from posixpath import dirname

from loopscope.analysis.file.loop_kinds import PLAIN, UNKNOWN, kinds_of, sets_policy
from loopscope.analysis.suite.call_graph import CurrentLoop
from loopscope.analysis.suite.classify import Roles, Settings
from loopscope.analysis.suite.closure import EVENT_LOOP, Closures
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.loop_map.model import Loop, LoopMap, TestLoops, region_of
from loopscope.types import Scope

# Only pytest-asyncio 0.22: the loop of a class or module.
LOOP_MARK = "asyncio_event_loop"


class LegacyLoops:
    """The legacy rules, applied to the tests of one suite."""

    def __init__(
        self, classify: Roles, closures: Closures, settings: Settings, current: CurrentLoop
    ) -> None:
        self._classify = classify
        self._closures = closures
        self._settings = settings
        self._current = current
        # By the id of a test, and its definition: both are asked for again and again.
        self._loop_scopes: dict[tuple[str, Key], Scope] = {}
        self._loops: dict[tuple[str, Key], Loop] = {}

    def override_of(self, test: Test) -> FixtureDef | None:
        """Find the override that the test sees, None for pytest-asyncio's own fixture."""
        chain = self._closures.visible(test, EVENT_LOOP)
        return chain[-1] if chain and self._classify.is_override(chain[-1].function) else None

    def loop_scope(self, test: Test) -> Scope:
        """Return the scope of the test's legacy loop.

        An override lives no wider than it is visible: one in a test module at most for
        that module, one in a class at most for the class (docs/loop-rules.md,
        One usable loop at a time).
        """
        asked = (test.id, test.key)
        known = self._loop_scopes.get(asked)
        if known is None:
            known = self._loop_scopes[asked] = self._loop_scope(test)
        return known

    def _loop_scope(self, test: Test) -> Scope:
        marked = self._named_loop_scope(test)
        if marked is not None:
            return marked
        override = self.override_of(test)
        if override is None or self.wide_default:
            return self._test_default or Scope.FUNCTION
        return self.override_loop_scope(override)

    def _named_loop_scope(self, test: Test) -> Scope | None:
        """Return the loop scope named by the test's mark; for a sync test, by its fixtures."""
        if self._classify.is_async_test(test):
            return _marked_loop_scope(test)
        named = [item.fixture.loop_scope for item in self._closures.of(test).fixtures]
        return max(
            (scope for scope in named if scope is not None), default=_marked_loop_scope(test)
        )

    @staticmethod
    def override_loop_scope(override: FixtureDef) -> Scope:
        """Return the loop scope of an override, which is no wider than its visibility."""
        scope = override.fixture.scope
        if override.in_class:
            return min(scope, Scope.CLASS)
        return min(scope, Scope.MODULE) if override.in_module else scope

    def loop(self, test: Test) -> Loop:
        """Return the identity of the loop that the test got on 0.21."""
        asked = (test.id, test.key)
        known = self._loops.get(asked)
        if known is None:
            known = self._loops[asked] = self._loop(test)
        return known

    def _loop(self, test: Test) -> Loop:
        loop_scope = self.loop_scope(test)
        if self._named_loop_scope(test) is not None:
            return Loop(loop_scope, region_of(test, loop_scope))
        override = self.override_of(test)
        if override is None or self.wide_default:
            return Loop(loop_scope, region_of(test, loop_scope))
        region = region_of(test, loop_scope)
        if loop_scope is Scope.PACKAGE:  # the package's own modules, or all that lies below it
            package = override.base_id.removeprefix("./")
            own = f"{dirname(test.module)}/".lstrip("/") == package
            region = package.rstrip("/") if own else f"{package}*"
        return Loop(loop_scope, region, override.base_id)

    @cached_property
    def map(self) -> LoopMap:
        """The map by legacy rules: a test and all its async fixtures share its legacy loop."""
        found = {}
        for test in self._classify.tests:
            free = {
                item.fixture.name
                for item in self._closures.of(test).fixtures
                if self.outlives_loop(item, test)
            }
            names = [name for name in self.loop_bound(test) if name not in free]
            own = self._classify.is_async_test(test)
            if own or names or free:
                loop = self.loop(test)
                fixtures = dict.fromkeys(names, loop)
                found[test.id] = TestLoops(
                    loop if own else None, fixtures, self.kinds(test), frozenset(free)
                )
        return found

    def outlives_loop(self, item: FixtureDef, test: Test) -> bool:
        """Recognize a cached sync fixture that held no loop, since those of its tests were closed.

        See docs/loop-rules.md, A sync fixture that never asks for a loop.
        """
        function, fixture = item.function, item.fixture
        return (
            fixture.origin == "pytest_asyncio.fixture"
            and not function.is_async
            and function.override is None
            and fixture.loop_scope is None
            and EVENT_LOOP not in (*function.parameters, *function.dynamic)
            and not self._current.asks(item.key)
            and item.key not in self._classify.external_takers
            and fixture.scope > self.loop_scope(test)
        )

    def kinds(self, test: Test) -> frozenset[str]:
        """List the kinds of loop that the override of a test makes, one for each of its params.

        A plain one below an override that sets a policy makes what that says, once it is set.
        """
        override = self.override_of(test)
        kinds = kinds_of(override.function.override if override is not None else None)
        if override is not None and kinds == PLAIN and self._policy_setters:
            *around, _ = self._closures.visible(test, EVENT_LOOP)
            if any(item.key in self._policy_setters for item in around):
                return frozenset({UNKNOWN})
        return kinds

    @cached_property
    def _policy_setters(self) -> frozenset[Key]:
        """The overrides that set the policy of later loops; few suites have one."""
        overrides = self._classify.overrides
        return frozenset(item.key for item in overrides if sets_policy(item.function.override))

    def loop_bound(self, test: Test) -> tuple[str, ...]:
        """List the fixtures of a test whose value lives on a loop, ``event_loop`` included."""
        closure = self._closures.of(test)
        names = [
            fixture_def.fixture.name
            for fixture_def in closure.fixtures
            if self._classify.is_async_fixture(fixture_def.function)
        ]
        if any(request for request in closure.requests) and EVENT_LOOP not in names:
            names.append(EVENT_LOOP)
        return tuple(names)

    @property
    def wide_default(self) -> bool:
        """Whether the configuration takes unmarked tests away from any override (0.26)."""
        return self._test_default not in (None, Scope.FUNCTION)

    @property
    def _test_default(self) -> Scope | None:
        """The configured loop scope of tests, which no release below 0.26 reads."""
        settings = self._settings
        return settings.test_default if settings.evidence.newest >= (0, 26) else None


def _marked_loop_scope(test: Test) -> Scope | None:
    """Return the loop scope that a mark of the test names, as on 0.23 or 0.22."""
    mark = test.mark("asyncio")
    if mark is not None and mark.loop_scope is not None:
        return mark.loop_scope
    mark = test.mark(LOOP_MARK)
    if mark is None:
        return None
    return Scope.MODULE if mark.ordinal is None else Scope.CLASS
