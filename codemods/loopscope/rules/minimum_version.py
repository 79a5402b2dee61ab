"""The least pytest-asyncio that a migrated suite runs on.

See docs/loop-rules.md, When each feature came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.planning.conversions import Conversion
from loopscope.planning.override_actions import ActionKind
from loopscope.rules.context import Edit, OptionEdit, RuleContext
from loopscope.rules.declarations import Need
from loopscope.rules.ls101_event_loop_override.override_edits import ReplaceOverride
from loopscope.types import Scope

Version = tuple[int, int]

_GONE = "1.0 is the first without the event_loop fixture of the plugin's own"
_LOOP_SCOPES = "0.24 is the first with loop scopes"
_CLEANS_UP = "1.1 is the first that cancels what is left on a loop before it closes"
_FACTORIES = "loop factories need 1.4"


def least_version(
    context: RuleContext, edits: Iterable[Edit], options: Iterable[OptionEdit]
) -> Need:
    """Return the release that brought the newest feature which the result needs.

    Never below 1.0 for a target from 1.0 on: before, the name ``event_loop`` is taken. A suite
    on 1.x that has nothing of that name needs no more than its edits do.
    """
    stays = stays_on_its_release(context)
    if stays or not context.options.target.has(1, 0):
        floor = Need((0, 24), _LOOP_SCOPES)
    else:
        floor = Need((1, 0), _GONE)
    factory = any(edit.code == "LS106" and isinstance(edit, ReplaceOverride) for edit in edits)
    needs = [floor, *([Need((1, 4), _FACTORIES)] if factory else []), *_needed(context, options)]
    return replace(max(needs, key=lambda need: need.version), stays=stays)


def stays_on_its_release(context: RuleContext) -> bool:
    """Whether the suite is on 1.x already, and nothing in it is called ``event_loop``."""
    plan = context.plan
    return plan.suite_style is SuiteStyle.MODERN and not plan.overrides and not plan.bridges


def _needed(context: RuleContext, options: Iterable[OptionEdit]) -> Iterator[Need]:
    for option in options:
        if option.name == "asyncio_default_test_loop_scope":
            yield Need((0, 26), f"the option {option.name} needs 0.26")
        elif option.name == "asyncio_debug":
            yield Need((1, 2), "the option asyncio_debug needs 1.2")
        elif option.value == "fixture-scope":
            yield Need((1, 5), "the value fixture-scope needs 1.5")
    if Conversion.BOUND in context.plan.converted.values():
        yield Need((1, 1), "a sync function under pytest_asyncio.fixture needs 1.1")
    for key, override_action in context.plan.overrides.items():
        if override_action.kind is ActionKind.FACTORY:
            yield Need((1, 4), _FACTORIES)
        body = context.model.index.function(key).override
        if body is not None and body.dropped and not override_action.stays:
            yield Need((1, 1), _CLEANS_UP)  # with asyncio.Runner
    wide = any(loop_scope > Scope.FUNCTION for loop_scope in context.plan.tests.values())
    if wide and _disturbs_runner(context):
        yield Need(
            (1, 2), "loops wider than function beside code that takes the loop away need 1.2"
        )


def _disturbs_runner(context: RuleContext) -> bool:
    """Sync code that takes a wide runner's loop away, or marks on single parameters."""
    return any(
        function.drives_loops or any(mark.inside for mark in function.marks)
        for key, function in context.functions()
        if key not in context.plan.overrides or context.plan.stays(key)
    )
