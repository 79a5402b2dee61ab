"""Tell async tests and fixtures, overrides and requests from all other code of a suite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from functools import cached_property

from loopscope.analysis.file.facts import FileFacts, Function
from loopscope.analysis.file.override_facts import BodyKind
from loopscope.analysis.suite.closure import EVENT_LOOP, Closures
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.analysis.suite.hook_marks import HookMarks
from loopscope.analysis.suite.index import SuiteIndex
from loopscope.analysis.suite.trace import Trace, TraceIndex
from loopscope.frozen import frozen
from loopscope.requirements import Evidence, Pin
from loopscope.types import Options, Scope


@frozen
class Settings:
    """The configuration as far as loops depend on it."""

    mode: str = "strict"  # "strict", "auto" or "legacy"
    mode_stays: bool = False  # an option of the command line sets it
    command: tuple[str, int] = ("", 0)  # the place of a command with that option, where one is
    test_default: Scope | None = None
    fixture_default: Scope | None = None
    fixture_scope: bool = False  # the fixture default is "fixture-scope" (1.5 and newer)
    evidence: Evidence = field(default_factory=Evidence)  # what is declared and locked
    deprecations_fail: bool = False  # a PytestDeprecationWarning is an error
    declared: bool = False  # pytest-asyncio is among the requirements, or configured
    turned_off: bool = False  # addopts keeps pytest from loading pytest-asyncio
    other_event_loop: Pin | None = None  # a declared plugin that has an event_loop of its own

    @property
    def fixture_option_unset(self) -> bool:
        """Whether nothing says which loop scope fixtures have that name none."""
        return self.fixture_default is None and not self.fixture_scope


class Roles:
    """What each function of a suite is to pytest-asyncio; computed on demand."""

    def __init__(
        self,
        index: SuiteIndex,
        closures: Closures,
        settings: Settings,
        trace_index: TraceIndex,
    ) -> None:
        self._index = index
        self._closures = closures
        self._settings = settings
        self._trace_index = trace_index
        hooks = [hook for facts in index.files.values() for hook in facts.hooks]
        # A hook that marks every async test is auto mode by another name.
        self.auto_by_hook = (
            settings.mode != "auto"
            and not settings.mode_stays
            and any(hook.bare and hook.only_marks for hook in hooks)
        )
        self.mode = "auto" if self.auto_by_hook else settings.mode

    # -- what is async ------------------------------------------------------------------

    @cached_property
    def tests(self) -> tuple[Test, ...]:
        """The tests that pytest-asyncio's rules can concern, unittest's left out."""
        applied = self.hook_marks.applied
        return tuple(applied(test) for test in self._index.tests if not test.unittest)

    @cached_property
    def made_tests(self) -> tuple[Test, ...]:
        """The tests that only pytest sees: made while their module is imported, or by hooks."""
        trace = self._trace_index.trace
        return tuple(_made_tests(trace, self._index)) if trace.collected else ()

    @cached_property
    def hook_marks(self) -> HookMarks:
        """The marks that collection hooks add to tests."""
        auto = self.mode == "auto"
        return HookMarks(
            self._index, self._closures, auto=auto, release=self._settings.evidence.newest
        )

    @cached_property
    def own_tests(self) -> tuple[Test, ...]:
        """The tests without those of other suites that a run of pytest collects, too."""
        return tuple(test for test in self.tests if test.module not in self._index.cross_suite)

    def is_async_test(self, test: Test) -> bool:
        """Whether pytest-asyncio runs the test on a loop."""
        if not test.function.is_async or test.function.is_generator:
            return False
        if test.mark("asyncio") is not None or test.id in self._trace_index.trace.async_tests:
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
    def overrides(self) -> tuple[FixtureDef, ...]:
        """List the registered overrides of ``event_loop``."""
        return tuple(
            fixtures[EVENT_LOOP]
            for fixtures in self._index.registered.values()
            if EVENT_LOOP in fixtures and self.is_override(fixtures[EVENT_LOOP].function)
        )

    @cached_property
    def uses_plugin(self) -> bool:
        """Whether anything in the suite is pytest-asyncio's business."""
        return not self._settings.turned_off and (
            self.names_plugin or (self.uses_event_loop and not self._settings.other_event_loop)
        )

    @cached_property
    def names_plugin(self) -> bool:
        """Whether the suite names pytest-asyncio, or what only that does."""
        return (
            self.mode != "strict"
            or any(test.mark("asyncio") is not None for test in self.own_tests)
            or any(map(self._mentions_plugin, self._own_facts))
            # It had set the loop that sync code asks for.
            or (self._settings.declared and any(facts.loop_calls for facts in self._own_facts))
        )

    @cached_property
    def uses_event_loop(self) -> bool:
        """Whether the suite has or requests a fixture ``event_loop``, whosever that is."""
        return (
            any(
                EVENT_LOOP in fixtures and fixtures[EVENT_LOOP].file not in self._index.cross_suite
                for fixtures in self._index.registered.values()
                if not self.runs_on_anyio
            )
            or any(
                function.fixture is not None and EVENT_LOOP in function.parameters
                for facts in self._own_facts
                for function in facts.functions
            )
            or self.asks_for_the_plugins_loop
        )

    @property
    def is_left_alone(self) -> bool:
        """Whether another plugin, or none, runs the tests, and its ``event_loop`` is its own."""
        return not self.uses_plugin and (
            self._settings.turned_off
            or self._settings.other_event_loop is not None
            or self.runs_on_anyio
        )

    @cached_property
    def runs_on_anyio(self) -> bool:
        """Whether anyio or trio runs async tests, and no requirement names pytest-asyncio."""
        return not self._settings.declared and any(
            test.mark("anyio") or test.mark("trio") for test in self.own_tests
        )

    @property
    def _own_facts(self) -> Iterator[FileFacts]:
        return (
            facts
            for path, facts in self._index.files.items()
            if path not in self._index.cross_suite
        )

    @staticmethod
    def _mentions_plugin(facts: FileFacts) -> bool:
        return (
            any(bound.module.partition(".")[0] == "pytest_asyncio" for bound in facts.imports)
            or "pytest_asyncio" in facts.plugins
            or any(
                function.fixture is not None
                and function.fixture.origin == "pytest_asyncio.fixture"
                for function in facts.functions
            )
        )

    @cached_property
    def asks_for_the_plugins_loop(self) -> bool:
        """Whether a test requests an ``event_loop`` that nothing in the suite defines."""
        return any(
            request.target is None
            for test in self.own_tests
            for request in self._closures.of(test).requests
        )

    @cached_property
    def external_takers(self) -> frozenset[Key]:
        """Sync fixtures from outside of the suite that asked for the loop of their tests."""
        return frozenset(
            item.key
            for item in self._index.external
            if self._trace_index.external[item.key.ordinal].on_loop and not item.function.is_async
        )


