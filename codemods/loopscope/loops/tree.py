"""A suite as pytest sees it: which fixtures each holder registers, which tests there are.

A holder is what pytest calls a base id: "" for plugins, ``tests/`` for a conftest,
``tests/test_a.py`` for a module, ``tests/test_a.py::TestA`` for a class. Fixtures are
visible to the tests whose id starts with the holder.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import basename, dirname
from typing import NamedTuple

from loopscope.facts.model import Class, FileFacts, Fixture, Function, Mark
from loopscope.loops.marks import Marks
from loopscope.loops.modules import ROOTS, find_module
from loopscope.values import Around, PytestConfig

_TESTCASES = frozenset(
    {"unittest.TestCase", "unittest.IsolatedAsyncioTestCase", "django.test.TestCase"}
)


class Key(NamedTuple):
    """A definition: its file and its ordinal there.

    Of a fixture that no file of the suite defines only the module is known, as ``<module>``.
    """

    path: str
    ordinal: int

    @classmethod
    def of_module(cls, module: str, number: int) -> Key:
        """The key of a fixture that cannot be edited; the number tells them apart."""
        return cls(f"<{module}>", number)

    @property
    def unread(self) -> bool:
        """Whether the definition is not in a file of the suite."""
        return self.path.startswith("<")


@dataclass(frozen=True, slots=True)
class Registered:
    """A fixture as a holder registers it; one imported by name has two of them."""

    holder: str
    key: Key
    function: Function = field(compare=False)

    @property
    def fixture(self) -> Fixture:
        assert self.function.fixture is not None
        return self.function.fixture

    @property
    def in_module(self) -> bool:
        """Registered by a test module (or a class in it): seen by this module's tests only."""
        return bool(self.holder) and not self.holder.endswith("/")

    @property
    def in_class(self) -> bool:
        return "::" in self.holder

    @property
    def file(self) -> str:
        """The file whose namespace registers it: not its own where it is imported by name."""
        if not self.holder:
            return self.key.path
        if self.holder.endswith("/"):
            return f"{self.holder}conftest.py".removeprefix("./")
        return self.holder.partition("::")[0]


@dataclass(frozen=True, slots=True)
class Test:
    """One test function as collected in one class or module."""

    id: str
    module: str
    classes: tuple[Key, ...]  # outer to inner, as collected
    key: Key  # of the function
    function: Function
    marks: tuple[Mark, ...]  # the closest first
    unittest: bool = False

    def mark(self, name: str) -> Mark | None:
        """The closest mark of that name."""
        return next((mark for mark in self.marks if mark.name == name), None)

    @property
    def holders(self) -> tuple[str, ...]:
        """The class and module holders of the test, outer to inner."""
        parts = self.id.split("[")[0].split("::")[:-1]
        return tuple("::".join(parts[: n + 1]) for n in range(len(parts)))


