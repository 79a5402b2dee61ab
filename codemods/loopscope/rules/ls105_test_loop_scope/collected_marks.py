"""What pytest says of the marks that a hook adds: whether they keep their loop (LS105)."""

from __future__ import annotations

from loopscope.analysis.suite.fixtures import Test
from loopscope.rules.context import RuleContext


def keeps_added_marks(context: RuleContext) -> bool:
    """Whether hooks may go on adding marks, because pytest has collected what they add.

    A test gets a mark of its own where the source has none. An added one without arguments means
    the default, and may be closer than that: it has no say where the default is what the test
    gets, or where nothing was added.
    """
    model = context.model
    if not model.trace_index.trace.holds_all(model.index.test_modules):
        return False
    return all(_keeps(context, test) for test in model.tests if test.function.is_async)


def _keeps(context: RuleContext, test: Test) -> bool:
    if test.id not in context.model.trace_index.trace.lines:
        return False
    if not context.model.is_async_test(test):
        return True
    count = context.model.trace_index.trace.bare_marks.get(test.id)
    if count is None:
        return False
    written = sum(mark.name == "asyncio" for mark in test.marks)
    return count <= written or context.plan.tests.get(test.id) is context.plan.default
