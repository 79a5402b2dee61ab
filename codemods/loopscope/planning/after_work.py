"""Wide async fixtures that come after a working bridge, and so ask for it.

They get the argument ``event_loop`` from LS102. Every test that uses one must then see a bridge
that is as wide as the fixture, also where its own override did no work.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from loopscope.analysis.suite.closure import LoopRequest, RequestKind
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.types import Scope


def fixtures_after_work(
    model: SuiteModel, works: Callable[[FixtureDef], bool], converted: Collection[Key]
) -> frozenset[Key]:
    """List those that a test uses whose override does more than making a loop."""
    found: set[Key] = set()
    for test in model.tests:
        override = model.override_of(test)
        if override is not None and works(override):
            found.update(
                item.key
                for item in model.closure(test).fixtures
                if item.fixture.scope > Scope.FUNCTION
                and item.function.override is None
                and model.is_async_fixture(item.function)
                and not item.key.is_external
            )
    return frozenset(found.difference(converted))


def requests_after_work(
    model: SuiteModel, test: Test, asking: Collection[Key]
) -> Iterator[LoopRequest]:
    """Yield what these fixtures will request when the test sets them up."""
    for item in model.closure(test).fixtures if asking else ():
        if item.key in asking:
            yield LoopRequest(item, RequestKind.AFTER_WORK, model.override_of(test))
