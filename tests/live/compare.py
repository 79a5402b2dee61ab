"""The product's comparison as lines of text, one for each complaint."""

from __future__ import annotations

from loopscope.verify import differences as product
from loopscope.verify.run_record import SuiteRun


def outcomes(before: SuiteRun, after: SuiteRun) -> list[str]:
    """Where a test ended otherwise than before, is gone or is new."""
    return list(map(str, product.outcomes(before, after)))


def groups(before: SuiteRun, after: SuiteRun, *, may_join: bool = False) -> list[str]:
    """Where tests that shared a loop no longer do, or (without ``may_join``) newly share one."""
    may_share = product.always if may_join else product.never
    return list(map(str, product.groups(before, after, may_share)))


def strays(run: SuiteRun) -> list[str]:
    """Find tests with an async fixture, or a fixture named event_loop, on another loop."""
    return list(map(str, product.strays(SuiteRun(0, {}), run)))


def kinds(before: SuiteRun, after: SuiteRun) -> list[str]:
    """Find tests whose loop is of another class than before."""
    return list(map(str, product.kinds(before, after)))


def loops_kept(before: SuiteRun, after: SuiteRun) -> tuple[int, int]:
    """How many separate loops the tests lived on, before and after."""
    return before.loops, after.loops
