"""The tests that pytest collects, with the marks of each."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from functools import cached_property

from loopscope.analysis.file.facts import Function
from loopscope.analysis.file.mark_facts import Mark
from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.analysis.suite.imports import Marks
from loopscope.analysis.suite.namespaces import Namespaces


class Collection:
    """The tests of one suite."""

    def __init__(self, namespaces: Namespaces) -> None:
        self._names = namespaces
        self._marks = Marks(namespaces.files, namespaces.find)

    @cached_property
    def tests(self) -> tuple[Test, ...]:
        modules = self._names.test_modules
        return tuple(test for path in modules for test in self._module_tests(path))

    def _module_tests(self, path: str) -> Iterator[Test]:
        facts = self._names.files[path]
        prefixes = self._names.patterns("python_functions", ("test",))
        own = [
            (function.name, (Key(path, function.ordinal), function))
            for function in self._names.standing(path)  # one name twice where conditions decide
            if not function.is_method
        ]
        named = {name for name, _ in own}
        imported = [
            item for item in self._names.module_functions(path).items() if item[0] not in named
        ]
        for name, (key, function) in [*imported, *own]:
            if function.fixture is None and _matches(name, prefixes):
                marks = (*self._marks.expanded(function.marks), *self._marks.of_module(path))
                yield Test(f"{path}::{name}", path, (), key, function, marks)
        for cls in facts.classes:
            if cls.parent is None:
                yield from self._class_tests(path, (Key(path, cls.ordinal),), cls.name, prefixes)
        for name, key in self._names.module_classes(path).items():
            if key.path != path:
                yield from self._class_tests(path, (key,), name, prefixes)

    def _class_tests(
        self, path: str, classes: tuple[Key, ...], qualname: str, prefixes: tuple[str, ...]
    ) -> Iterator[Test]:
        key = classes[-1]
        cls = self._names.cls(key)
        unittest = self._names.is_unittest(key)
        wanted = self._names.patterns("python_classes", ("Test",))
        name = qualname.rpartition("::")[2]
        if not unittest and (cls.has_init or not _matches(name, wanted)):
            return
        marks = self._class_marks(classes) + self._marks.of_module(path)
        seen: set[str] = set()
        for owner in self._names.mro(key):
            for function in self._names.standing_methods(owner):
                if function.name in seen:
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
            for name, one in self._second_names(owner):
                if name not in seen and one[1].fixture is None and _matches(name, prefixes):
                    seen.add(name)
                    all_marks = (*self._marks.expanded(one[1].marks), *marks)
                    test_id = f"{path}::{qualname}::{name}"
                    yield Test(test_id, path, classes, *one, all_marks, unittest)
        nested: dict[str, Key] = {}
        for owner in self._names.mro(key):
            for inner in self._names.inner_classes(owner):
                nested.setdefault(self._names.cls(inner).name, inner)
        for name, inner in nested.items():
            yield from self._class_tests(path, (*classes, inner), f"{qualname}::{name}", prefixes)

    def _second_names(self, cls: Key) -> Iterator[tuple[str, tuple[Key, Function]]]:
        """Yield the functions that a class has by another name: ``test_x = check``."""
        for name, origin in self._names.cls(cls).second_names.items():
            own = [one for one in self._names.standing_methods(cls) if one.name == origin]
            found = (
                (Key(cls.path, own[0].ordinal), own[0])
                if own
                else self._names.named_function(cls.path, origin)
            )
            if found is not None:
                yield name, found

    def _class_marks(self, classes: tuple[Key, ...]) -> tuple[Mark, ...]:
        """List the marks of nested classes, the innermost class first, bases before subclasses.

        pytest puts the marks of a base class before those of its subclass, so the base's
        mark is the closer one (docs/loop-rules.md, Marks of base classes).
        """
        return tuple(
            mark
            for key in reversed(classes)
            for owner in reversed(self._names.mro(key))
            for mark in self._marks.expanded(
                self._set_by_bases(owner) + self._names.cls(owner).marks
            )
        )

    def _set_by_bases(self, key: Key) -> tuple[Mark, ...]:
        """Return the marks that ``__init_subclass__`` of the nearest base class sets.

        They take the place of the class's own ``pytestmark``.
        """
        bases = (self._names.cls(owner).subclass_marks for owner in self._names.mro(key)[1:])
        return next(filter(None, bases), ())


def _is_test(function: Function, prefixes: tuple[str, ...]) -> bool:
    return function.fixture is None and _matches(function.name, prefixes)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    """pytest's rule for python_classes and python_functions: a prefix or a glob."""
    return any(
        name.startswith(pattern)
        or (any(c in pattern for c in "*?[") and fnmatch.fnmatch(name, pattern))
        for pattern in patterns
    )
