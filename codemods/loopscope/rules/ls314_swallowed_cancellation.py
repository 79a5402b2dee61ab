"""LS314: a task that goes on when it is cancelled.

``asyncio.Runner`` (pytest-asyncio 1.1 and newer) cancels all tasks when a loop's scope ends and
waits for them: an endless loop that swallows CancelledError hangs the run.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.rules.context import Rule, RuleContext, RuleResult, note


def check(context: RuleContext) -> Iterator[RuleResult]:
    if not context.model.uses_plugin:
        return
    for path, facts in context.files.items():
        for hazard in facts.hazards:
            if hazard.code == "LS314":
                yield note(
                    "LS314",
                    path,
                    hazard.line,
                    "this endless loop swallows CancelledError: a task in it cannot be "
                    "cancelled, and the close of its event loop hangs. Raise it again, or leave "
                    "the loop",
                    hazard.column,
                )


RULE = Rule(
    "LS314",
    "swallowed-cancellation",
    "a task swallows CancelledError",
    "1.1",
    check,
)
