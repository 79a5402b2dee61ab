"""Which loop each test, and each of its async fixtures, gets on pytest-asyncio 1.x.

It follows "How the modern loop is chosen" of the project's facts, which were run on real releases.
"""

from __future__ import annotations

from functools import cached_property

from loopscope.analysis.file.facts import Function
from loopscope.analysis.file.loop_kinds import DEFAULT, UNKNOWN
from loopscope.analysis.suite.classify import Roles, Settings
from loopscope.analysis.suite.closure import Closures
from loopscope.analysis.suite.fixtures import Test
from loopscope.loop_map.model import Loop, LoopMap, TestLoops, region_of
from loopscope.types import Scope


class ModernLoops:
    """The modern rules, applied to the tests of one suite."""

    def __init__(self, classify: Roles, closures: Closures, settings: Settings) -> None:
        self._classify = classify
        self._closures = closures
        self._settings = settings

    def test_loop_scope(self, test: Test) -> Scope:
        """The loop scope of an async test: its closest mark's, else the configured one."""
        mark = test.mark("asyncio")
        if mark is not None and mark.loop_scope is not None:
            return mark.loop_scope
        return self._settings.test_default or Scope.FUNCTION

    def fixture_loop_scope(self, function: Function) -> Scope:
        """Return the loop scope of an async fixture: its own, the configured one, or its scope."""
        assert function.fixture is not None
        return (
            function.fixture.loop_scope or self._settings.fixture_default or function.fixture.scope
        )

    @cached_property
    def map(self) -> LoopMap:
        """The map by 1.x rules: every test and every fixture names its loop scope."""
        found = {}
        for test in self._classify.tests:
            own = None
            if self._classify.is_async_test(test):
                loop_scope = self.test_loop_scope(test)
                own = Loop(loop_scope, region_of(test, loop_scope, one_package=True))
            fixtures = {}
            for fixture_def in self._closures.of(test).fixtures:
                if self._classify.is_async_fixture(fixture_def.function):
                    loop_scope = self.fixture_loop_scope(fixture_def.function)
                    region = region_of(test, loop_scope, one_package=True)
                    fixtures[fixture_def.fixture.name] = Loop(loop_scope, region)
            if own is not None or fixtures:
                found[test.id] = TestLoops(
                    own, fixtures, self.kinds(test, is_async=own is not None)
                )
        return found

    def kinds(self, test: Test, *, is_async: bool) -> frozenset[str]:
        """List the kinds of loop that a test may get: by the nearest hook, else by the policy.

        A hook gives a sync test the default loop (docs/loop-rules.md, Loop factories).
        """
        mark = test.mark("asyncio")
        if mark is not None and "loop_factories" in mark.keywords:
            return frozenset({UNKNOWN})
        factories = self._closures.factories(test)
        if factories:
            return factories if is_async else frozenset({DEFAULT})
        policies = self._closures.visible(test, "event_loop_policy")
        policy = policies[-1].function.policy if policies else None
        if not policies:
            return frozenset({DEFAULT})
        kinds = frozenset(item.kind for item in policy.variants) if policy else frozenset()
        return kinds or frozenset({UNKNOWN})