class Tree:
    """The files of one suite with pytest's own lookup rules."""

    def __init__(
        self,
        files: Mapping[str, FileFacts],
        config: PytestConfig,
        around: Around | None = None,
        unread: Mapping[str, Mapping[str, Registered]] | None = None,
    ) -> None:
        self.files = files
        self._unread = unread or {}
        self.config = config
        self.around = around or Around()
        self._standing_functions: dict[str, tuple[Function, ...]] = {}
        self._module_fixtures: dict[str, dict[str, tuple[Key, Function]]] = {}
        self._module_functions: dict[str, dict[str, tuple[Key, Function]]] = {}
        self._marks = Marks(files, self.find)
        self._chains: dict[str, tuple[dict[str, Registered], ...]] = {}
        self._functions = {
            path: {function.ordinal: function for function in facts.functions}
            for path, facts in files.items()
        }
        self._classes = {
            path: {cls.ordinal: cls for cls in facts.classes} for path, facts in files.items()
        }

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """The directories of the ``pythonpath`` option, then those that are usual."""
        value = self.config.options.get("pythonpath", ())
        words = value.split() if isinstance(value, str) else value
        paths = (word.strip("./") for word in words) if not isinstance(words, bool) else ()
        return (*(f"{path}/" for path in paths if path), *ROOTS)

    def find(self, importer: str, module: str) -> str | None:
        """The file of the suite that an import in ``importer`` names."""
        found = find_module(self.files, importer, module, self.roots)
        elsewhere = self.around.modules.get(module)
        return found or (elsewhere if elsewhere in self.files else None)

    def function(self, key: Key) -> Function:
        if key.unread:
            return next(item.function for item in self.unread if item.key == key)
        return self._functions[key.path][key.ordinal]

    @property
    def unread(self) -> Iterator[Registered]:
        """The fixtures that no file of the suite defines."""
        for fixtures in self._unread.values():
            yield from fixtures.values()

    def cls(self, key: Key) -> Class:
        return self._classes[key.path][key.ordinal]

    # -- which files are what -----------------------------------------------------------

    @cached_property
    def test_modules(self) -> tuple[str, ...]:
        patterns = self._patterns("python_files", ("test_*.py", "*_test.py"))
        return tuple(
            path
            for path in sorted(self.files)
            if basename(path) != "conftest.py"
            and path not in self.around.outside
            and any(
                fnmatch.fnmatch(path if "/" in pattern else basename(path), pattern)
                for pattern in patterns
            )
        )

    @cached_property
    def conftests(self) -> tuple[str, ...]:
        return tuple(
            path
            for path in sorted(self.files)
            if basename(path) == "conftest.py" and not path.startswith("../")
        )

    @cached_property
    def _above(self) -> tuple[str, ...]:
        """The conftests above the root, which cover all of the suite; the outermost first."""
        return tuple(path for path in self.around.outside if basename(path) == "conftest.py")

    @cached_property
    def plugins(self) -> tuple[str, ...]:
        """The modules of the suite that ``pytest_plugins`` or ``-p`` makes plugins."""
        found: list[str] = []
        queue = [
            (path, name)
            for path in (*self._above, *self.conftests, *self.test_modules)
            for name in self.files[path].plugins
        ]
        words = (self.config.text("addopts") or "").split()
        queue += [("", words[n + 1]) for n, word in enumerate(words[:-1]) if word == "-p"]
        while queue:
            importer, name = queue.pop(0)
            path = self.find(importer, name)
            if path is not None and path not in found:
                found.append(path)
                queue += [(path, more) for more in self.files[path].plugins]
        return tuple(found)

    def _patterns(self, option: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self.config.options.get(option)
        if isinstance(value, str):
            value = tuple(value.split())
        return value if isinstance(value, tuple) and value else default

    # -- fixtures -----------------------------------------------------------------------

    def module_fixtures(self, path: str) -> dict[str, tuple[Key, Function]]:
        """The fixtures that a module registers by name: its own and the imported ones."""
        known = self._module_fixtures.get(path)
        if known is not None:
            return known
        found: dict[str, tuple[Key, Function]] = {}
        self._module_fixtures[path] = found  # set first: imports may be circular
        facts = self.files[path]
        for bound in facts.imports:
            if bound.attribute is None:
                continue
            origin = self.find(path, bound.module)
            if origin is None or origin == path:
                continue
            theirs = self.module_fixtures(origin)
            if bound.attribute == "*":
                found.update(theirs)
                continue
            for name, (key, function) in theirs.items():
                if function.name == bound.attribute:
                    found[name if name != function.name else bound.name] = (key, function)
        for function in facts.functions:
            if function.fixture is not None and not function.is_method:
                found[function.fixture.name] = (Key(path, function.ordinal), function)
        return found

    def class_fixtures(self, key: Key) -> dict[str, tuple[Key, Function]]:
        """The fixtures that a class registers, those of its base classes included."""
        found: dict[str, tuple[Key, Function]] = {}
        for owner in reversed(self.mro(key)):
            for function in self.files[owner.path].functions:
                if function.fixture is not None and function.class_ordinal == owner.ordinal:
                    found[function.fixture.name] = (Key(owner.path, function.ordinal), function)
        return found

    @cached_property
    def registered(self) -> dict[str, dict[str, Registered]]:
        """Holder -> name -> fixture, for all holders of the suite."""
        found: dict[str, dict[str, Registered]] = {"": {}}
        for holder, unread in self._unread.items():
            found[holder] = dict(unread)

        def add(holder: str, fixtures: Mapping[str, tuple[Key, Function]]) -> None:
            into = found.setdefault(holder, {})
            for name, (key, function) in fixtures.items():
                into[name] = Registered(holder, key, function)

        for path in (*self.plugins, *self._above):
            add("", self.module_fixtures(path))
        for path in self.conftests:
            add(conftest_holder(path), self.module_fixtures(path))
        for path in self.test_modules:
            add(path, self.module_fixtures(path))
        classes: set[str] = set()
        for test in self.tests:
            for key, holder in zip(test.classes, test.holders[1:], strict=True):
                if holder not in classes:
                    classes.add(holder)
                    add(holder, self.class_fixtures(key))
        return found

    def chain(self, test: Test) -> tuple[dict[str, Registered], ...]:
        """The fixtures that a test sees, holder by holder, the nearest last."""
        nearest = test.id.partition("[")[0].rpartition("::")[0]
        if nearest not in self._chains:  # the same for all tests of a module or class
            holders = ["", *directory_holders(test.module), *test.holders]
            self._chains[nearest] = tuple(
                self.registered[holder] for holder in holders if holder in self.registered
            )
        return self._chains[nearest]

    # -- classes and tests --------------------------------------------------------------

    def find_class(self, path: str, name: str) -> Key | None:
        """The class that a (dotted) name means in a file, through imports."""
        for cls in self.files[path].classes:
            if cls.qualname == name:
                return Key(path, cls.ordinal)
        module, _, attribute = name.rpartition(".")
        # "from . import x", or a plain unknown name, has no module
        origin = self.find(path, module) if module.strip(".") else None
        if origin is None or origin == path:
            return None
        return self.find_class(origin, attribute)

    def mro(self, key: Key) -> tuple[Key, ...]:
        """The class and its known bases, nearest first."""
        found: list[Key] = []

        def visit(current: Key) -> None:
            if current in found:
                return
            found.append(current)
            for base in self.cls(current).bases:
                target = self.find_class(current.path, base)
                if target is not None:
                    visit(target)

        visit(key)
        return tuple(found)

    def is_unittest(self, key: Key) -> bool:
        return any(
            base in _TESTCASES or base.endswith("TestCase")
            for owner in self.mro(key)
            for base in self.cls(owner).bases
        )

    @cached_property
    def tests(self) -> tuple[Test, ...]:
        return tuple(test for path in self.test_modules for test in self._module_tests(path))

    def module_functions(self, path: str) -> dict[str, tuple[Key, Function]]:
        """The functions that a module holds by name: its own and the imported ones."""
        known = self._module_functions.get(path)
        if known is not None:
            return known
        found: dict[str, tuple[Key, Function]] = {}
        self._module_functions[path] = found  # set first: imports may be circular
        for bound in self.files[path].imports:
            origin = self.find(path, bound.module) if bound.attribute is not None else None
            if origin is None or origin == path:
                continue
            theirs = self.module_functions(origin)
            if bound.attribute == "*":
                found.update(theirs)
            elif bound.attribute in theirs:
                found[bound.name] = theirs[bound.attribute]
        for function in self._standing(path):
            if not function.is_method:
                found[function.name] = (Key(path, function.ordinal), function)
        return found

    def _module_tests(self, path: str) -> Iterator[Test]:
        facts = self.files[path]
        prefixes = self._patterns("python_functions", ("test",))
        own = [
            (function.name, (Key(path, function.ordinal), function))
            for function in self._standing(path)  # one name twice where conditions decide
            if not function.is_method
        ]
        named = {name for name, _ in own}
        imported = [item for item in self.module_functions(path).items() if item[0] not in named]
        for name, (key, function) in [*imported, *own]:
            if function.fixture is None and _matches(name, prefixes):
                marks = (*self._marks.expanded(function.marks), *self._marks.of_module(path))
                yield Test(f"{path}::{name}", path, (), key, function, marks)
        for cls in facts.classes:
            if cls.parent is None:
                yield from self._class_tests(path, (Key(path, cls.ordinal),), cls.name, prefixes)
        for bound in facts.imports:
            if bound.attribute not in (None, "*"):
                origin = self.find(path, bound.module)
                base = self.find_class(origin, bound.attribute or "") if origin else None
                if base is not None and base.path != path:
                    yield from self._class_tests(path, (base,), bound.name, prefixes)

    def _standing(self, path: str) -> tuple[Function, ...]:
        if path not in self._standing_functions:
            self._standing_functions[path] = self.files[path].standing()
        return self._standing_functions[path]

    def _class_tests(
        self, path: str, classes: tuple[Key, ...], qualname: str, prefixes: tuple[str, ...]
    ) -> Iterator[Test]:
        key = classes[-1]
        cls = self.cls(key)
        unittest = self.is_unittest(key)
        wanted = self._patterns("python_classes", ("Test",))
        name = qualname.rpartition("::")[2]
        if not unittest and (cls.has_init or not _matches(name, wanted)):
            return
        marks = self._class_marks(classes) + self._marks.of_module(path)
        seen: set[str] = set()
        for owner in self.mro(key):
            for function in self._standing(owner.path):
                if function.class_ordinal != owner.ordinal or function.name in seen:
                    continue
                seen.add(function.name)
                if _is_test(function, prefixes):
                    yield Test(
                        f"{path}::{qualname}::{function.name}",
                        path,
                        classes,
                        Key(owner.path, function.ordinal),
                        function,
                        (*self._marks.expanded(function.marks), *marks),
                        unittest,
                    )
        for inner in self.files[key.path].classes:
            if inner.parent == key.ordinal:
                inside = (*classes, Key(key.path, inner.ordinal))
                yield from self._class_tests(path, inside, f"{qualname}::{inner.name}", prefixes)

    def _class_marks(self, classes: tuple[Key, ...]) -> tuple[Mark, ...]:
        """The marks of nested classes, the innermost class first, bases before subclasses.

        pytest puts the marks of a base class before those of its subclass, so the base's
        mark is the closer one (facts, modern 14).
        """
        return tuple(
            mark
            for key in reversed(classes)
            for owner in reversed(self.mro(key))
            for mark in self._marks.expanded(self.cls(owner).marks)
        )


def _is_test(function: Function, prefixes: tuple[str, ...]) -> bool:
    return function.fixture is None and _matches(function.name, prefixes)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    """pytest's rule for python_classes and python_functions: a prefix or a glob."""
    return any(
        name.startswith(pattern)
        or (any(c in pattern for c in "*?[") and fnmatch.fnmatch(name, pattern))
        for pattern in patterns
    )


def conftest_holder(path: str) -> str:
    """The holder of a conftest: its directory with a slash, "./" for the root's.

    The root's is not "", which is the plugins' holder and comes before it.
    """
    return f"{dirname(path) or '.'}/"


def directory_holders(path: str) -> tuple[str, ...]:
    """The holders of all conftests above a file, the root's first."""
    found = []
    directory = dirname(path)
    while directory:
        found.append(f"{directory}/")
        directory = dirname(directory)
    return ("./", *reversed(found))
