"""A suite with everything about it that plans and rules ask for."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from functools import cached_property

from loopscope.analysis.file.facts import BodyKind, FileFacts, Function
from loopscope.analysis.suite.call_graph import CurrentLoop
from loopscope.analysis.suite.classify import Roles, Settings
from loopscope.analysis.suite.closure import Closure, Closures
from loopscope.analysis.suite.driven_loops import DrivenLoops
from loopscope.analysis.suite.fixtures import FixtureDef, Test, directory_base_ids
from loopscope.analysis.suite.index import SuiteIndex
from loopscope.analysis.suite.trace import TraceIndex, external_fixture_defs
from loopscope.config.entry_points import EntryPoints
from loopscope.loop_map.legacy import LegacyLoops
from loopscope.loop_map.model import LoopMap
from loopscope.loop_map.modern import ModernLoops
from loopscope.types import CrossSuiteFiles, PytestConfig


class SuiteStyle(enum.Enum):
    """The rules for which a suite was written: up to 0.21, or loop scopes."""

    LEGACY = "legacy"  # the event_loop fixture decides
    MODERN = "modern"  # loop scopes decide


class SuiteModel:
    """The parts of what is known of a suite, each computed on demand."""

    def __init__(
        self,
        files: Mapping[str, FileFacts],
        config: PytestConfig,
        settings: Settings,
        cross_suite: CrossSuiteFiles | None = None,
        trace_index: TraceIndex | None = None,
        entry_points: EntryPoints = (),
    ) -> None:
        self.trace_index = trace_index = trace_index or TraceIndex()
        self.files = files = trace_index.apply_to(files)
        self.settings = settings
        self.cross_suite = cross_suite or CrossSuiteFiles()
        self.index = SuiteIndex(
            files,
            config,
            self.cross_suite,
            external_fixture_defs(trace_index.external),
            entry_points,
        )
        self.closures = Closures(self.index, trace_index.trace.used)
        self.current = CurrentLoop(files, self.index, self.closures.call_graph)
        self.driven = DrivenLoops(files, self.index)
        self.classify = Roles(self.index, self.closures, settings, trace_index)
        self.legacy = LegacyLoops(self.classify, self.closures, settings, self.current)
        self.modern = ModernLoops(self.classify, self.closures, settings)
        self.mode, self.auto_by_hook = self.classify.mode, self.classify.auto_by_hook

    # -- what its parts say ---------------------------------------------------------------

    @property
    def tests(self) -> tuple[Test, ...]:
        """The tests that pytest-asyncio's rules can concern, unittest's left out."""
        return self.classify.tests

    @property
    def own_tests(self) -> tuple[Test, ...]:
        """The tests without those of other suites that a run of pytest collects, too."""
        return self.classify.own_tests

    @property
    def overrides(self) -> tuple[FixtureDef, ...]:
        """List the registered overrides of ``event_loop``."""
        return self.classify.overrides

    @property
    def uses_plugin(self) -> bool:
        """Whether anything in the suite is pytest-asyncio's business."""
        return self.classify.uses_plugin

    @property
    def legacy_map(self) -> LoopMap:
        return self.legacy.map

    @property
    def modern_map(self) -> LoopMap:
        return self.modern.map

    def closure(self, test: Test) -> Closure:
        return self.closures.of(test)

    def is_async_test(self, test: Test) -> bool:
        return self.classify.is_async_test(test)

    def is_async_fixture(self, function: Function) -> bool:
        return self.classify.is_async_fixture(function)

    def is_override(self, function: Function) -> bool:
        return self.classify.is_override(function)

    def override_of(self, test: Test) -> FixtureDef | None:
        """Find the override that the test sees, None for pytest-asyncio's own fixture."""
        return self.legacy.override_of(test)

    def reaches_all(self, places: Collection[FixtureDef]) -> bool:
        """Whether every test of this suite that may run on a loop sees one of the overrides."""
        if all(place.base_id in ("", "./") for place in places):
            return True
        base_ids = {place.base_id for place in places if not place.in_module}
        tests = [test for test in self.own_tests if self._on_loop(test)]
        return bool(tests and base_ids) and all(
            base_ids & {"", *directory_base_ids(test.module)} for test in tests
        )

    # -- its style ----------------------------------------------------------------------

    @cached_property
    def suite_style(self) -> SuiteStyle:
        if not self.legacy.wide_default and any(
            self._has_override(test) for test in self.tests if self._on_loop(test)
        ):
            return SuiteStyle.LEGACY
        if self.classify.asks_for_the_plugins_loop:
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

    def _on_loop(self, test: Test) -> bool:
        return self.is_async_test(test) or any(
            self.is_async_fixture(item.function) for item in self.closure(test).fixtures
        )
