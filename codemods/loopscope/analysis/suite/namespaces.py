"""The names in the files and classes of a suite, followed through imports and base classes.

See docs/loop-rules.md, Where a fixture is registered.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from posixpath import basename, dirname

from loopscope.analysis.file.facts import Class, FileFacts, Function, Import
from loopscope.analysis.suite.fixtures import Key
from loopscope.analysis.suite.imports import find_module
from loopscope.config.entry_points import EntryPoints
from loopscope.config.pytest_config import added_options, source_roots
from loopscope.types import SOURCE_ROOTS, CrossSuiteFiles, PytestConfig

_PYTEST = ("pytest", "pytest_asyncio", "anyio")


def holds_async_tests(facts: FileFacts) -> bool:
    """Whether a file is one of tests that pytest runs when it is named, whatever its own name."""
    if not any(bound.module.partition(".")[0] in _PYTEST for bound in facts.imports):
        return False
    classes = {cls.ordinal for cls in facts.classes if cls.name.startswith("Test")}
    return any(
        function.name.startswith("test_")
        and function.fixture is None
        and (function.class_ordinal is None or function.class_ordinal in classes)
        and (function.is_async or "event_loop" in function.parameters)
        for function in facts.functions
    )


class Namespaces:
    """The files of one suite: what kind each is, and what it holds by which name."""

    def __init__(
        self,
        files: Mapping[str, FileFacts],
        config: PytestConfig,
        cross_suite: CrossSuiteFiles,
        entry_points: EntryPoints = (),
    ) -> None:
        self.files = files
        self.entry_points = entry_points
        self.config = config
        self.cross_suite = cross_suite
        self._standing: dict[str, tuple[Function, ...]] = {}
        self._module_fixtures: dict[str, dict[str, tuple[Key, Function]]] = {}
        self._module_classes: dict[str, dict[str, Key]] = {}
        self._module_functions: dict[str, dict[str, tuple[Key, Function]]] = {}
        self._found: dict[str, dict[str, str | None]] = {}  # by folder, and by file of one
        self._imports: dict[str, tuple[tuple[Import, str], ...]] = {}
        self._bound: dict[str, set[str]] = {}  # what the imports of a file bind, "*" for all
        self._orders: dict[Key, tuple[Key, ...]] = {}
        self._circles = 0  # of base classes that were met
        self._by_name: dict[str, dict[str, Key]] = {}
        self._methods: dict[str, dict[int | None, list[Function]]] = {}  # by file and class
        self._standing_methods: dict[str, dict[int | None, list[Function]]] = {}
        self._ordinals: dict[Key, dict[str, int]] = {}  # of methods, by class and name
        self._inner: dict[str, dict[int | None, list[Key]]] = {}
        self._classes = {
            path: {cls.ordinal: cls for cls in facts.classes} for path, facts in files.items()
        }

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """The directories of the ``pythonpath`` option, then those that are usual."""
        return (*source_roots(self.config), *SOURCE_ROOTS)

    @cached_property
    def _stems(self) -> frozenset[str]:
        """The last names of all modules here: those of files and packages, "" for ``from .``."""
        paths = [path.removesuffix(".py") for path in self.files]
        packages = [dirname(path) for path in paths if basename(path) == "__init__"]
        return frozenset(map(basename, ("", *paths, *packages)))

    def find(self, importer: str, module: str) -> str | None:
        """Find the file of the suite that an import in ``importer`` names."""
        found = self._found_from(importer)
        if module not in found:
            path = None
            # Most modules are of other projects, and have names that no file here has.
            if basename(module.replace(".", "/")) in self._stems:
                own_names = self.cross_suite.own_names
                path = find_module(self.files, importer, module, self.roots, own_names)
            elsewhere = self.cross_suite.modules.get(module)
            found[module] = path or (elsewhere if elsewhere in self.files else None)
        return found[module]

    def _found_from(self, importer: str) -> dict[str, str | None]:
        """Return what the files of one folder have found: they all find the same."""
        found = self._found.get(importer)
        if found is None:
            found = self._found.setdefault(dirname(importer) + "/", {})
            self._found[importer] = found
        return found

    # -- which files are what -----------------------------------------------------------

    @cached_property
    def test_modules(self) -> tuple[str, ...]:
        patterns = self.patterns("python_files", ("test_*.py", "*_test.py"))
        possible = [
            path
            for path in sorted(self.files)
            if basename(path) != "conftest.py" and path not in self.cross_suite.outside
        ]
        collected = {
            path
            for path in possible
            if any(
                fnmatch.fnmatch(path if "/" in pattern else basename(path), pattern)
                for pattern in patterns
            )
        }
        named = {path for path in possible if holds_async_tests(self.files[path])} - collected
        used = set(self._used(collected | set(self.conftests))) if named else set()
        return tuple(sorted(collected | (named - used)))

    def _used(self, paths: Iterable[str]) -> Iterator[str]:
        """Yield the files that others import, or that are plugins: these are not run by name."""
        for path in paths:
            for bound in self.files[path].bindings:
                for module in (bound.module, f"{bound.module}.{bound.attribute}"):
                    origin = self.find(path, module)
                    if origin is not None and origin != path:
                        yield origin
            for name in self.files[path].plugins:
                yield self.find(path, name) or ""
        yield from self.early_plugins
        yield from (self.find(path, name) or "" for path, name in self.entry_points)

    @cached_property
    def conftests(self) -> tuple[str, ...]:
        return tuple(
            path
            for path in sorted(self.files)
            if basename(path) == "conftest.py" and not path.startswith("../")
        )

    @cached_property
    def conftests_above(self) -> tuple[str, ...]:
        """The conftests above the root, which cover all of the suite; the outermost first."""
        return tuple(path for path in self.cross_suite.outside if basename(path) == "conftest.py")

    @cached_property
    def plugins(self) -> tuple[str, ...]:
        """The modules of the suite that are plugins, in the order in which pytest loads them."""
        named = [
            (path, name)
            for path in (*self.conftests_above, *self.conftests, *self.test_modules)
            for name in self.files[path].plugins
        ]
        given = [("", name) for name in added_options(self.config, "-p")]
        later = self._with_their_own([*self.entry_points, *given, *named])
        return tuple(dict.fromkeys((*self.early_plugins, *later)))

    @cached_property
    def early_plugins(self) -> tuple[str, ...]:
        """The modules that ``-p`` makes plugins before pytest-asyncio is one.

        See docs/loop-rules.md, Plugins of the command line.
        """
        names: list[str] = []
        for name in added_options(self.config, "-p"):
            if name == "asyncio":  # its own entry point
                break
            names.append(name)
        return self._with_their_own([("", name) for name in names])

    def _with_their_own(self, queue: list[tuple[str, str]]) -> tuple[str, ...]:
        """Find the files of plugins, and of those that they name themselves."""
        found: list[str] = []
        while queue:
            importer, name = queue.pop(0)
            path = self.find(importer, name)
            if path is not None and path not in found:
                found.append(path)
                queue += [(path, more) for more in self.files[path].plugins]
        return tuple(found)

    def patterns(self, option: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return the values of a configuration option such as ``python_files``."""
        value = self.config.options.get(option)
        if isinstance(value, str):
            value = tuple(value.split())
        return value if isinstance(value, tuple) and value else default

    # -- what modules hold ----------------------------------------------------------------

    def module_fixtures(self, path: str) -> dict[str, tuple[Key, Function]]:
        """Return the fixtures that a module registers by name: its own and the imported ones."""
        known = self._module_fixtures.get(path)
        if known is not None:
            return known
        found: dict[str, tuple[Key, Function]] = {}
        self._module_fixtures[path] = found  # set first: imports may be circular
        for bound, origin in self._imported(path):
            theirs = self.module_fixtures(origin)
            if bound.attribute == "*":
                found.update(
                    (name, one)
                    for name, one in theirs.items()
                    if self._hands_out(origin, _variable(name, one[1]))
                )
                continue
            for name, (key, function) in theirs.items():
                if bound.attribute in (function.bound_name, name):
                    assert function.fixture is not None
                    named = function.fixture.name
                    found[named if named != function.bound_name else bound.name] = (key, function)
        for function in self.files[path].functions:
            fixture = function.fixture
            if fixture is not None and not function.is_method and not fixture.path:
                found[fixture.name] = (Key(path, function.ordinal), function)
        for made in self.files[path].made:
            place = self.find_function(path, made.function)
            if place is not None and place[1].fixture is not None:
                found[made.fixture.name] = place
        for bound in self.files[path].assigned:
            if not bound.module and bound.attribute in found:  # a second name in one file
                found[bound.name] = found[bound.attribute]
        return found

    def find_function(self, path: str, name: str) -> tuple[Key, Function] | None:
        """Find the function of another file that a dotted name means in a file."""
        module, _, attribute = name.rpartition(".")
        origin = self.find(path, module or ".") if module.strip(".") or name[:1] == "." else None
        return self.module_functions(origin).get(attribute) if origin is not None else None

    def named_function(self, path: str, name: str) -> tuple[Key, Function] | None:
        """Find the function that a name means in a file: one that it holds, or a dotted one."""
        return self.module_functions(path).get(name) or self.find_function(path, name)

    def module_functions(self, path: str) -> dict[str, tuple[Key, Function]]:
        """Return the functions that a module holds by name: its own and the imported ones."""
        known = self._module_functions.get(path)
        if known is not None:
            return known
        found: dict[str, tuple[Key, Function]] = {}
        self._module_functions[path] = found  # set first: imports may be circular
        for bound, origin in self._imported(path):
            theirs = self.module_functions(origin)
            if bound.attribute == "*":
                handed = ((n, one) for n, one in theirs.items() if self._hands_out(origin, n))
                found.update(handed)
            elif bound.attribute in theirs:
                found[bound.name] = theirs[bound.attribute]
        for function in self.standing(path):
            if not function.is_method:
                found[function.name] = (Key(path, function.ordinal), function)
        for bound in self.files[path].assigned:
            if not bound.module and bound.attribute in found:  # a second name in one file
                found[bound.name] = found[bound.attribute]
        return found

    def module_classes(self, path: str) -> dict[str, Key]:
        """Return the classes that a module holds by name: its own and the imported ones."""
        known = self._module_classes.get(path)
        if known is not None:
            return known
        found: dict[str, Key] = {}
        self._module_classes[path] = found  # set first: imports may be circular
        for bound, origin in self._imported(path):
            if bound.attribute == "*":
                theirs = self.module_classes(origin).items()
                found.update((n, one) for n, one in theirs if self._hands_out(origin, n))
                continue
            key = self.find_class(origin, bound.attribute or "")
            if key is not None:
                found[bound.name] = key
        own = (cls for cls in self.files[path].classes if cls.parent is None)
        found.update((cls.name, Key(path, cls.ordinal)) for cls in own)
        return found

    def _imported(self, path: str) -> tuple[tuple[Import, str], ...]:
        """List the imports of names from other files of the suite, with these files."""
        if path not in self._imports:
            self._imports[path] = tuple(
                (bound, origin)
                for bound in self.files[path].bindings
                if bound.attribute is not None
                and (origin := self.find(path, bound.module)) is not None
                and origin != path
            )
        return self._imports[path]

    def _hands_out(self, path: str, name: str) -> bool:
        """Whether a star import takes a name of a module."""
        exported = self.files[path].exported
        return not name.startswith("_") if exported is None else name in exported

    def standing(self, path: str) -> tuple[Function, ...]:
        """List the functions of a file that no later definition replaces."""
        if path not in self._standing:
            self._standing[path] = self.files[path].standing()
        return self._standing[path]

    # -- what classes hold ----------------------------------------------------------------

    def cls(self, key: Key) -> Class:
        return self._classes[key.path][key.ordinal]

    def find_class(
        self, path: str, name: str, searched: frozenset[tuple[str, str]] = frozenset()
    ) -> Key | None:
        """Find the class that a (dotted) name means in a file, through imports.

        ``searched`` are the files whose imports led here, with the name looked for.
        """
        if path not in self._by_name:
            classes = reversed(self.files[path].classes)
            self._by_name[path] = {cls.qualname: Key(path, cls.ordinal) for cls in classes}
        if name in self._by_name[path]:
            return self._by_name[path][name]
        module, _, attribute = name.rpartition(".")
        origin = None
        # "from . import x", or a plain unknown name, has no module
        while module.strip(".") and (origin := self.find(path, module)) is None:
            module, _, outer = module.rpartition(".")
            attribute = f"{outer}.{attribute}"
        if origin is None or origin == path:
            return self._imported_class(path, name, searched)
        return self.find_class(origin, attribute, searched)

    def _imported_class(
        self, path: str, name: str, searched: frozenset[tuple[str, str]]
    ) -> Key | None:
        """Find a class that a module hands on, by name or with a star; the last import wins."""
        if "." in name or (path, name) in searched:  # such imports may be circular
            return None
        found = None
        if path not in self._bound:
            imports = self._imported(path)
            self._bound[path] = {"*" if one.attribute == "*" else one.name for one, _ in imports}
        if self._bound[path].isdisjoint((name, "*")):
            return None
        for bound, origin in self._imported(path):
            attribute = name if bound.attribute == "*" else bound.attribute
            if bound.attribute == "*" and not self._hands_out(origin, name):
                continue
            if attribute is not None and (bound.attribute == "*" or bound.name == name):
                found = self.find_class(origin, attribute, searched | {(path, name)}) or found
        return found

    def mro(self, key: Key) -> tuple[Key, ...]:
        """List the class and its known bases in Python's method resolution order."""
        return tuple(self._orders.get(key) or self._linear(key, frozenset()))

    def _linear(self, key: Key, active: frozenset[Key]) -> Sequence[Key]:
        """Merge the orders of the bases as C3 does; where Python would refuse, nearest first."""
        known = self._orders.get(key)
        if known is not None:
            return known
        circles = self._circles
        order = self._merged(key, active | {key})
        if circles == self._circles:  # else it depends on where one has come from
            self._orders[key] = tuple(order)
        return order

    def _merged(self, key: Key, active: frozenset[Key]) -> list[Key]:
        named = (self.find_class(key.path, base) for base in self.cls(key).bases)
        found = [base for base in named if base is not None]
        bases = [base for base in found if base not in active]
        self._circles += len(found) - len(bases)
        orders = [list(self._linear(base, active)) for base in bases]
        if len(bases) == 1:
            return [key, *orders[0]]
        orders.append(bases)
        merged = [key]
        while orders := [order for order in orders if order]:
            heads = [order[0] for order in orders]
            head = next(
                (one for one in heads if not any(one in order[1:] for order in orders)), heads[0]
            )
            merged.append(head)
            orders = [[one for one in order if one != head] for order in orders]
        return merged

    def methods(self, cls: Key) -> Sequence[Function]:
        """List the functions of a class itself, in their order."""
        if cls.path not in self._methods:
            self._methods[cls.path] = _by_class(self.files[cls.path].functions)
        return self._methods[cls.path].get(cls.ordinal, ())

    def standing_methods(self, cls: Key) -> Sequence[Function]:
        """List the functions of a class itself that no later definition replaces."""
        if cls.path not in self._standing_methods:
            self._standing_methods[cls.path] = _by_class(self.standing(cls.path))
        return self._standing_methods[cls.path].get(cls.ordinal, ())

    def method(self, cls: Key, name: str) -> Key | None:
        """Find the first function of a class, or of its bases, that has a name."""
        for owner in self.mro(cls):
            if owner not in self._ordinals:
                methods = reversed(self.methods(owner))
                self._ordinals[owner] = {method.name: method.ordinal for method in methods}
            ordinal = self._ordinals[owner].get(name)
            if ordinal is not None:
                return Key(owner.path, ordinal)
        return None

    def inner_classes(self, cls: Key) -> Sequence[Key]:
        """List the classes in the body of a class."""
        if cls.path not in self._inner:
            found: dict[int | None, list[Key]] = {}
            for inner in self.files[cls.path].classes:
                found.setdefault(inner.parent, []).append(Key(cls.path, inner.ordinal))
            self._inner[cls.path] = found
        return self._inner[cls.path].get(cls.ordinal, ())

    def is_unittest(self, key: Key) -> bool:
        return any(
            base.endswith("TestCase")  # unittest's, Django's, and those of many projects
            for owner in self.mro(key)
            for base in self.cls(owner).bases
        )

    def class_fixtures(self, key: Key) -> dict[str, tuple[Key, Function]]:
        """Return the fixtures that a class registers, those of its base classes included."""
        found: dict[str, tuple[Key, Function]] = {}
        for owner in reversed(self.mro(key)):
            for function in self.methods(owner):
                if function.fixture is not None:
                    found[function.fixture.name] = (Key(owner.path, function.ordinal), function)
        return found


def _by_class(functions: Iterable[Function]) -> dict[int | None, list[Function]]:
    found: dict[int | None, list[Function]] = {}
    for function in functions:
        found.setdefault(function.class_ordinal, []).append(function)
    return found


def _variable(name: str, function: Function) -> str:
    """Return the name by which a module holds a fixture that tests ask for by ``name``."""
    named = function.fixture is not None and function.fixture.name != function.bound_name
    return function.bound_name if named else name
