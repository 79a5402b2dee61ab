"""The two readings of a suite: which loop each test, and each of its async fixtures, gets.

The legacy reading follows "How the legacy loop was chosen" and the modern one "How the
modern loop is chosen" of the project's facts; both were run on real releases.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from posixpath import dirname

from loopscope.facts.model import BodyKind, FileFacts, Function
from loopscope.facts.recorded import Heard
from loopscope.loops.closure import EVENT_LOOP, Closure, Closures
from loopscope.loops.current import CurrentLoop
from loopscope.loops.loop_map import Loop, LoopMap, TestLoops
from loopscope.loops.nodes import Key, Registered, Test
from loopscope.loops.tree import Tree
from loopscope.loops.unread import register
from loopscope.scopes import Scope
from loopscope.values import Around, PytestConfig

# Only pytest-asyncio 0.22: the loop of a class or module.
LOOP_MARK = "asyncio_event_loop"


class Era(enum.Enum):
    """Which rules a suite was written for."""

    LEGACY = "legacy"  # the event_loop fixture decides
    MODERN = "modern"  # loop scopes decide


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration as far as loops depend on it."""

    mode: str = "strict"  # "strict", "auto" or "legacy"
    test_default: Scope | None = None
    fixture_default: Scope | None = None
    fixture_scope: bool = False  # the fixture default is "fixture-scope" (1.5 and newer)
    modern_requirement: bool = False


