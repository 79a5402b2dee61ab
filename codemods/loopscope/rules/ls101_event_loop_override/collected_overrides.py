"""Overrides of ``event_loop`` that win in pytest, and not by the source (LS101)."""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.rules.context import RuleContext, RuleResult, action


def other_overrides(context: RuleContext) -> Iterator[RuleResult]:
    """Report each override that pytest gives to tests which the plan gives another one."""
    model = context.model
    if context.plan.suite_style is not SuiteStyle.LEGACY:
        return
    trace, said = model.trace_index.trace, set()
    for test in model.tests:
        place, override = trace.loop_places.get(test.id), model.override_of(test)
        if place is None or override is None or override.key.is_external:
            continue
        found = (override.key.path, override.function.first_line)
        if place == found or (place, found) in said or place[0] not in context.files:
            continue
        said.add((place, found))
        yield action(
            "LS101", *place,
            f"{test.id} gets this event_loop, {trace.shown}, and by the source that of"
            f" {override.key.path}, line {override.function.line}: the plan rests on the latter."
            " Leave one of the two, and run loopscope again",
        )  # fmt: skip
