"""The two loop maps of a suite: which loop each test, and each of its async fixtures, gets.

The legacy map follows docs/loop-rules.md, Legacy loops, and the modern one docs/loop-rules.md,
Modern loops; both were run on real releases.
"""

from __future__ import annotations

import enum
from functools import cached_property
from posixpath import dirname

from loopscope.analysis.file.facts import BodyKind, Function
from loopscope.analysis.suite.classify import Roles
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import FixtureDef, Test
from loopscope.loop_map.model import Loop, LoopMap, TestLoops
from loopscope.types import Scope

# Only pytest-asyncio 0.22: the loop of a class or module.
LOOP_MARK = "asyncio_event_loop"


class SuiteStyle(enum.Enum):
    """The rules for which a suite was written: up to 0.21, or loop scopes."""

    LEGACY = "legacy"  # the event_loop fixture decides
    MODERN = "modern"  # loop scopes decide


class SuiteModel(Roles):
    """A suite with everything about it that rules ask for, computed on demand."""

    # -- its style ----------------------------------------------------------------------

    @cached_property
    def suite_style(self) -> SuiteStyle:
        if not self._wide_default and any(
            self._has_override(test) for test in self.tests if self._on_loop(test)
        ):
            return SuiteStyle.LEGACY
        if self._asks_for_the_plugins_loop:
            return SuiteStyle.LEGACY
        settings = self.settings
        if settings.test_default is not None or settings.fixture_default is not None:
            return SuiteStyle.MODERN
        if settings.fixture_scope or settings.modern_requirement:
            return SuiteStyle.MODERN
        for path, facts in self.files.items():
            for function in facts.functions if path not in self.cross_suite else ():
                body, fixture = function.override, function.fixture
                if (body and body.kind is BodyKind.BRIDGE) or (
                    fixture and "loop_scope" in fixture.keywords
                ):
                    return SuiteStyle.MODERN
                if function.policy and function.policy.variants:  # the fixture came with 0.23
                    return SuiteStyle.MODERN
        scoped = any(
            mark.name == "asyncio" and mark.loop_scope is not None
            for test in self.own_tests
            for mark in test.marks
        )
        return SuiteStyle.MODERN if scoped else SuiteStyle.LEGACY

    def _has_override(self, test: Test) -> bool:
        """Whether the test sees an override, one of the two being this suite's own."""
        override = self.override_of(test)
        return override is not None and not (
            test.module in self.cross_suite and override.key.path in self.cross_suite
        )

    @property
    def _wide_default(self) -> bool:
        """Whether the configuration takes unmarked tests away from any override (0.26)."""
        return self.settings.test_default not in (None, Scope.FUNCTION)

    def _on_loop(self, test: Test) -> bool:
        return self.is_async_test(test) or any(
            self.is_async_fixture(item.function) for item in self.closure(test).fixtures
        )

    # -- the legacy map -------------------------------------------------------------

    def override_of(self, test: Test) -> FixtureDef | None:
        """Find the override that the test sees, None for pytest-asyncio's own fixture."""
        chain = self.closures.visible(test, EVENT_LOOP)
        return chain[-1] if chain and self.is_override(chain[-1].function) else None

    def legacy_loop_scope(self, test: Test) -> Scope:
        """Return the scope of the test's legacy loop.

        An override lives no wider than it is visible: one in a test module at most for
        that module, one in a class at most for the class (docs/loop-rules.md, One usable loop
        at a time).
        """
        marked = self._named_loop_scope(test)
        if marked is not None:
            return marked
        override = self.override_of(test)
        if override is None or self._wide_default:
            return self.settings.test_default or Scope.FUNCTION
        return self.override_loop_scope(override)

    def _named_loop_scope(self, test: Test) -> Scope | None:
        """Return the loop scope named by the test's mark; for a sync test, by its fixtures."""
        if self.is_async_test(test):
            return _marked_loop_scope(test)
        named = [item.fixture.loop_scope for item in self.closure(test).fixtures]
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

    def legacy_loop(self, test: Test) -> Loop:
        """Identify the loop that the test got on 0.21."""
        loop_scope = self.legacy_loop_scope(test)
        if self._named_loop_scope(test) is not None:
            return Loop(loop_scope, self.instance(test, loop_scope))
        override = self.override_of(test)
        if override is None or self._wide_default:
            return Loop(loop_scope, self.instance(test, loop_scope))
        region = self.instance(test, loop_scope)
        if loop_scope is Scope.PACKAGE:  # the package's own modules, or all that lies below it
            package = override.base_id.removeprefix("./")
            own = f"{dirname(test.module)}/".lstrip("/") == package
            region = package.rstrip("/") if own else f"{package}*"
        return Loop(loop_scope, region, override.base_id)

    @cached_property
    def legacy_map(self) -> LoopMap:
        """The map by legacy rules: a test and all its async fixtures share its legacy loop."""
        found = {}
        for test in self.tests:
            names = self.loop_bound(test)
            own = self.is_async_test(test)
            if own or names:
                legacy_loop = self.legacy_loop(test)
                found[test.id] = TestLoops(
                    legacy_loop if own else None, dict.fromkeys(names, legacy_loop)
                )
        return found

    def loop_bound(self, test: Test) -> tuple[str, ...]:
        """List the fixtures of a test whose value lives on a loop, ``event_loop`` included."""
        closure = self.closure(test)
        names = [
            fixture_def.fixture.name
            for fixture_def in closure.fixtures
            if self.is_async_fixture(fixture_def.function)
        ]
        if any(request for request in closure.requests) and EVENT_LOOP not in names:
            names.append(EVENT_LOOP)
        return tuple(names)

    # -- the modern map -------------------------------------------------------------

    def test_loop_scope(self, test: Test) -> Scope:
        """The loop scope of an async test: its closest mark's, else the configured one."""
        mark = test.mark("asyncio")
        if mark is not None and mark.loop_scope is not None:
            return mark.loop_scope
        return self.settings.test_default or Scope.FUNCTION

    def fixture_loop_scope(self, function: Function) -> Scope:
        """Return the loop scope of an async fixture: its own, the configured one, or its scope.

        See docs/loop-rules.md, The loop scope of a fixture is static.
        """
        assert function.fixture is not None
        return (
            function.fixture.loop_scope or self.settings.fixture_default or function.fixture.scope
        )

    @cached_property
    def modern_map(self) -> LoopMap:
        """The map by 1.x rules: every test and every fixture names its loop scope."""
        found = {}
        for test in self.tests:
            own = None
            if self.is_async_test(test):
                loop_scope = self.test_loop_scope(test)
                own = Loop(loop_scope, self.instance(test, loop_scope, one_package=True))
            fixtures = {}
            for fixture_def in self.closure(test).fixtures:
                if self.is_async_fixture(fixture_def.function):
                    loop_scope = self.fixture_loop_scope(fixture_def.function)
                    region = self.instance(test, loop_scope, one_package=True)
                    fixtures[fixture_def.fixture.name] = Loop(loop_scope, region)
            if own is not None or fixtures:
                found[test.id] = TestLoops(own, fixtures)
        return found

    def instance(self, test: Test, loop_scope: Scope, *, one_package: bool = False) -> str:
        """Name the region of a test's loop for a loop scope.

        Since pytest-asyncio 1.0 all packages share one (docs/loop-rules.md, Packages share one
        loop). At class level a test outside a class gets one of its own.
        """
        if loop_scope is Scope.SESSION:
            return ""
        if loop_scope is Scope.PACKAGE:
            return "" if one_package else dirname(test.module)
        if loop_scope is Scope.MODULE:
            return test.module
        if loop_scope is Scope.CLASS and test.classes:
            return test.base_ids[-1]
        return test.id


def _marked_loop_scope(test: Test) -> Scope | None:
    """Return the loop scope that a mark of the test names, as on 0.23 or 0.22."""
    mark = test.mark("asyncio")
    if mark is not None and mark.loop_scope is not None:
        return mark.loop_scope
    mark = test.mark(LOOP_MARK)
    if mark is None:
        return None
    return Scope.MODULE if mark.ordinal is None else Scope.CLASS
