"""LS306: a fixture closes a resource while tasks that it started still use it.

A loop that lives longer than a test gives such tasks time to run into the closed resource;
``asyncio.Runner`` cancels them only when the loop's scope ends (pytest-asyncio 1.1 and newer).
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.rules.context import Rule, RuleContext, RuleResult, note


def check(context: RuleContext) -> Iterator[RuleResult]:
    for path, facts in context.files.items():
        fixtures = {
            function.ordinal: function
            for function in facts.functions
            if function.fixture is not None
        }
        for hazard in facts.hazards:
            if hazard.code == "LS306" and hazard.ordinal in fixtures:
                name, _, how = hazard.detail.partition(" ")
                yield note(
                    "LS306",
                    path,
                    hazard.line,
                    f"{fixtures[hazard.ordinal].qualname} starts this task and closes {name} "
                    f"{how}. After the yield cancel the task, await it, then close {name}",
                    hazard.column,
                )


RULE = Rule(
    "LS306",
    "early-close",
    "a fixture closes a resource before it ends the tasks that use it",
    "1.1",
    check,
)
