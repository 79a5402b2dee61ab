"""Which loop each test, and each of its async fixtures, gets on pytest-asyncio 1.x.

It follows "How the modern loop is chosen" of the project's facts, which were run on real releases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import cached_property
from posixpath import dirname

from loopscope.analysis.file.facts import Function
from loopscope.analysis.file.loop_kinds import DEFAULT, UNKNOWN
from loopscope.analysis.suite.classify import Roles, Settings
from loopscope.analysis.suite.closure import Closures
from loopscope.analysis.suite.fixtures import FixtureDef, Test
from loopscope.loop_map.model import Loop, LoopMap, TestLoops, region_of
from loopscope.types import Scope


class Packages:
    """The package loops of one suite on a release with loop scopes.

    Args:
        release: The series of pytest-asyncio; all packages share one loop from 1.0 on.
        files: The paths of the suite's files.
    """

    def __init__(self, release: tuple[int, int], files: Collection[str]) -> None:
        self._shared = release >= (1, 0)
        self._files = files
        self._made: dict[FixtureDef, str] = {}  # where package-scoped fixtures were set up

    def region_of(self, test: Test) -> str:
        """Return the nearest package around a test, "" where all share one loop."""
        folder = "" if self._shared else dirname(test.module)
        while folder and f"{folder}/__init__.py" not in self._files:
            folder = dirname(folder)
        return folder

    def region_of_fixture(self, fixture: FixtureDef, test: Test) -> str:
        """Return the package on whose loop a fixture of ``test`` was set up."""
        region = self.region_of(test)
        if fixture.fixture.scope is Scope.PACKAGE:
            return self._made.setdefault(fixture, region)
        return region


class ModernLoops:
    """The modern rules, applied to the tests of one suite."""

    def __init__(
        self, classify: Roles, closures: Closures, settings: Settings, files: Collection[str]
    ) -> None:
        self._classify = classify
        self._closures = closures
        self._settings = settings
        self._packages = Packages(settings.evidence.newest, files)

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

    def region_of(self, test: Test, loop_scope: Scope) -> str:
        """Return the region of a loop of a test, where a nested class does not count."""
        if loop_scope is Scope.PACKAGE:
            return self._packages.region_of(test)
        return region_of(test, loop_scope)

    @cached_property
    def map(self) -> LoopMap:
        """The map by 1.x rules: every test and every fixture names its loop scope."""
        found = {}
        classes = _ClassRegions(self)
        for test in _as_they_run(self._classify.tests):
            own = None
            if self._classify.is_async_test(test):
                loop_scope = self.test_loop_scope(test)
                own = Loop(loop_scope, classes.region_of(test, loop_scope))
            fixtures = {}
            for fixture_def in self._closures.of(test).fixtures:
                if self._classify.is_async_fixture(fixture_def.function):
                    loop_scope = self.fixture_loop_scope(fixture_def.function)
                    region = classes.region_of(test, loop_scope)
                    if loop_scope is Scope.PACKAGE:
                        region = self._packages.region_of_fixture(fixture_def, test)
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


def _as_they_run(tests: Sequence[Test]) -> Sequence[Test]:
    """Put the tests of a class and of those inside of it into the order in which they run."""
    if not any(len(test.classes) > 1 for test in tests):
        return tests
    found: dict[tuple[str, ...], list[Test]] = defaultdict(list)
    for test in tests:
        outermost = test.base_ids[:2] if test.classes else (test.id,)
        found[outermost].append(test)
    return [test for group in found.values() for test in sorted(group, key=_place_in_class)]


def _place_in_class(test: Test) -> tuple[int, ...]:
    """Return the places of the inner classes and of the test; what is inherited comes first."""
    if not test.classes:
        return ()
    innermost = test.classes[-1]
    inherited = test.key.path != innermost.path or test.key.ordinal < innermost.ordinal
    return (*(key.ordinal for key in test.classes[1:]), -1 if inherited else test.key.ordinal)


class _ClassRegions:
    """Regions of tests in the order in which they run, which counts for nested classes.

    A class loop lives until the class ends in which it was made: see docs/loop-rules.md,
    Nested classes.
    """

    def __init__(self, modern: ModernLoops) -> None:
        self._modern = modern
        self._made: set[str] = set()  # the classes that have made a loop

    def region_of(self, test: Test, loop_scope: Scope) -> str:
        if loop_scope is Scope.CLASS and len(test.classes) > 1:
            around = test.base_ids[-len(test.classes) :]
            region = next((name for name in around if name in self._made), around[-1])
        else:
            region = self._modern.region_of(test, loop_scope)
        if loop_scope is Scope.CLASS:
            self._made.add(region)
        return region
