"""Tests that a cure would put on a wide loop, or under its mark, with a fixture on another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loopscope.analysis.file.mark_facts import Mark
from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.types import Scope


def newly_mixed(
    model: SuiteModel, tests: Mapping[str, Scope], fixtures: Mapping[Key, Scope]
) -> Iterator[tuple[str, Key]]:
    """Yield such tests with their fixtures, but for those that are on two wide loops already.

    ``tests`` and ``fixtures`` are the loop scopes of the cure.
    """
    for test in model.tests:
        own = tests.get(test.id, Scope.FUNCTION)
        if own is Scope.FUNCTION:
            continue
        old = model.modern.test_loop_scope(test)
        for item in model.closures.of(test).fixtures:
            if item.key not in fixtures or fixtures[item.key] is own:
                continue
            current = model.modern.fixture_loop_scope(item.function)
            if old is Scope.FUNCTION or current is old:
                yield test.id, item.key


def newly_refused(
    model: SuiteModel, tests: Mapping[str, Scope], fixtures: Mapping[Key, Scope]
) -> Iterator[tuple[Key, Scope]]:
    """Yield fixtures on function loops of sync tests under wide marks, with these loop scopes.

    A mark goes where the async tests go that have it, too. See loop_map/mixed.py, refused.
    """
    moved: dict[tuple[object, ...], Scope] = {}
    for test in model.tests:
        mark = test.mark("asyncio")
        if mark is not None and test.id in tests:
            place = _place(mark)
            moved[place] = max(tests[test.id], moved.get(place, Scope.FUNCTION))
    for test in model.tests:
        mark = test.mark("asyncio")
        if mark is None or test.id in tests:
            continue
        own = moved.get(_place(mark)) or model.modern.test_loop_scope(test)
        for item in model.closures.of(test).fixtures:
            if own > Scope.FUNCTION and fixtures.get(item.key) is Scope.FUNCTION:
                yield item.key, own


def _place(mark: Mark) -> tuple[object, ...]:
    return mark.path, mark.ordinal, mark.statement, mark.line
