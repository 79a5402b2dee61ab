"""A suite as pytest sees it: the fixtures of each base id, and those that a test sees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from loopscope.analysis.file.facts import FileFacts, Function
from loopscope.analysis.file.override_facts import BodyKind
from loopscope.analysis.suite.collection import Collection
from loopscope.analysis.suite.fixtures import (
    FixtureDef,
    Key,
    Test,
    conftest_base_id,
    directory_base_ids,
    enclosing_base_ids,
    registering_base_id,
)
from loopscope.analysis.suite.namespaces import Namespaces
from loopscope.config.entry_points import EntryPoints
from loopscope.types import CrossSuiteFiles, PytestConfig

_LOOP = "event_loop"


class SuiteIndex:
    """The files of one suite with pytest's own lookup rules."""

    def __init__(
        self,
        files: Mapping[str, FileFacts],
        config: PytestConfig,
        cross_suite: CrossSuiteFiles | None = None,
        external: Mapping[str, Mapping[str, FixtureDef]] | None = None,
        entry_points: EntryPoints = (),
    ) -> None:
        self.files = files
        self.config = config
        self.cross_suite = cross_suite or CrossSuiteFiles()
        self._names = names = Namespaces(files, config, self.cross_suite, entry_points)
        self._collection = Collection(names)
        self.find, self.find_class = names.find, names.find_class
        self.cls, self.mro, self.is_unittest = names.cls, names.mro, names.is_unittest
        self.methods, self.standing_methods = names.methods, names.standing_methods
        self.method, self.inner_classes = names.method, names.inner_classes
        self.module_fixtures = names.module_fixtures
        self.module_functions, self.find_function = names.module_functions, names.find_function
        self.named_function = names.named_function
        self._external = external or {}
        self._imports: dict[str, frozenset[str]] = {}  # by file, those that it imports
        self._callers: dict[str, dict[str, list[Function]]] = {}  # by file and name
        self._chains: dict[str, tuple[dict[str, FixtureDef], ...]] = {}
        self._autouse: dict[str, tuple[str, ...]] = {}
        self._visible: dict[tuple[str, str], tuple[FixtureDef, ...]] = {}
        self._functions = {
            path: {function.ordinal: function for function in facts.functions}
            for path, facts in files.items()
        }

    @property
    def tests(self) -> tuple[Test, ...]:
        return self._collection.tests

    @property
    def test_modules(self) -> tuple[str, ...]:
        return self._names.test_modules

    @property
    def conftests(self) -> tuple[str, ...]:
        return self._names.conftests

    @property
    def conftests_above(self) -> tuple[str, ...]:
        return self._names.conftests_above

    @property
    def plugins(self) -> tuple[str, ...]:
        """The modules of the suite that are plugins, by whatever way."""
        return self._names.plugins

    def imported(self, paths: Iterable[str]) -> Iterator[str]:
        """Yield these files of the suite and those that they import, directly or not."""
        seen = {path for path in paths if path in self.files}
        queue = list(seen)
        while queue:
            path = queue.pop()
            yield path
            new = self._imports_of(path) - seen
            queue += new
            seen |= new

    def _imports_of(self, path: str) -> frozenset[str]:
        """Return the files of the suite that one imports, at any place of it."""
        found = self._imports.get(path)
        if found is None:
            names: set[str] = set()
            for bound in self.files[path].imports:
                names.add(bound.module)
                if bound.attribute not in (None, "*"):
                    names.add(f"{bound.module.rstrip('.')}.{bound.attribute}")
            files = {self.find(path, name) for name in names}
            found = self._imports[path] = frozenset(file for file in files if file is not None)
        return found

    @cached_property
    def hidden(self) -> frozenset[Key]:
        """The overrides of ``event_loop`` that never took effect: pytest-asyncio's came later."""
        loops = (self.module_fixtures(path).get(_LOOP) for path in self._names.early_plugins)
        return frozenset(
            key
            for key, function in filter(None, loops)
            if function.override is not None and function.override.kind is not BodyKind.BRIDGE
        )

    @cached_property
    def shadowed(self) -> dict[Key, frozenset[Key]]:
        """The overrides in base classes that no class gets, each with those that hide it."""
        functions = (function for facts in self.files.values() for function in facts.functions)
        if not any(function.override and function.is_method for function in functions):
            return {}
        hiding: dict[Key, set[Key]] = {}
        for cls in {key for test in self.tests for key in test.classes}:
            winner = self._names.class_fixtures(cls).get(_LOOP)
            for owner in self.mro(cls) if winner is not None else ():
                for function in self.methods(owner):
                    key = Key(owner.path, function.ordinal)
                    if function.override and winner is not None and key != winner[0]:
                        hiding.setdefault(key, set()).add(winner[0])
        used = {fixtures[_LOOP].key for fixtures in self.registered.values() if _LOOP in fixtures}
        return {key: frozenset(found) for key, found in hiding.items() if key not in used}

    def callers(self, path: str, *names: str) -> Iterator[Function]:
        """Yield the functions of a file that call what they know by one of these names."""
        if path not in self._callers:
            found = self._callers[path] = {}
            for function in self.files[path].functions:
                for called in dict.fromkeys(function.calls):
                    found.setdefault(called, []).append(function)
        for name in names:
            yield from self._callers[path].get(name, ())

    def function(self, key: Key) -> Function:
        if key.is_external:
            return next(item.function for item in self.external if item.key == key)
        return self._functions[key.path][key.ordinal]

    @property
    def external(self) -> Iterator[FixtureDef]:
        """The fixtures that no file of the suite defines."""
        for fixtures in self._external.values():
            yield from fixtures.values()

    @cached_property
    def registered(self) -> dict[str, dict[str, FixtureDef]]:
        """Base id -> name -> fixture, for all base ids of the suite."""
        found: dict[str, dict[str, FixtureDef]] = {"": {}}
        for base_id, external in self._external.items():
            found[base_id] = dict(external)

        def add(base_id: str, fixtures: Mapping[str, tuple[Key, Function]]) -> None:
            into = found.setdefault(base_id, {})
            for name, (key, function) in fixtures.items():
                into[name] = FixtureDef(base_id, key, function)

        for path in self.plugins:
            fixtures = self.module_fixtures(path)
            early = path in self._names.early_plugins
            add(
                "",
                {n: one for n, one in fixtures.items() if not (early and one[0] in self.hidden)},
            )
        for path in self._names.conftests_above:
            add("", self.module_fixtures(path))
        for path in self.conftests:
            add(conftest_base_id(path), self.module_fixtures(path))
        for path in self.test_modules:
            add(path, self.module_fixtures(path))
        classes: set[str] = set()
        for test in self.tests:
            for key, base_id in zip(test.classes, test.base_ids[1:], strict=True):
                if base_id not in classes:
                    classes.add(base_id)
                    add(base_id, self._names.class_fixtures(key))
        return found

    def registrar(self, item: FixtureDef) -> str:
        """Return the file by which pytest registers a fixture: a conftest, test module or plugin.

        Its definition may stand in a module that pytest never reads.
        """
        if item.base_id:
            return item.file
        for path in self.plugins:
            if any(key == item.key for key, _ in self.module_fixtures(path).values()):
                return path
        return item.key.path

    def base_id_of(self, path: str) -> str:
        """Return the base id that registers the fixtures of a conftest, test module or plugin."""
        return registering_base_id(path, self.plugins)

    def seen_from(self, base_id: str, name: str) -> FixtureDef | None:
        """Find the nearest fixture of a name that is seen from a base id, or from a file.

        A fixture of a plugin is set up for a test, which sees the conftest above all of them, too.
        """
        places = enclosing_base_ids(base_id or conftest_base_id("conftest.py"))
        seen = (self.registered.get(place, {}).get(name) for place in places)
        return next((item for item in seen if item is not None), None)

    def factories(self, module: str) -> frozenset[str]:
        """List the kinds of loop that the nearest loop factory hook gives; none without one."""
        found = {conftest_base_id(path): path for path in self.conftests}
        near = [found[place] for place in directory_base_ids(module) if place in found]
        places = [*self.plugins, *self._names.conftests_above, *near]
        hooks = [self.files[path].factories for path in places if self.files[path].factories]
        return hooks[-1] if hooks else frozenset()

    def chain(self, test: Test) -> tuple[dict[str, FixtureDef], ...]:
        """List the fixtures that a test sees, base id by base id, the nearest last."""
        nearest = _nearest(test)
        if nearest not in self._chains:  # the same for all tests of a module or class
            base_ids = ["", *directory_base_ids(test.module), *test.base_ids]
            self._chains[nearest] = tuple(
                self.registered[base_id] for base_id in base_ids if base_id in self.registered
            )
        return self._chains[nearest]

    def autouse(self, test: Test) -> tuple[str, ...]:
        """List the autouse fixtures that a test sees, base id by base id."""
        nearest = _nearest(test)
        if nearest not in self._autouse:
            self._autouse[nearest] = tuple(
                name
                for fixtures in self.chain(test)
                for name, fixture_def in fixtures.items()
                if fixture_def.fixture.autouse
            )
        return self._autouse[nearest]

    def visible(self, test: Test, name: str) -> tuple[FixtureDef, ...]:
        """List the fixtures of that name that the test sees, the nearest last."""
        asked = (_nearest(test), name)
        found = self._visible.get(asked)
        if found is None:
            fixtures = [fixtures[name] for fixtures in self.chain(test) if name in fixtures]
            found = self._visible[asked] = tuple(fixtures)
        return found


def _nearest(test: Test) -> str:
    """Return the id of the module or class of a test: all in it see the same fixtures."""
    inside = test.id.removeprefix(test.module).partition("[")[0].rpartition("::")[0]
    return test.module + inside
