"""Tests that name a wide loop and get a fixture of another one.

Up to pytest-asyncio 1.1 such a test may run on the fixture's loop, whatever either of them uses,
and 0.24 and 0.26 may refuse to collect it (docs/loop-rules.md, Tests on the current loop).
"""

from __future__ import annotations

from loopscope.loop_map.model import LoopMap
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
