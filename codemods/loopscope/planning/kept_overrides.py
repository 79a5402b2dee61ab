"""What an override that stays stands on, or hides: that stays, too."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise

from loopscope.analysis.file.facts import Function
from loopscope.analysis.file.loop_kinds import DEFAULT, UNKNOWN
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import FixtureDef, Key
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.planning.override_actions import ActionKind, OverrideAction

Overrides = dict[Key, OverrideAction]


def without_shadowed(model: SuiteModel, overrides: Overrides) -> Overrides:
    """Leave an override in a base class alone where one that stays hides it.

    It shows when a person takes that one away; until then it has no effect.
    """
    for key, hiding in model.index.shadowed.items():
        if any(other not in overrides or overrides[other].stays for other in hiding):
            overrides.pop(key, None)
    return overrides


def keep_foundations(model: SuiteModel, overrides: Overrides) -> Overrides:
    """Keep the overrides on which one builds that stays: it would find no ``event_loop``."""
    pairs = list(_pairs(model))
    grown = True
    while grown:
        grown = False
        for outer, inner in pairs:
            action = overrides.get(inner.key)
            if action is None or not action.stays or not _asks(inner.function):
                continue
            below = overrides.get(outer.key)
            if below is not None and not below.stays:
                reason = f"the one of {_place(inner)}, which stays, builds on it"
                overrides[outer.key] = OverrideAction(ActionKind.MANUAL, reason, with_that=True)
                grown = True
    return overrides


def keep_kinds(model: SuiteModel, overrides: Overrides, replaced: Collection[Key | None]) -> None:
    """Keep an override that hides one which a person must replace, and makes loops of a kind.

    Without it its tests would see the other, and the next migration would give them that kind.
    Where a bridge takes its place they see the bridge.
    """
    for outer, inner in _pairs(model):
        left, action = overrides.get(outer.key), overrides.get(inner.key)
        if left is None or action is None or inner.key in replaced:
            continue
        goes = action.kind is ActionKind.DELETE
        known = _kinds(outer) - {UNKNOWN}  # what is unreadable is most often a plain loop
        if goes and left.kind is ActionKind.MANUAL and known and known != _kinds(inner):
            reason = f"it hides the one of {_place(outer)} from its tests, which makes other loops"
            overrides[inner.key] = OverrideAction(ActionKind.MANUAL, reason, with_that=True)


def _pairs(model: SuiteModel) -> Iterator[tuple[FixtureDef, FixtureDef]]:
    """Yield each override with the next nearer one that some test sees, once; the outer first."""
    seen: set[tuple[str, str]] = set()
    for test in model.tests:
        chain = model.closures.visible(test, EVENT_LOOP)
        for outer, inner in pairwise(chain):
            pair = (outer.base_id, inner.base_id)
            if pair not in seen:
                seen.add(pair)
                if not (outer.key.is_external or inner.key.is_external):
                    yield outer, inner


def _asks(function: Function) -> bool:
    return EVENT_LOOP in function.parameters or bool({EVENT_LOOP, ""} & set(function.dynamic))


def _kinds(item: FixtureDef) -> frozenset[str]:
    """List the kinds of loop that an override makes."""
    body = item.function.override
    if body is None or not body.makes_another_kind:
        return frozenset({UNKNOWN if body is not None and body.variants else DEFAULT})
    return frozenset(variant.kind for variant in body.variants) or frozenset({UNKNOWN})


def _place(item: FixtureDef) -> str:
    return f"{item.key.path}:{item.function.line}"
