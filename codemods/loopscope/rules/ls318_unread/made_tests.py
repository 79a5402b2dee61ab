"""Tests, and classes of them, that code makes while a module is imported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loopscope.analysis.file.facts import Function, GivenFunction, Position
from loopscope.analysis.file.mentions import MAKES_TESTS
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.index import SuiteIndex
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.rules.context import RuleResult, action


def made_tests(model: SuiteModel, unread: Iterable[tuple[str, Position]]) -> Iterator[RuleResult]:
    """Report tests that a call makes, where loops mean something to them and nothing is said yet.

    ``unread`` are the mentions that nobody claims, with their files.
    """
    on_loop = _fixtures_on_loops(model)
    index = model.index
    said = {(path, place.detail) for path, place in unread}
    for path in index.test_modules:
        for name, refers in model.files[path].variables.items():
            if not _may_be_tests(index, path, name):
                continue
            makers = (index.named_function(path, one) for one in refers)
            for key, function in filter(None, makers):
                if (key.path, f"{function.name} {MAKES_TESTS}") in said:
                    continue
                made = _made_by(function, name)
                if any(one.is_async or on_loop & {*one.parameters} for one in made):
                    yield action(
                        "LS318", key.path, function.line,
                        f"this was not read: {function.name} makes the test {name} of {path}."
                        " Write the test out, or let one call the function",
                    )  # fmt: skip


def _fixtures_on_loops(model: SuiteModel) -> set[str]:
    return {
        function.fixture.name
        for facts in model.files.values()
        for function in facts.functions
        if function.fixture and (function.is_async or EVENT_LOOP in function.parameters)
    } | {EVENT_LOOP}


def _may_be_tests(index: SuiteIndex, path: str, name: str) -> bool:
    """Whether pytest may collect what stands under a name: that of a variable, or set by code."""
    owner, _, last = name.rpartition(".")
    if "*" in last and owner:
        return owner.startswith("Test") and index.find_class(path, owner) is not None
    return last.startswith(("test", "Test", "*"))


def _made_by(function: Function, name: str) -> list[Function | GivenFunction]:
    """List what may be tests under a name: what a function gives, or itself where code sets it."""
    last = name.rpartition(".")[2]
    if "*" in last:
        return [*function.gives, function]
    return [one for one in function.gives if one.in_class is last.startswith("Test")]


def made_classes(model: SuiteModel) -> Iterator[RuleResult]:
    """Report classes of tests that a call makes of others, such as ``type("TestA", (Base,), {})``.

    An instance is taken for a class here: nothing but its name tells.
    """
    index = model.index
    on_loop: set[str] | None = None
    collected = {test.id.rpartition("::")[0] for test in model.tests}
    for path in index.test_modules:
        for name, refers in model.files[path].variables.items():
            if not name.startswith("Test") or "." in name or f"{path}::{name}" in collected:
                continue
            if _has_loop_tests(index, path, refers):
                yield action(
                    "LS318", path, 1,
                    f"this was not read: a call makes the class {name}, with tests of others."
                    " Write it as a class that inherits theirs",
                )  # fmt: skip
        for cls in model.files[path].classes:
            for base in cls.bases if cls.name.startswith("Test") else ():
                refers = model.files[path].variables.get(base, ())
                unread = refers and index.find_class(path, base) is None
                if unread and _has_loop_tests(index, path, refers):
                    yield action(
                        "LS318", path, cls.line,
                        f"this was not read: {cls.qualname} inherits a class that {base} holds,"
                        " with tests. Name the class itself",
                    )  # fmt: skip
            if cls.made_of and cls.name.startswith("Test"):
                on_loop = _fixtures_on_loops(model) if on_loop is None else on_loop
                if _makes_loop_tests(index, path, cls.made_of, on_loop):
                    yield action(
                        "LS318", path, cls.line,
                        f"this was not read: a call makes a base class of {cls.qualname}, with"
                        " tests. Name the class itself",
                    )  # fmt: skip


def _makes_loop_tests(
    index: SuiteIndex, path: str, names: Iterable[str], on_loop: set[str]
) -> bool:
    """Whether a call that mentions these names gives tests to which loops mean something."""
    if _has_loop_tests(index, path, names):
        return True
    makers = filter(None, (index.named_function(path, name) for name in names))
    return any(
        _has_loop_tests(index, key.path, function.refers)
        or any(
            one.in_class and (one.is_async or on_loop & {*one.parameters})
            for one in function.gives
        )
        for key, function in makers
    )


def _has_loop_tests(index: SuiteIndex, path: str, names: Iterable[str]) -> bool:
    """Whether any of these names means a class with tests to which loops mean something."""
    bases = filter(None, (index.find_class(path, name) for name in names))
    methods = (
        method for base in bases for cls in index.mro(base) for method in index.methods(cls)
    )
    return any(
        method.name.startswith("test") and (method.is_async or EVENT_LOOP in method.parameters)
        for method in methods
    )