def _made_tests(trace: Trace, index: SuiteIndex) -> Iterator[Test]:
    """Yield tests without a place: no edit can reach them, and marks are not known."""
    seen, modules = {test.id for test in index.tests}, {*index.test_modules}
    for number, (name, line) in enumerate(trace.lines.items()):
        module = name.partition("::")[0]
        if name in seen or module not in modules:
            continue
        function = Function(
            ordinal=number,
            name=name.rpartition("::")[2],
            qualname=name,
            line=line or 1,
            first_line=line or 1,
            end_line=line or 1,
            class_ordinal=None,
            is_async=name in trace.async_tests,
            is_generator=False,
            conditional=False,
            # All else that it asks for is in the record, and taken from there.
            parameters=(EVENT_LOOP,) if name in trace.asking_for_loop else (),
            fixture=None,
            marks=(),
            decorators=(),
        )
        yield Test(name, module, (), Key.of_module("collected", number), function, ())


def can_say_fixture_scope(settings: Settings, options: Options) -> bool:
    """Whether the option may be ``fixture-scope``, which is known from 1.5 on.

    A suite that is pinned to, or locked at, an older release is not moved for that: its wider
    fixtures name their loop scope. Nor is one whose requirements stay, and allow an older one.
    """
    evidence = settings.evidence
    if not options.requirements and evidence.oldest < (1, 5):
        return False
    held = evidence.newest < (1, 5) or (0, 0) < evidence.locked < (1, 5)
    return options.target.has(1, 5) and not held
