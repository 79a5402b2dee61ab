"""The least pytest-asyncio that a migrated suite runs on.

See docs/loop-rules.md, When each feature came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.planning.conversions import Conversion
from loopscope.planning.override_actions import ActionKind
from loopscope.rules.context import Edit, OptionEdit, RuleContext
from loopscope.rules.ls101_event_loop_override.override_edits import ReplaceOverride
from loopscope.types import Scope

Version = tuple[int, int]


def least_version(
    context: RuleContext, edits: Iterable[Edit], options: Iterable[OptionEdit]
) -> Version:
    """Return the release that brought the newest feature which the result needs.

    Never below 1.0 for a target from 1.0 on: before, the name ``event_loop`` is taken. A suite
    on 1.x that has nothing of that name needs no more than its edits do.
    """
    named = is_migrated(context) or not context.options.target.has(1, 0)
    floor: Version = (0, 24) if named else (1, 0)
    factory = any(edit.code == "LS106" and isinstance(edit, ReplaceOverride) for edit in edits)
    return max([floor, *([(1, 4)] if factory else []), *_needed(context, options)])


def is_migrated(context: RuleContext) -> bool:
    """Whether the suite is on 1.x already, and nothing in it is called ``event_loop``."""
    plan = context.plan
    return plan.suite_style is SuiteStyle.MODERN and not plan.overrides and not plan.bridges


def _needed(context: RuleContext, options: Iterable[OptionEdit]) -> Iterator[Version]:
    for option in options:
        if option.name == "asyncio_default_test_loop_scope":
            yield (0, 26)
        elif option.name == "asyncio_debug":
            yield (1, 2)
        elif option.value == "fixture-scope":
            yield (1, 5)
    if Conversion.BOUND in context.plan.converted.values():
        yield (1, 1)
    for key, override_action in context.plan.overrides.items():
        if override_action.kind is ActionKind.FACTORY:
            yield (1, 4)
        body = context.model.index.function(key).override
        if body is not None and body.dropped and not override_action.stays:
            yield (1, 1)  # asyncio.Runner cleans up
    wide = any(loop_scope > Scope.FUNCTION for loop_scope in context.plan.tests.values())
    if wide and _disturbs_runner(context):
        yield (1, 2)


def _disturbs_runner(context: RuleContext) -> bool:
    """Sync code that takes a wide runner's loop away, or marks on single parameters."""
    return any(
        function.drives_loops or any(mark.inside for mark in function.marks)
        for key, function in context.functions()
        if key not in context.plan.overrides or context.plan.stays(key)
    )
