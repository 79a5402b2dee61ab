"""Tests whose planned loop is not what the override that they see in the end suggests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.planning.override_actions import ActionKind, OverrideAction
from loopscope.types import Scope

_REPLACED = (ActionKind.DELETE, ActionKind.FACTORY, ActionKind.POLICY)


def deviating(
    model: SuiteModel,
    overrides: Mapping[Key, OverrideAction],
    loop_scope: Callable[[Test], Scope | None],
) -> Iterator[Test]:
    """Return the tests on another loop scope than the override that they see in the end suggests.

    An override that stays is no longer their loop. But another migration reads the suite again,
    and would take it for that: what deviates from it is named.
    ``loop_scope`` gives the planned one of a test, None where it has nothing to do with loops.
    """
    for test in model.tests:
        left = _nearest_left(model, overrides, test)
        planned = loop_scope(test) if left is not None else None
        if left is not None and planned not in (None, model.legacy.override_loop_scope(left)):
            yield test


def _nearest_left(
    model: SuiteModel, overrides: Mapping[Key, OverrideAction], test: Test
) -> FixtureDef | None:
    """Return the override that the test sees afterwards; None where it sees none, or a bridge."""
    chain = [(item, overrides.get(item.key)) for item in model.closures.visible(test, EVENT_LOOP)]
    standing = [
        (item, action) for item, action in chain if action is None or action.kind not in _REPLACED
    ]
    if not standing:
        return None
    item, action = standing[-1]
    return item if action is not None and action.stays else None
