"""LS303: ``get_event_loop()`` stands where no loop may be current.

Sync code has no running loop, so it gets the current one. From pytest-asyncio 1.4 on sync tests
find none, and from Python 3.14 on no thread has one unless somebody sets it. Who calls such code
cannot be known, so it stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.file.calls import CURRENT_LOOP
from loopscope.analysis.suite.fixtures import Key
from loopscope.rules.context import Rule, RuleContext, RuleResult, note
from loopscope.rules.ls107_running_loop import overrides_in, will_run


def check(context: RuleContext) -> Iterator[RuleResult]:
    for path, facts in context.files.items():
        gone = overrides_in(context, path)
        for call in facts.loop_calls:
            if call.what not in CURRENT_LOOP or call.owner in gone:
                continue
            if will_run(context, path, call):
                continue  # LS107, or a patch keeps it (LS309)
            if call.owner is None or not _has_loop(context, Key(path, call.owner)):
                yield note(
                    "LS303",
                    path,
                    call.line,
                    f"get_event_loop() in {call.place.value}: no loop may be current there. "
                    "Call get_running_loop() from async code, or pass the loop in",
                    call.column,
                )


def _has_loop(context: RuleContext, key: Key) -> bool:
    """Recognize a function that LS102 takes care of, or a fixture with a loop of its own."""
    return key in context.plan.converted or key in context.plan.fixtures


RULE = Rule(
    "LS303",
    "current-loop-in-sync-code",
    "get_event_loop() where no loop may be current (note): from Python 3.14 it raises there. "
    "Call get_running_loop() from async code, or pass the loop in",
    "1.4",
    check,
)
