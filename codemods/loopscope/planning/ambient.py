"""Sync tests that counted on the current loop which pytest-asyncio 0.21 left behind.

0.21 put a fresh loop in place as the current one after each test (with a wider override the
override's own loop), so code that calls ``asyncio.get_event_loop()`` or makes an
``asyncio.Future()`` in a sync test passed.
From 1.4 on no loop is current there (docs/loop-rules.md, A lenient teardown, and The loop is
set up last).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property
from posixpath import commonpath, dirname, join

from loopscope.analysis.file.calls import CURRENT_LOOP
from loopscope.analysis.file.facts import LoopCall, Place
from loopscope.analysis.file.override_facts import BodyKind
from loopscope.analysis.file.references import drives_itself
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import AMBIENT, FixtureDef, Key, Test
from loopscope.analysis.suite.mention_graph import Node, NodeKind
from loopscope.analysis.suite.mention_search import MentionSearch
from loopscope.config.collected_files import with_parents
from loopscope.frozen import frozen
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.types import Options, Scope

_XUNIT_METHODS = frozenset({"setup_method", "setup", "teardown_method", "teardown"})
_OF_UNITTEST = frozenset({"setUp", "tearDown"})  # called after the autouse fixtures


@frozen
class Ambient:
    """An autouse fixture that gives sync tests a current loop.

    ``shared`` says that it is the loop of the bridge, as wide as the async tests' one;
    otherwise each test gets a new one.
    """

    path: str
    shared: bool
    reason: str  # the first of the tests that need it, and the call


class AmbientUsers:
    """The sync tests from which code that asks for the current loop can be reached.

    In a suite on loop scopes they are those that call such code, in an old one those, too, whose
    code mentions it in any way.
    """

    def __init__(
        self,
        model: SuiteModel,
        options: Options,
        settled: Collection[Key],
        careful: Collection[str] = (),
    ) -> None:
        self._model = model
        self._careful = careful  # files of tests that get none
        self._wanted = (
            model.loses_current_loop
            and model.uses_plugin
            and options.ambient_loop
            and not options.safe_only
            and options.target.has(1, 4)
            and options.wants("LS109")
        )
        self._settled = settled  # functions whose calls the migration takes care of
        self._reasons: dict[str, str] = {}  # by test, "" for one that needs none
        self._reach: dict[str, bool] = {}  # by module
        self._set_ups: dict[tuple[Key, bool], str] = {}  # by class, and whether unittest runs it
        self._safe_only = options.safe_only
        self._by_autouse: dict[FixtureDef, bool] = {}

    @cached_property
    def _asking(self) -> dict[Key, LoopCall]:
        """The functions of sync code that cannot do without a current loop, with the call."""
        current = self._model.current
        return {
            key: call
            for key in current.askers
            if key not in self._settled
            for call in current.own_calls(key)
            if call.what in CURRENT_LOOP and not call.guarded
        }

    @cached_property
    def _code(self) -> MentionSearch:
        def asks(node: Node) -> bool:
            kind, path, name = node
            return kind is NodeKind.FUNCTION and Key(path, int(name)) in self._asking

        def is_sync(node: Node, _: Node | None) -> bool:
            """Pass over what runs while a loop of its own does."""
            kind, path, name = node
            return not (
                kind is NodeKind.FUNCTION
                and self._model.index.function(Key(path, int(name))).is_async
            )

        return MentionSearch(self._model.driven.graph, asks, is_sync)

    def reason(self, test: Test) -> str:
        """Say what needs a current loop in the test, "" where nothing does.

        The caller asks for sync tests only.
        """
        known = self._reasons.get(test.id)
        if known is None:
            known = self._reasons[test.id] = self._reason(test)
        return known

    def _reason(self, test: Test) -> str:
        if self._wanted and test.id in self._model.trace_index.trace.asking_tests:
            return f"{test.id} asks for the current loop, as the record of the legacy run shows"
        if not self._wanted or test.module in self._careful or not self._reached(test.module):
            return ""
        legacy = self._model.suite_style is SuiteStyle.LEGACY
        return self._seen(test) or (next(self._mentioned(test), "") if legacy else "")

    def is_seen(self, test: Test) -> bool:
        """Whether the source, or a run, shows that the test asks for the current loop."""
        return test.id in self._model.trace_index.trace.asking_tests or bool(self._seen(test))

    def _seen(self, test: Test) -> str:
        """Say what the test calls that takes the current loop, as ``asyncio.Future()`` does."""
        current = self._model.current
        for key, subject in self._runs(test):
            if current.asks(key, needs=True):
                return f"{subject} {self._called(key)}"
        method = self.set_up_by_methods(test)
        return f"{method} of {test.id} asks for the current loop" if method else ""

    def _runs(self, test: Test) -> list[tuple[Key, str]]:
        """List the test and its sync fixtures, each with the begin of a sentence."""
        # In a green suite who makes a loop may well hand it to what asks for one otherwise.
        legacy = self._model.suite_style is SuiteStyle.LEGACY
        through = self._model.current.only_through(test.key)
        has_own = not legacy and test.function.drives_loops and through
        keys = [] if has_own else [(test.key, test.id)]
        return keys + [
            (item.key, f"{test.id} uses {item.fixture.name} ({self._place(item.key)}), which")
            for item in self._model.closure(test).fixtures
            if not (item.function.is_async or item.key in self._settled or item.key.is_external)
        ]

    def _called(self, key: Key) -> str:
        """Say how a function asks for the current loop, itself or through what it calls."""
        current = self._model.current
        calls = [call for call in current.calls(key) if not call.guarded]
        calls = [call for call in calls if call.place is Place.SYNC]
        call = next((call for call in calls if not call.through), calls[0])
        if not call.through:
            return f"calls {call.what}()"
        graph = self._model.closures.call_graph
        for other in graph.of(key):
            if self._model.index.function(other).qualname == call.through:
                return f"calls {call.through}() ({self._place(other)}), which calls {call.what}()"
        return f"calls {call.through}(), which calls {call.what}()"

    def _mentioned(self, test: Test) -> Iterator[str]:
        """Say by which mentions a test, or a fixture of it, reaches a function that asks."""
        graph, index = self._model.driven.graph, self._model.index
        starts = []
        for key, subject in self._runs(test):
            call = self._asking.get(key)
            # On a loop of its own what it hands on may run.
            if call is not None and not drives_itself(index.function(key)):
                yield f"{subject} hands on {call.what}()"
            starts.append((subject, graph.in_text_of(key, index.function(key))))
        starts.append((test.id, tuple(graph.around(test))))
        itself = (NodeKind.FUNCTION, *test.key)  # its own name is in its text
        for subject, nodes in starts:
            nodes = tuple(node for node in nodes if node != itself) if itself in nodes else nodes
            for _, path, ordinal in self._code.way(nodes)[-1:]:
                asker = Key(path, int(ordinal))
                called = f"{index.function(asker).qualname}() ({self._place(asker)})"
                yield f"{subject} reaches {called}, which calls {self._asking[asker].what}()"

    def _place(self, key: Key) -> str:
        return f"{key.path}:{self._model.index.function(key).line}"

    def is_current_by_autouse(self, override: FixtureDef) -> bool:
        """Whether a sync test may ask for the loop that an autouse override makes current."""
        known = self._by_autouse.get(override)
        if known is None:
            known = self._by_autouse[override] = self._is_current_by_autouse(override)
        return known

    def _is_current_by_autouse(self, override: FixtureDef) -> bool:
        model = self._model
        if model.suite_style is not SuiteStyle.LEGACY or self._safe_only:
            return True
        return any(
            test.module in self._careful
            or test.id in model.trace_index.trace.asking_tests
            or self._reached(test.module)
            for test in model.tests
            if not model.is_async_test(test)
            and override in model.closures.visible(test, EVENT_LOOP)
        )

    def set_up_by_methods(self, test: Test) -> str:
        """Name an xunit method of the test's classes that asks for the current loop."""
        names = _OF_UNITTEST if test.unittest else _XUNIT_METHODS
        for cls in test.classes:
            known = self._set_ups.get((cls, test.unittest))
            if known is None:
                known = self._model.current.in_methods(cls, names)
                self._set_ups[cls, test.unittest] = known
            if known:
                return known
        return ""

    def _reached(self, module: str) -> bool:
        """Whether a module imports code that asks, directly or not, or its conftests do."""
        known = self._reach.get(module)
        if known is None:
            known = self._reach[module] = self._reaches(module)
        return known

    def _reaches(self, module: str) -> bool:
        wanted = self._model.current.files
        conftests = (join(folder, "conftest.py") for folder in with_parents(dirname(module)))
        return not wanted.isdisjoint(self._model.index.imported([module, *conftests]))

    def shared(self, test: Test) -> FixtureDef | None:
        """Return the override whose loop was the current one of the sync test, too.

        One in a class is left out: the fixture stands in the module, where not all see it. So is
        one of another kind for a test that is not seen to ask: loop factories do not reach it.
        """
        if test.unittest:
            return None  # the plan has no bridge for them
        override = self._model.override_of(test)
        body = override.function.override if override is not None else None
        kind = body is not None and body.kind is BodyKind.FACTORY and not body.windows
        if kind and not self.is_seen(test):
            return None
        wide = self._model.legacy.loop_scope(test) > Scope.FUNCTION
        return override if override is not None and wide and not override.in_class else None

    def _served(self, test: Test) -> bool:
        """Whether the fixture is there already, from an earlier migration."""
        return any(AMBIENT in fixtures for fixtures in self._model.index.chain(test))

    def place(self, tests: Collection[Test]) -> list[Ambient]:
        """Place the fixtures for these tests, one for each region of one loop."""
        modules: dict[str, str] = {}
        shared: dict[str, str] = {}
        for test in tests:
            if self._served(test):
                continue
            override = self.shared(test)
            if override is not None:
                shared.setdefault(override.file, self.reason(test))
            else:
                modules.setdefault(test.module, self.reason(test))
        found = [Ambient(path, True, shared[path]) for path in sorted(shared)]
        if modules:
            directories = [dirname(path) for path in modules]
            common = "" if "" in directories else commonpath(directories)
            path = f"{common}/conftest.py" if common else "conftest.py"
            if path not in shared:
                found.append(Ambient(path, False, next(iter(modules.values()))))
        return found
