"""The names in the files and classes of a suite, followed through imports and base classes.

See docs/loop-rules.md, Where a fixture is registered.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from functools import cached_property
from posixpath import basename

from loopscope.analysis.file.facts import Class, FileFacts, Function, Import
from loopscope.analysis.suite.fixtures import Key
from loopscope.analysis.suite.imports import find_module
from loopscope.types import SOURCE_ROOTS, CrossSuiteFiles, PytestConfig


class Namespaces:
    """The files of one suite: what kind each is, and what it holds by which name."""

    def __init__(
        self, files: Mapping[str, FileFacts], config: PytestConfig, cross_suite: CrossSuiteFiles
    ) -> None:
        self.files = files
        self.config = config
        self.cross_suite = cross_suite
        self._standing: dict[str, tuple[Function, ...]] = {}
        self._module_fixtures: dict[str, dict[str, tuple[Key, Function]]] = {}
        self._module_functions: dict[str, dict[str, tuple[Key, Function]]] = {}
        self._classes = {
            path: {cls.ordinal: cls for cls in facts.classes} for path, facts in files.items()
        }

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """The directories of the ``pythonpath`` option, then those that are usual."""
        value = self.config.options.get("pythonpath", ())
        words = value.split() if isinstance(value, str) else value
        paths = (word.strip("./") for word in words) if not isinstance(words, bool) else ()
        return (*(f"{path}/" for path in paths if path), *SOURCE_ROOTS)

    def find(self, importer: str, module: str) -> str | None:
        """Find the file of the suite that an import in ``importer`` names."""
        found = find_module(self.files, importer, module, self.roots)
        elsewhere = self.cross_suite.modules.get(module)
        return found or (elsewhere if elsewhere in self.files else None)

    # -- which files are what -----------------------------------------------------------

    @cached_property
    def test_modules(self) -> tuple[str, ...]:
        patterns = self.patterns("python_files", ("test_*.py", "*_test.py"))
        return tuple(
            path
            for path in sorted(self.files)
            if basename(path) != "conftest.py"
            and path not in self.cross_suite.outside
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
    def conftests_above(self) -> tuple[str, ...]:
        """The conftests above the root, which cover all of the suite; the outermost first."""
        return tuple(path for path in self.cross_suite.outside if basename(path) == "conftest.py")

    @cached_property
    def plugins(self) -> tuple[str, ...]:
        """The modules of the suite that ``pytest_plugins`` or ``-p`` makes plugins."""
        found: list[str] = []
        queue = [
            (path, name)
            for path in (*self.conftests_above, *self.conftests, *self.test_modules)
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
                found.update(theirs)
                continue
            for name, (key, function) in theirs.items():
                if function.name == bound.attribute:
                    found[name if name != function.name else bound.name] = (key, function)
        for function in self.files[path].functions:
            if function.fixture is not None and not function.is_method:
                found[function.fixture.name] = (Key(path, function.ordinal), function)
        return found

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
                found.update(theirs)
            elif bound.attribute in theirs:
                found[bound.name] = theirs[bound.attribute]
        for function in self.standing(path):
            if not function.is_method:
                found[function.name] = (Key(path, function.ordinal), function)
        return found

    def _imported(self, path: str) -> Iterator[tuple[Import, str]]:
        """Yield the imports of names from other files of the suite, with these files."""
        for bound in self.files[path].imports:
            origin = self.find(path, bound.module) if bound.attribute is not None else None
            if origin is not None and origin != path:
                yield bound, origin

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

        ``searched`` are the files whose star imports led here, with the name looked for.
        """
        for cls in self.files[path].classes:
            if cls.qualname == name:
                return Key(path, cls.ordinal)
        module, _, attribute = name.rpartition(".")
        # "from . import x", or a plain unknown name, has no module
        origin = self.find(path, module) if module.strip(".") else None
        if origin is None or origin == path:
            return self._starred_class(path, name, searched)
        return self.find_class(origin, attribute, searched)

    def _starred_class(
        self, path: str, name: str, searched: frozenset[tuple[str, str]]
    ) -> Key | None:
        """Find a class that comes by ``from module import *``; the last such import wins."""
        if "." in name or (path, name) in searched:  # such imports may be circular
            return None
        found = None
        for bound, origin in self._imported(path):
            if bound.attribute == "*":
                found = self.find_class(origin, name, searched | {(path, name)}) or found
        return found

    def mro(self, key: Key) -> tuple[Key, ...]:
        """List the class and its known bases in Python's method resolution order."""
        return tuple(self._linear(key, frozenset()))

    def _linear(self, key: Key, active: frozenset[Key]) -> list[Key]:
        """Merge the orders of the bases as C3 does; where Python would refuse, nearest first."""
        found = (self.find_class(key.path, base) for base in self.cls(key).bases)
        active |= {key}
        bases = [base for base in found if base is not None and base not in active]
        orders = [self._linear(base, active) for base in bases] + [bases]
        merged = [key]
        while orders := [order for order in orders if order]:
            heads = [order[0] for order in orders]
            head = next(
                (one for one in heads if not any(one in order[1:] for order in orders)), heads[0]
            )
            merged.append(head)
            orders = [[one for one in order if one != head] for order in orders]
        return merged

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
            for function in self.files[owner.path].functions:
                if function.fixture is not None and function.class_ordinal == owner.ordinal:
                    found[function.fixture.name] = (Key(owner.path, function.ordinal), function)
        return found
