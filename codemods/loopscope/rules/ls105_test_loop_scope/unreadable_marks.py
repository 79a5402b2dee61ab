"""Marks that are beyond reading: where they are, the loop map cannot be trusted."""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.rules.context import RuleContext, RuleResult, action, note


def unreadable_marks(context: RuleContext) -> Iterator[RuleResult]:
    """Async tests of strict mode that an import or an unknown decorator may mark (LS105)."""
    model = context.model
    if model.mode == "auto" or model.suite_style is not SuiteStyle.LEGACY:
        return
    seen = set()
    for test in model.tests:
        function, path = test.function, test.key.path
        if not function.is_async or model.is_async_test(test) or test.key in seen:
            continue
        trace = model.trace_index.trace
        if test.id in trace.used and test.id not in trace.async_tests:
            continue
        if any(mark.name in ("anyio", "trio", "skip") for mark in test.marks):
            continue
        seen.add(test.key)
        if any(
            bound.name == "pytestmark" and model.index.find(test.module, bound.module) is None
            for bound in context.files[test.module].imports
        ):
            message = _MESSAGE.format(function.qualname, "may come with the imported pytestmark")
            yield action("LS105", path, function.line, message)
        elif not function.known_decorators:  # or one that runs the test itself
            message = _MESSAGE.format(function.qualname, "may come with its decorator")
            yield note("LS105", path, function.line, message)


_MESSAGE = (
    "no asyncio mark is read on {}; one {}. Its loop is not allowed for: write "
    "@pytest.mark.asyncio on the test itself, and run loopscope again"
)