class Reading:
    """A suite with everything about it that rules ask for, computed on demand."""

    def __init__(
        self,
        files: Mapping[str, FileFacts],
        config: PytestConfig,
        settings: Settings,
        around: Around | None = None,
        heard: Heard | None = None,
    ) -> None:
        self.heard = heard = heard or Heard()
        self.files = files = heard.told(files)
        self.settings = settings
        self.around = around or Around()
        hooks = [hook for facts in files.values() for hook in facts.hooks]
        # A hook that marks every async test is auto mode by another name.
        self.auto_by_hook = settings.mode != "auto" and any(
            hook.bare and hook.only_marks for hook in hooks
        )
        self.mode = "auto" if self.auto_by_hook else settings.mode
        self.tree = Tree(files, config, self.around, register(heard.unread))
        self.closures = Closures(self.tree, heard.record.used)
        self.current = CurrentLoop(files, self.tree, self.closures.reach)

    # -- what is async ------------------------------------------------------------------

    @cached_property
    def tests(self) -> tuple[Test, ...]:
        """The tests that pytest-asyncio's rules can concern, unittest's left out."""
        return tuple(test for test in self.tree.tests if not test.unittest)

    @cached_property
    def own_tests(self) -> tuple[Test, ...]:
        """The tests without those of other suites that a run of pytest collects, too."""
        return tuple(test for test in self.tests if test.module not in self.around)

    def is_async_test(self, test: Test) -> bool:
        """Whether pytest-asyncio runs the test on a loop."""
        if not test.function.is_async or test.function.is_generator:
            return False
        if test.mark("asyncio") is not None or test.id in self.heard.record.async_tests:
            return True
        return self.mode == "auto" and test.mark("anyio") is None

    def is_async_fixture(self, function: Function) -> bool:
        """Whether pytest-asyncio makes the fixture's value on a loop.

        A sync function under ``pytest_asyncio.fixture`` counts: it is bound to a loop scope.
        An async ``pytest.fixture`` counts in strict mode too: rule LS103 makes it one.
        """
        fixture = function.fixture
        if fixture is None or self.is_override(function):
            return False
        if fixture.origin == "pytest_asyncio.fixture":
            return True
        return function.is_async and "anyio_backend" not in function.parameters

    @staticmethod
    def is_override(function: Function) -> bool:
        """Whether the function overrides pytest-asyncio's fixture (our bridge does not)."""
        body = function.override
        return body is not None and body.kind is not BodyKind.BRIDGE

    @cached_property
    def overrides(self) -> tuple[Registered, ...]:
        """Every registered override of ``event_loop``."""
        return tuple(
            fixtures[EVENT_LOOP]
            for fixtures in self.tree.registered.values()
            if EVENT_LOOP in fixtures and self.is_override(fixtures[EVENT_LOOP].function)
        )

    @cached_property
    def uses_plugin(self) -> bool:
        """Whether anything in the suite is pytest-asyncio's business."""
        return (
            self.mode != "strict"
            or any(self.is_async_test(test) for test in self.own_tests)
            or any(
                function.fixture is not None
                and (
                    function.fixture.origin == "pytest_asyncio.fixture"
                    or EVENT_LOOP in function.parameters
                )
                for path, facts in self.files.items()
                if path not in self.around
                for function in facts.functions
            )
            or any(
                EVENT_LOOP in fixtures and fixtures[EVENT_LOOP].file not in self.around
                for fixtures in self.tree.registered.values()
            )
            or self._asks_for_the_plugins_loop
        )

    @cached_property
    def _asks_for_the_plugins_loop(self) -> bool:
        """Whether a test requests an ``event_loop`` that nothing in the suite defines."""
        return any(
            ask.target is None for test in self.own_tests for ask in self.closure(test).asks
        )

    def closure(self, test: Test) -> Closure:
        found = self._closures.get(test.id)
        if found is None:
            found = self._closures[test.id] = self.closures.of(test)
        return found

    @cached_property
    def _closures(self) -> dict[str, Closure]:
        return {}

    @cached_property
    def unread_takers(self) -> frozenset[Key]:
        """Sync fixtures from outside of the suite that asked for the loop of their tests."""
        return frozenset(
            item.key
            for item in self.tree.unread
            if self.heard.unread[item.key.ordinal].on_loop and not item.function.is_async
        )

    # -- the era ------------------------------------------------------------------------

    @cached_property
    def era(self) -> Era:
        if not self._wide_default and any(
            self._has_override(test) for test in self.tests if self._on_loop(test)
        ):
            return Era.LEGACY
        if self._asks_for_the_plugins_loop:
            return Era.LEGACY
        settings = self.settings
        if settings.test_default is not None or settings.fixture_default is not None:
            return Era.MODERN
        if settings.fixture_scope or settings.modern_requirement:
            return Era.MODERN
        for path, facts in self.files.items():
            for function in facts.functions if path not in self.around else ():
                body, fixture = function.override, function.fixture
                if (body and body.kind is BodyKind.BRIDGE) or (
                    fixture and "loop_scope" in fixture.keywords
                ):
                    return Era.MODERN
                if function.policy and function.policy.variants:  # the fixture came with 0.23
                    return Era.MODERN
        scoped = any(
            mark.name == "asyncio" and mark.loop_scope is not None
            for test in self.own_tests
            for mark in test.marks
        )
        return Era.MODERN if scoped else Era.LEGACY

    def _has_override(self, test: Test) -> bool:
        """Whether the test sees an override, one of the two being this suite's own."""
        override = self.override_of(test)
        return override is not None and not (
            test.module in self.around and override.key.path in self.around
        )

    @property
    def _wide_default(self) -> bool:
        """Whether the configuration takes unmarked tests away from any override (0.26)."""
        return self.settings.test_default not in (None, Scope.FUNCTION)

    def _on_loop(self, test: Test) -> bool:
        return self.is_async_test(test) or any(
            self.is_async_fixture(item.function) for item in self.closure(test).fixtures
        )

    # -- the legacy reading -------------------------------------------------------------

    def override_of(self, test: Test) -> Registered | None:
        """The override that the test sees, None for pytest-asyncio's own fixture."""
        chain = self.closures.visible(test, EVENT_LOOP)
        return chain[-1] if chain and self.is_override(chain[-1].function) else None

    def slot_level(self, test: Test) -> Scope:
        """How long the legacy loop of the test lived.

        An override lives no wider than it is visible: one in a test module at most for
        that module, one in a class at most for the class (legacy 4).
        """
        marked = self._named_level(test)
        if marked is not None:
            return marked
        override = self.override_of(test)
        if override is None or self._wide_default:
            return self.settings.test_default or Scope.FUNCTION
        return self.override_level(override)

    def _named_level(self, test: Test) -> Scope | None:
        """The level that its mark names; for a sync test the one that its fixtures name."""
        if self.is_async_test(test):
            return _marked_level(test)
        named = [item.fixture.loop_scope for item in self.closure(test).fixtures]
        return max((scope for scope in named if scope is not None), default=_marked_level(test))

    @staticmethod
    def override_level(override: Registered) -> Scope:
        """How long a loop of the override lives: no longer than it is visible."""
        scope = override.fixture.scope
        if override.in_class:
            return min(scope, Scope.CLASS)
        return min(scope, Scope.MODULE) if override.in_module else scope

    def slot(self, test: Test) -> Loop:
        """The identity of the loop that the test got on 0.21."""
        level = self.slot_level(test)
        if self._named_level(test) is not None:
            return Loop(level, self.instance(test, level))
        override = self.override_of(test)
        if override is None or self._wide_default:
            return Loop(level, self.instance(test, level))
        region = self.instance(test, level)
        if level is Scope.PACKAGE:  # the package's own modules, or all that lies below it
            package = override.holder.removeprefix("./")
            own = f"{dirname(test.module)}/".lstrip("/") == package
            region = package.rstrip("/") if own else f"{package}*"
        return Loop(level, region, override.holder)

    @cached_property
    def legacy_map(self) -> LoopMap:
        """The map by legacy rules: a test and all its async fixtures share its slot."""
        found = {}
        for test in self.tests:
            names = self.loop_bound(test)
            own = self.is_async_test(test)
            if own or names:
                slot = self.slot(test)
                found[test.id] = TestLoops(slot if own else None, dict.fromkeys(names, slot))
        return found

    def loop_bound(self, test: Test) -> tuple[str, ...]:
        """The fixtures of a test whose value lives on a loop, ``event_loop`` included."""
        closure = self.closure(test)
        names = [
            registered.fixture.name
            for registered in closure.fixtures
            if self.is_async_fixture(registered.function)
        ]
        if any(ask for ask in closure.asks) and EVENT_LOOP not in names:
            names.append(EVENT_LOOP)
        return tuple(names)

    # -- the modern reading -------------------------------------------------------------

    def test_level(self, test: Test) -> Scope:
        """The loop scope of an async test: its closest mark's, else the configured one."""
        mark = test.mark("asyncio")
        if mark is not None and mark.loop_scope is not None:
            return mark.loop_scope
        return self.settings.test_default or Scope.FUNCTION

    def fixture_level(self, function: Function) -> Scope:
        """The loop scope of an async fixture: its own, the configured one, else its scope."""
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
                level = self.test_level(test)
                own = Loop(level, self.instance(test, level, one_package=True))
            fixtures = {}
            for registered in self.closure(test).fixtures:
                if self.is_async_fixture(registered.function):
                    level = self.fixture_level(registered.function)
                    region = self.instance(test, level, one_package=True)
                    fixtures[registered.fixture.name] = Loop(level, region)
            if own is not None or fixtures:
                found[test.id] = TestLoops(own, fixtures)
        return found

    def instance(self, test: Test, level: Scope, *, one_package: bool = False) -> str:
        """Which of the loops of a level a test gets.

        Since pytest-asyncio 1.0 all packages share one loop (modern 6). At class level a
        test outside a class gets one of its own.
        """
        if level is Scope.SESSION:
            return ""
        if level is Scope.PACKAGE:
            return "" if one_package else dirname(test.module)
        if level is Scope.MODULE:
            return test.module
        if level is Scope.CLASS and test.classes:
            return test.holders[-1]
        return test.id


def _marked_level(test: Test) -> Scope | None:
    """The level that a mark of the test names: the loops of 0.23, or of 0.22 and no other."""
    mark = test.mark("asyncio")
    if mark is not None and mark.loop_scope is not None:
        return mark.loop_scope
    mark = test.mark(LOOP_MARK)
    if mark is None:
        return None
    return Scope.MODULE if mark.ordinal is None else Scope.CLASS
