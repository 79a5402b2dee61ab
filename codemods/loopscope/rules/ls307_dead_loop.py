"""LS307: an object, or a loop itself, is used after the loop that it belongs to was closed.

Each ``asyncio.run`` makes a new loop and closes it: a session, queue or connection of the
first one fails in the second with "attached to a different loop" or "Event loop is closed".
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.file.checks_ls305_ls307 import AFTER_CLOSE
from loopscope.rules.context import Rule, RuleContext, RuleResult, note


def check(context: RuleContext) -> Iterator[RuleResult]:
    for path, facts in context.files.items():
        for hazard in facts.hazards:
            if hazard.code != "LS307":
                continue
            if hazard.detail.startswith(AFTER_CLOSE):
                name = hazard.detail.removeprefix(AFTER_CLOSE).strip()
                message = f"{name} was closed above: run what is left before the close"
            else:
                message = (
                    f"{hazard.detail} belongs to the loop of an earlier asyncio.run(), which is "
                    "closed. Do both in one coroutine under one asyncio.run()"
                )
            yield note("LS307", path, hazard.line, message, hazard.column)


RULE = Rule(
    "LS307",
    "dead-loop",
    "something is used after its loop was closed",
    "any",
    check,
)
