"""Tests that a cure would put on a wide loop, with a fixture of theirs on another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
