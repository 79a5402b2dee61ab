"""Overrides that stay, until a person replaces them.

Tests that see such an override no longer run on its loop. The next migration reads the suite
again and would take its scope for their loop scope, so tests with another loop scope name it in
a mark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.analysis.suite.suite_model import SuiteModel
from loopscope.planning.override_actions import ActionKind, OverrideAction
from loopscope.types import Scope

_GONE = (ActionKind.DELETE, ActionKind.FACTORY, ActionKind.POLICY)


def deviating(
    model: SuiteModel,
    overrides: Mapping[Key, OverrideAction],
    loop_scope: Callable[[Test], Scope | None],
) -> Iterator[Test]:
    """List the tests whose planned loop scope is not the one their visible override suggests.

    ``loop_scope`` gives the planned one of a test, None where it has nothing to do with loops.
    """
    for test in model.tests:
        left = _nearest(model, overrides, test)
        planned = loop_scope(test) if left is not None else None
        if left is not None and planned not in (None, model.override_loop_scope(left)):
            yield test


def _nearest(
    model: SuiteModel, overrides: Mapping[Key, OverrideAction], test: Test
) -> FixtureDef | None:
    """Find the override that the test sees afterwards; None for no fixture, or a bridge."""
    chain = [(item, overrides.get(item.key)) for item in model.closures.visible(test, EVENT_LOOP)]
    standing = [
        (item, action) for item, action in chain if action is None or action.kind not in _GONE
    ]
    if not standing:
        return None
    item, action = standing[-1]
    return item if action is not None and action.stays else None
