"""Sync tests that counted on the current loop which pytest-asyncio 0.21 left behind.

0.21 put a fresh loop in place as the current one after each test (with a wider override the
override's own loop), so code that calls ``asyncio.get_event_loop()`` or makes an
``asyncio.Future()`` in a sync test passed.
From 1.4 on no loop is current there (docs/loop-rules.md, A lenient teardown, and The loop is
set up last).
"""

from __future__ import annotations

from collections.abc import Collection
from posixpath import commonpath, dirname, join

from loopscope.analysis.file.calls import CURRENT_LOOP
from loopscope.analysis.file.facts import Place
from loopscope.analysis.file.override_facts import BodyKind
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import AMBIENT, FixtureDef, Key, Test
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


class AmbientUsers:
    """The sync tests from which code that asks for the current loop can be reached.

    In a suite on loop scopes they are those that call such code, not those that import it.
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
        # A suite on 1.x is green as it is: what its imports could do is no reason to change it.
        self._all = model.suite_style is SuiteStyle.LEGACY
        self._settled = settled  # functions whose calls the migration takes care of
        self._asking = frozenset(path for path in model.files if self._asks(path))
        self._taking = model.current.files if self._wanted else frozenset()
        self._safe_only = options.safe_only
        self._by_autouse: dict[FixtureDef, bool] = {}
        self._reach: dict[tuple[str, frozenset[str]], bool] = {}

    def concerns(self, test: Test) -> bool:
        """Whether the test is one of them; the caller asks for sync tests only."""
        if self._wanted and test.id in self._model.trace_index.trace.asking_tests:
            return True
        if not self._wanted or test.module in self._careful:
            return False
        return (self._all and self._reached(test.module, self._asking)) or (
            self._reached(test.module, self._taking) and self._takes(test)
        )

    def is_seen(self, test: Test) -> bool:
        """Whether the source, or a run, shows that the test asks for the current loop."""
        return test.id in self._model.trace_index.trace.asking_tests or self._takes(test)

    def _takes(self, test: Test) -> bool:
        """Whether what the test calls takes the current loop, as ``asyncio.Future()`` does."""
        current = self._model.current
        # In a green suite who makes a loop may well hand it to what asks for one otherwise.
        has_own = not self._all and test.function.drives_loops and current.only_through(test.key)
        keys = [] if has_own else [test.key]
        keys += [
            item.key
            for item in self._model.closure(test).fixtures
            if not (item.function.is_async or item.key in self._settled or item.key.is_external)
        ]
        needs = not self._all
        return any(current.asks(key, needs=needs) for key in keys) or self.set_up_by_methods(test)

    def is_current_by_autouse(self, override: FixtureDef) -> bool:
        """Whether a sync test may ask for the loop that an autouse override makes current."""
        known = self._by_autouse.get(override)
        if known is None:
            known = self._by_autouse[override] = self._is_current_by_autouse(override)
        return known

    def _is_current_by_autouse(self, override: FixtureDef) -> bool:
        model = self._model
        if not self._all or self._safe_only:
            return True
        asking = self._asking | model.current.files
        return any(
            test.module in self._careful
            or test.id in model.trace_index.trace.asking_tests
            or self._reached(test.module, asking)
            for test in model.tests
            if not model.is_async_test(test)
            and override in model.closures.visible(test, EVENT_LOOP)
        )

    def set_up_by_methods(self, test: Test) -> bool:
        """Whether an xunit method of the test's classes asks for the current loop."""
        names = _OF_UNITTEST if test.unittest else _XUNIT_METHODS
        return any(self._model.current.in_methods(cls, names) for cls in test.classes)

    def _reached(self, module: str, files: frozenset[str]) -> bool:
        """Whether a module imports one of the files, directly or not, or its conftests do."""
        known = self._reach.get((module, files)) if files else False
        if known is None:
            known = self._reach[module, files] = self._reaches(module, files)
        return known

    def _asks(self, path: str) -> bool:
        return any(
            call.what in CURRENT_LOOP
            and call.place is not Place.ASYNC
            and (call.owner is None or Key(path, call.owner) not in self._settled)
            for call in self._model.files[path].loop_calls
        )

    def _reaches(self, module: str, wanted: frozenset[str]) -> bool:
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
        modules: set[str] = set()
        shared: set[str] = set()
        for test in tests:
            if self._served(test):
                continue
            override = self.shared(test)
            if override is not None:
                shared.add(override.file)
            else:
                modules.add(test.module)
        found = [Ambient(path, True) for path in sorted(shared)]
        if modules:
            directories = [dirname(path) for path in modules]
            common = "" if "" in directories else commonpath(directories)
            path = f"{common}/conftest.py" if common else "conftest.py"
            if path not in shared:
                found.append(Ambient(path, False))
        return found
