"""What becomes of each override of a suite: by its body and place, and by who uses it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from loopscope.analysis.suite.closure import EVENT_LOOP, loop_requests
from loopscope.analysis.suite.fixtures import FixtureDef, Key
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.planning.factories import choose_factory
from loopscope.planning.override_actions import ActionKind, OverrideAction, manual
from loopscope.planning.solver import ComponentSolver
from loopscope.types import Scope


def actions(
    solver: ComponentSolver, tests: Mapping[str, Scope]
) -> Iterator[tuple[Key, OverrideAction]]:
    """Yield the action for each override; ``tests`` are the loop scopes of the async tests."""
    model = solver.model
    modern = model.suite_style is SuiteStyle.MODERN
    for path, facts in model.files.items():
        for function in facts.functions:
            if not model.is_override(function):
                continue
            key = Key(path, function.ordinal)
            registered = any(item.key == key for item in model.overrides)
            shadowed = key in model.index.shadowed
            if shadowed or (key in model.index.hidden and not registered):
                yield key, OverrideAction(ActionKind.DELETE)  # it never took effect
                continue
            if _only_sync(solver, key):
                yield key, OverrideAction(ActionKind.ORDINARY)
                continue
            asked = _asked(solver, key) if modern else None
            if asked is not None:
                yield key, asked
                continue
            override_action = solver.override_action(FixtureDef("", key, function))
            if path.startswith("../") and override_action.kind is not ActionKind.DELETE:
                reason = override_action.reason or "it does more than making a loop"
                override_action = OverrideAction(ActionKind.MANUAL, reason)
            if override_action.kind is ActionKind.FACTORY:
                concerned = [test for test in model.tests if solver.users.concerns(test)]
                override_action = choose_factory(model, key, concerned, tests)
            yield key, override_action


def _only_sync(solver: ComponentSolver, key: Key) -> bool:
    """Whether only sync tests and sync fixtures meet the override: an ordinary fixture.

    An async test below a nearer override counts too: it sees this one when that is gone.
    """
    model, met = solver.model, False
    for test in model.tests:
        chain = model.closures.visible(test, EVENT_LOOP)
        if key not in {item.key for item in chain}:
            continue
        closure = model.closure(test)
        if solver.users.is_async(test) or any(
            item.function.override is None and solver.users.is_loop_fixture(item)
            for item in closure.fixtures
        ):
            return False
        met = met or (chain[-1].key == key and any(True for _ in loop_requests(closure)))
    return met


def _asked(solver: ComponentSolver, key: Key) -> OverrideAction | None:
    """Decide on an override of a suite on 1.x whose loop sync code uses: it is no dead code.

    Async code has the running loop at hand, and runs on no other. Where it sees an override whose
    loop is not made as the running one is, a person had to replace that, and still has to.

    Returns:
        None where no sync code uses it.
    """
    model = solver.model
    if not any(
        request.target is not None
        and request.target.key == key
        and solver.stays(request, solver.users.is_async(test))
        for test in model.tests
        for request in loop_requests(model.closure(test))
    ):
        return None
    function = model.index.function(key)
    found = solver.override_action(FixtureDef("", key, function))
    left = found.kind is ActionKind.MANUAL
    another = function.override is not None and function.override.makes_another_kind
    met_by_async = any(
        solver.users.is_async(test)
        and key in {item.key for item in model.closures.visible(test, EVENT_LOOP)}
        for test in model.tests
    )
    if not met_by_async or not (left or another):
        return OverrideAction(ActionKind.ORDINARY)
    if left:
        return found
    return manual("it makes a loop of another kind, and async code asks for it, too")
