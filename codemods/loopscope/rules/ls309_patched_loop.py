"""LS309: a test patches ``get_event_loop``, so the calls that the patch reaches stay (LS107)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from loopscope.planning.patched_names import find_patches
from loopscope.rules.context import Rule, RuleContext, RuleResult, action
from loopscope.rules.ls107_running_loop import swaps

_SHOWN = 3


def check(context: RuleContext) -> Iterator[RuleResult]:
    if not context.options.wants("LS107"):
        return
    for patch in find_patches(context.model, swaps(context)):
        if patch.calls:
            places = sorted({f"{path}:{call.line}" for path, call in patch.calls})
            yield action(
                "LS309",
                patch.path,
                patch.hazard.line,
                f"this patch of {patch.hazard.detail} may reach get_event_loop() in async code "
                f"at {_listed(places)}, which therefore stays. Patch get_running_loop instead, "
                "and change these calls with it",
                patch.hazard.column,
            )


def _listed(places: Collection[str]) -> str:
    shown = ", ".join(list(places)[:_SHOWN])
    more = len(places) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


RULE = Rule(
    "LS309",
    "patched-loop",
    "tests patch get_event_loop",
    "any",
    check,
)
