"""Overrides in a suite on 1.x, where a fixture named ``event_loop`` is one like any other."""

from __future__ import annotations

from loopscope.analysis.suite.closure import EVENT_LOOP, loop_requests
from loopscope.analysis.suite.fixtures import FixtureDef, Key
from loopscope.planning.override_actions import ActionKind, OverrideAction, manual
from loopscope.planning.solver import ComponentSolver


def action_for_asked(solver: ComponentSolver, key: Key) -> OverrideAction | None:
    """Decide on an override whose loop sync code uses, and which then is no dead code.

    Async code has the running loop at hand, and runs on no other. Where it sees an override whose
    loop is not made as the running one is, a person had to replace that, and still has to.

    Returns:
        None where no sync code uses it.
    """
    model = solver.model
    if not any(
        request.target is not None
        and request.target.key == key
        and solver.stays(request, solver.is_async(test))
        for test in model.tests
        for request in loop_requests(model.closure(test))
    ):
        return None
    function = model.index.function(key)
    found = solver.override_action(FixtureDef("", key, function))
    left = found.kind is ActionKind.MANUAL
    another = function.override is not None and function.override.makes_another_kind
    met_by_async = any(
        solver.is_async(test)
        and key in {item.key for item in model.closures.visible(test, EVENT_LOOP)}
        for test in model.tests
    )
    if not met_by_async or not (left or another):
        return OverrideAction(ActionKind.ORDINARY)
    if left:
        return found
    return manual("it makes a loop of another kind, and async code asks for it, too")
