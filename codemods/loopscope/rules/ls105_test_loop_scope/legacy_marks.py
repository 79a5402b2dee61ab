"""LS105 for ``asyncio_event_loop``, the mark that only pytest-asyncio 0.22 knew."""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.file.facts import Mark
from loopscope.loop_map.legacy import LOOP_MARK
from loopscope.rules.context import RuleContext, RuleResult, action
from loopscope.rules.ls105_test_loop_scope.mark_edits import (
    RemoveDecoratorMark,
    RemoveStatementMark,
)

_MESSAGE = "asyncio_event_loop removed: loop_scope says what it said"


def drop_loop_marks(context: RuleContext) -> Iterator[RuleResult]:
    """Remove the marks; the loop scope of their tests is set as for an override."""
    seen: set[tuple[str, int | None, int]] = set()
    for test in context.model.tests:
        for mark in test.marks:
            place = (mark.path, mark.ordinal, mark.line)
            if mark.name == LOOP_MARK and place not in seen:
                seen.add(place)
                yield _drop(context, mark)


def _drop(context: RuleContext, mark: Mark) -> RuleResult:
    place = ("LS105", mark.path, mark.line)
    if mark.keywords:
        return action(
            *place,
            "asyncio_event_loop with a policy is gone: return the loops from a "
            "pytest_asyncio_loop_factories hook, and mark the tests asyncio(loop_scope=…)",
        )
    if mark.ordinal is not None:
        return RemoveDecoratorMark(*place, LOOP_MARK, _MESSAGE, mark.ordinal, mark.spelled)
    alone = context.files[mark.path].is_all_of_a_variable(mark)
    if mark.statement is not None and not alone:
        return RemoveStatementMark(*place, "pytestmark", _MESSAGE, mark.statement, mark.spelled)
    return action(*place, "remove this mark by hand: loop_scope says what it said")
