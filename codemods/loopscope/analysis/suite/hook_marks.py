"""The marks of tests with those that collection hooks add, as a release reads them.

See docs/loop-rules.md, Marks that a hook adds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from loopscope.analysis.file.mark_facts import AddedMark, Mark, MarkingHook, Subject
from loopscope.analysis.suite.closure import Closures
from loopscope.analysis.suite.fixtures import Test, conftest_base_id, directory_base_ids
from loopscope.analysis.suite.imports import Marks
from loopscope.analysis.suite.index import SuiteIndex
from loopscope.types import Scope

_ONE_ITEM = "pytest_itemcollected"
_HOOKS = (_ONE_ITEM, "pytest_collection_modifyitems")


class PlacedHook(NamedTuple):
    """A hook of a conftest or plugin, with the base id of the tests whose collection it sees."""

    path: str
    base_id: str
    hook: MarkingHook
    added: tuple[AddedMark, ...]

    def sees(self, test: Test) -> bool:
        """Whether the hook is called for the test: ``pytest_collection_modifyitems`` for all."""
        return self.base_id in ("", "./", *directory_base_ids(test.module))


class HookMarks:
    """What the hooks of one suite add to its tests."""

    def __init__(
        self, index: SuiteIndex, closures: Closures, *, auto: bool, release: tuple[int, int]
    ) -> None:
        self._closures = closures
        self._auto = auto
        self._release = release
        self._hooks = list(_placed(index))

    def applied(self, test: Test) -> Test:
        """Return the test with the asyncio marks that hooks add to it, the closest first."""
        if not self._hooks or not test.function.is_async or test.function.is_generator:
            return test
        given = test.mark("asyncio")
        if given is None and not (self._auto and test.mark("anyio") is None):
            return test  # too late: pytest-asyncio does not run it
        marks = test.marks
        for placed in self._hooks:
            for added in placed.added:
                if placed.sees(test) and self._holds(added, test):
                    marks = self._with(marks, added, test, given)
        return test if marks is test.marks else replace(test, marks=marks)

    def undecided(self, test: Test) -> PlacedHook | None:
        """Find a hook of which only a run knows whether it gives the test another loop scope.

        ``test`` is as ``applied`` returns it.
        """
        mark = test.mark("asyncio")
        for placed in self._hooks:
            for added in placed.added if placed.sees(test) else ():
                if self._holds(added, test) is None:
                    marks = self._with(test.marks, added, test, mark)
                    closest = next((one for one in marks if one.name == "asyncio"), None)
                    if _named(closest) is not _named(mark):
                        return placed
        return None

    def _holds(self, added: AddedMark, test: Test) -> bool | None:
        names = {mark.name for mark in test.marks} | {"asyncio"}
        subject = Subject(test.id, test.module, test.function.name, names)
        return added.condition.holds(subject)

    def _is_fixed(self, test: Test, given: Mark) -> bool:
        """Whether the release has taken the loop scope from a mark before hooks are called.

        1.0 had done so, and 0.24 to 0.26 with the wider ones, unless the test is parametrized.
        """
        if self._release >= (1, 1):
            return False
        wide = given.loop_scope not in (None, Scope.FUNCTION)
        return (wide or self._release >= (1, 0)) and not self._is_parametrized(test)

    def _is_parametrized(self, test: Test) -> bool:
        return test.mark("parametrize") is not None or any(
            "params" in item.fixture.keywords for item in self._closures.of(test).fixtures
        )

    def _with(
        self, marks: tuple[Mark, ...], added: AddedMark, test: Test, given: Mark | None
    ) -> tuple[Mark, ...]:
        """Add one mark where pytest puts it, if the release reads it there."""
        if given is not None and self._is_fixed(test, given):
            return marks
        if added.prepended:
            return (added.mark, *marks)
        if given is None:
            return marks  # auto mode has given the test a mark of its own
        own = sum(1 for mark in marks if _is_own(mark, test))
        return (*marks[:own], added.mark, *marks[own:])


def _named(mark: Mark | None) -> Scope | str | None:
    """Return the loop scope that a mark names, "?" for one that is not read."""
    if mark is None:
        return None
    return mark.loop_scope or ("?" if {"loop_scope", "scope"} & set(mark.keywords) else None)


def _is_own(mark: Mark, test: Test) -> bool:
    """Whether the mark stands on the test itself, or was added to it."""
    return mark in test.function.marks or (mark not in test.marks)


def _placed(index: SuiteIndex) -> Iterator[PlacedHook]:
    """Yield the hooks that add marks as pytest calls them: the deepest first."""
    expanded = Marks(index.files, index.find).expanded
    places = [*dict.fromkeys([*index.plugins, *index.conftests_above, *index.conftests])]
    places.sort(key=lambda path: (path in index.conftests, path.count("/")))
    for path in reversed(places):
        base_id = conftest_base_id(path) if path in index.conftests else ""
        for origin, hook in _hooks(index, path):
            below = base_id if hook.name == _ONE_ITEM else ""
            added = [
                replace(one, mark=mark)
                for one in hook.added
                for mark in _asyncio(expanded([one.mark]))
            ]
            if added:
                yield PlacedHook(origin, below, hook, tuple(added))


def _hooks(index: SuiteIndex, path: str) -> Iterator[tuple[str, MarkingHook]]:
    """Yield the hooks that a conftest or plugin defines or imports, each with its own file."""
    for hook in index.files[path].hooks:
        yield path, hook
    for name in _HOOKS:
        key, _ = index.module_functions(path).get(name, (None, None))
        if key is not None and key.path != path:
            for hook in index.files[key.path].hooks:
                if hook.name == name:
                    yield key.path, hook


def _asyncio(marks: Sequence[Mark]) -> Iterator[Mark]:
    return (mark for mark in marks if mark.name == "asyncio")
