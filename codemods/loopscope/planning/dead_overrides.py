"""Overrides in a suite on 1.x, where a fixture named ``event_loop`` is one like any other."""

from __future__ import annotations

from loopscope.analysis.suite.closure import loop_requests
from loopscope.analysis.suite.fixtures import Key
from loopscope.planning.solver import ComponentSolver


def asked_for(solver: ComponentSolver, key: Key) -> bool:
    """Whether sync code uses the loop of the override, which then is no dead code.

    Async code has the running loop at hand, and runs on no other.
    """
    return any(
        request.target is not None
        and request.target.key == key
        and solver.stays(request, solver.is_async(test))
        for test in solver.model.tests
        for request in loop_requests(solver.model.closure(test))
    )
