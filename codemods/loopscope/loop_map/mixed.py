"""Tests that name a wide loop and get a fixture of another one.

Up to pytest-asyncio 1.1 such a test may run on the fixture's loop, whatever either of them uses,
and 0.24 and 0.26 may refuse to collect it (docs/loop-rules.md, Tests on the current loop).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loopscope.analysis.file.mark_facts import Mark
from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.model import LoopMap
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.types import Scope


def mixed(loops: LoopMap) -> frozenset[tuple[str, str]]:
    """List the tests on wide loops with the names of their fixtures on other loops."""
    return frozenset(
        (test, name)
        for test, found in loops.items()
        if found.own is not None and found.own.scope > Scope.FUNCTION
        for name, loop in found.fixtures.items()
        if loop != found.own
    )


def refused(model: SuiteModel) -> frozenset[tuple[str, str]]:
    """List the sync tests under wide marks with the names of their fixtures on function loops.

    Below 1.0 collecting them fails: the mark counts, whatever runs.
    """
    return frozenset(
        (test.id, name)
        for test in model.tests
        if test.id in model.modern_map
        and test.mark("asyncio") is not None
        and not model.is_async_test(test)
        and model.modern.test_loop_scope(test) > Scope.FUNCTION
        for name, loop in model.modern_map[test.id].fixtures.items()
        if loop.scope is Scope.FUNCTION
    )


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

    A mark goes where the async tests go that have it, too. See refused.
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
