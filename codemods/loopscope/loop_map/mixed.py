"""Tests that name a wide loop and get a fixture of another one.

Up to pytest-asyncio 1.1 such a test may run on the fixture's loop, whatever either of them uses,
and 0.24 and 0.26 may refuse to collect it (docs/loop-rules.md, Tests on the current loop).
"""

from __future__ import annotations

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
