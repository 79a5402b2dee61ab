"""Overrides in a suite on 1.x, where a fixture named ``event_loop`` is one like any other."""

from __future__ import annotations

from loopscope.analysis.file.facts import BodyKind
from loopscope.analysis.suite.closure import EVENT_LOOP, loop_requests
from loopscope.analysis.suite.fixtures import FixtureDef, Key
from loopscope.planning.override_actions import ActionKind, OverrideAction, manual
from loopscope.planning.solver import ComponentSolver

_MORE = (BodyKind.FACTORY, BodyKind.OTHER)


def action_for_asked(solver: ComponentSolver, key: Key) -> OverrideAction | None:
    """Decide on an override whose loop sync code uses, and which then is no dead code.

    Async code has the running loop at hand, and runs on no other. Where it asks for a loop that
    is not made as the running one is, a person had to replace the override, and still has to.

    Returns:
        None where no sync code uses it.
    """
    requests = [
        (request, solver.is_async(test))
        for test in solver.model.tests
        for request in loop_requests(solver.model.closure(test))
        if request.target is not None and request.target.key == key
    ]
    if not any(solver.stays(request, own) for request, own in requests):
        return None
    function = solver.model.index.function(key)
    found = solver.override_action(FixtureDef("", key, function))
    left = found.kind is ActionKind.MANUAL
    more = function.override is not None and function.override.kind in _MORE
    met_by_async = any(
        solver.is_async(test)
        and key in {item.key for item in solver.model.closures.visible(test, EVENT_LOOP)}
        for test in solver.model.tests
    )
    if not met_by_async or not (left or more):
        return OverrideAction(ActionKind.ORDINARY)
    if left:
        return found
    return manual("it makes a loop of another kind, and async code asks for it, too")
