"""A suite with everything about it that plans and rules ask for."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Mapping
from functools import cached_property
from posixpath import dirname, normpath

from loopscope.analysis.file.facts import FileFacts, Function
from loopscope.analysis.file.override_facts import BodyKind
from loopscope.analysis.suite.call_graph import CurrentLoop
from loopscope.analysis.suite.classify import Roles, Settings
from loopscope.analysis.suite.closure import EVENT_LOOP, Closure, Closures
from loopscope.analysis.suite.fixtures import FixtureDef, Test, directory_base_ids
from loopscope.analysis.suite.index import SuiteIndex
from loopscope.analysis.suite.loop_values import LoopValues
from loopscope.analysis.suite.mention_search import DrivenLoops
from loopscope.analysis.suite.test_uses import TestUses
from loopscope.analysis.suite.trace import TraceIndex, external_fixture_defs
from loopscope.config.entry_points import EntryPoints
from loopscope.loop_map.legacy import LegacyLoops
from loopscope.loop_map.model import LoopMap
from loopscope.loop_map.modern import ModernLoops
from loopscope.types import CrossSuiteFiles, PytestConfig

_TESTS = frozenset({"test", "tests"})
_LIKE_TESTS = re.compile(r"(?i)(.+[-_])?tests?([-_].+)?")  # unit_tests, tests-e2e


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
        texts: Mapping[str, bytes] | None = None,
        *,
        in_tests: bool = False,
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
        self.texts = texts or {}
        self._in_tests = in_tests
        self.values = LoopValues(self.index, self.texts)
        self.current = CurrentLoop(files, self.index, self.closures.call_graph)
        self.test_uses = TestUses(
            self.index, self.texts, self.closures.call_graph, self.is_product
        )
        self.driven = DrivenLoops(files, self.index)
        self.classify = Roles(self.index, self.closures, settings, trace_index)
        self.legacy = LegacyLoops(self.classify, self.closures, settings, self.current)
        self.modern = ModernLoops(self.classify, self.closures, settings, files)
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
        modules = self._modules_on_loops
        return bool(modules and base_ids) and all(
            base_ids & {"", *directory_base_ids(module)} for module in modules
        )

    def debugs_all(self, places: Collection[FixtureDef]) -> bool:
        """Whether these overrides, with others, put all loops of tests into debug mode."""
        others = self._overrides_on_loops
        return all(map(_is_debug, (*places, *others))) and self.reaches_all((*places, *others))

    @cached_property
    def _overrides_on_loops(self) -> frozenset[FixtureDef]:
        """The overrides of tests that may run on a loop."""
        found = {self.override_of(test) for test in self.own_tests if self._on_loop(test)}
        return frozenset(item for item in found if item is not None)

    @cached_property
    def _modules_on_loops(self) -> frozenset[str]:
        """The modules with tests of this suite that may run on a loop."""
        return frozenset(test.module for test in self.own_tests if self._on_loop(test))

    @cached_property
    def tested(self) -> frozenset[str]:
        """The test modules, conftests and plugins, with all files that they import."""
        index = self.index
        first = {*index.test_modules, *index.conftests, *index.plugins}
        return frozenset(index.imported(first))

    def is_product(self, path: str) -> bool:
        """Whether a file is product code: no part of the tests, with no fixture for them.

        All that lies below a folder of tests is part of them, also what is imported in a way
        that cannot be read.
        """
        folders = path.split("/")[:-1]
        above = ["/".join(folders[:depth]) for depth in range(1, len(folders) + 1)]
        return not (
            path in self._collected
            or self._in_tests
            or not _TESTS.isdisjoint(folders)
            or not self._test_folders.isdisjoint(above)
        )

    @cached_property
    def _collected(self) -> frozenset[str]:
        """The files that pytest collects, or registers fixtures of."""
        index = self.index
        fixtures = (
            item.key.path for found in index.registered.values() for item in found.values()
        )
        return frozenset({*index.test_modules, *index.conftests, *index.plugins, *fixtures})

    @cached_property
    def _test_folders(self) -> frozenset[str]:
        """The folders with tests that are named like some, or that the configuration names."""
        index = self.index
        holding = {dirname(path) for path in index.test_modules}
        given = index.config.options.get("testpaths")
        paths = given if isinstance(given, tuple) else str(given or "").split()
        named = {normpath(path) for path in paths} & holding
        for place in {*holding, *(dirname(path) for path in index.conftests)}:
            folders = place.split("/")
            named.update(
                "/".join(folders[: depth + 1])
                for depth, name in enumerate(folders)
                if _LIKE_TESTS.fullmatch(name)
            )
        return frozenset(named)

    # -- its style ----------------------------------------------------------------------

    @property
    def suite_style(self) -> SuiteStyle:
        """Return what the suite runs on: releases with the event_loop fixture, or without."""
        return self._style[0]

    @property
    def runs_on(self) -> str:
        """Return what the suite runs on in words, with what says so."""
        style, evidence = self._style
        series = "1.x" if style is SuiteStyle.MODERN else "0.23 or older"
        return f"pytest-asyncio {series}, by {evidence}"

    @cached_property
    def _style(self) -> tuple[SuiteStyle, str]:
        """Weigh the user's word, the pins, what one side alone can hold, the options."""
        evidence = self.settings.evidence
        if evidence.given:
            return (SuiteStyle.MODERN if evidence.modern else SuiteStyle.LEGACY), evidence.place
        if self.classify.asks_for_the_plugins_loop:
            return SuiteStyle.LEGACY, "tests that ask for the event_loop fixture of the plugin"
        if self._seen and not self.legacy.wide_default:
            modern = evidence.modern and all(map(_makes_no_more, self._seen))
            if not modern:
                first = self._seen[0]
                place = f"{first.key.path}:{first.function.line}"
                return SuiteStyle.LEGACY, f"an event_loop fixture that tests see, {place}"
        if evidence.modern:
            return SuiteStyle.MODERN, evidence.place
        if self._names_loop_scopes:
            return SuiteStyle.MODERN, "loop scopes in its code"
        if evidence.newest < (0, 24):  # older than the options
            return SuiteStyle.LEGACY, evidence.place
        settings = self.settings
        configured = settings.test_default is not None or settings.fixture_default is not None
        if configured or settings.fixture_scope:
            return SuiteStyle.MODERN, "its options"
        return SuiteStyle.LEGACY, "nothing that says otherwise"

    @property
    def misses_event_loop(self) -> bool:
        """Whether what asks for the fixture by its name finds none, in a suite on loop scopes."""
        return self.suite_style is SuiteStyle.MODERN and not any(
            EVENT_LOOP in fixtures for fixtures in self.index.registered.values()
        )

    @property
    def loses_current_loop(self) -> bool:
        """Whether sync code of the suite finds a current loop now, and none from 1.4 on.

        The releases below 1.4 leave one; only pins say that a suite with loop scopes runs on one.
        Where a lock file holds a newer one, too, the suite does without.
        """
        modern, evidence = self.suite_style is SuiteStyle.MODERN, self.settings.evidence
        return not modern or (0, 24) <= evidence.oldest <= max(
            evidence.oldest, evidence.locked
        ) < (1, 4)

    @cached_property
    def _seen(self) -> tuple[FixtureDef, ...]:
        """List the overrides that tests on loops see."""
        found = {
            self.override_of(test): None
            for test in self.tests
            if self._on_loop(test) and self._has_override(test)
        }
        return tuple(override for override in found if override is not None)

    @property
    def _names_loop_scopes(self) -> bool:
        """Whether code names a loop scope, or holds what came with loop scopes."""
        for path, facts in self.files.items():
            for function in facts.functions if path not in self.cross_suite else ():
                body, fixture = function.override, function.fixture
                if (body and body.kind is BodyKind.BRIDGE) or (
                    fixture and "loop_scope" in fixture.keywords
                ):
                    return True
                if function.policy and function.policy.variants:  # the fixture came with 0.23
                    return True
        return any(
            mark.name == "asyncio" and mark.loop_scope is not None
            for test in self.own_tests
            for mark in test.marks
        )

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


def _makes_no_more(override: FixtureDef) -> bool:
    """Whether an override makes a plain loop alone: on 1.x it is dead code.

    One that does more may have been left to a person by an earlier migration.
    """
    function, body = override.function, override.function.override
    plain = body is not None and body.kind in (BodyKind.PLAIN, BodyKind.DEBUG)
    return plain and function.is_own and not function.conditional


def _is_debug(override: FixtureDef) -> bool:
    body = override.function.override
    return body is not None and body.debug and body.kind in (BodyKind.DEBUG, BodyKind.FACTORY)
