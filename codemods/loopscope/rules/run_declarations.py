"""What a suite declares, once all edits are known, and the least release that it then runs on.

Declarations are raised, or said not to go together. See docs/loop-rules.md, When each feature
came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from loopscope.config.declaring_names import is_pin_file
from loopscope.config.entry_points import plugin_entry_points
from loopscope.frozen import frozen
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.planning.conversions import Conversion
from loopscope.planning.override_actions import ActionKind
from loopscope.requirements import read_pins
from loopscope.requirements.compatibility import PLUGIN, RELEASES
from loopscope.requirements.pin import highest, padded
from loopscope.rewriting.edits import RequirementEdit
from loopscope.rules.context import Edit, OptionEdit, RuleContext
from loopscope.rules.declarations import Declarations, Need, dotted, read_declarations
from loopscope.rules.ls101_event_loop_override.override_edits import ReplaceOverride
from loopscope.rules.registry import REGISTRY
from loopscope.types import FileError, Finding, Level, Scope

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
    edits = list(edits)
    factory = any(edit.code == "LS106" and isinstance(edit, ReplaceOverride) for edit in edits)
    ends = any(edit.code == "LS305" for edit in edits)  # a hook that ended loops goes
    needs = [floor, *([Need((1, 4), _FACTORIES)] if factory else []), *_needed(context, options)]
    needs += [Need((1, 1), _CLEANS_UP)] if ends else []
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


_EVENT_LOOP = re.compile(r"(?<![a-z_])event_loop\b")  # not get_event_loop()


@frozen
class Requirements:
    """The edits of declarations, what is said about them, and what is required afterwards."""

    edits: list[RequirementEdit]
    findings: list[Finding]
    required: str = ""  # such as "pytest-asyncio>=1.1"; "" where pytest-asyncio is not used


def check_declarations(
    context: RuleContext,
    least: Need,
    edits: Iterable[Edit | OptionEdit],
    *,
    finished: bool,
    held: str = "",
) -> Requirements:
    """Run LS202 and LS310: raise what is too old for the edits, say what does not go together.

    Args:
        context: The suite, with its plan.
        least: What the result needs.
        edits: The edits of all other rules.
        finished: Whether nothing is left to a person or to another run.
        held: Where a pytest plugin of the project's own needs what is declared.
    """
    if not context.model.uses_plugin:
        return Requirements([], [])
    if not context.options.requirements:
        return Requirements([], [], _required(context, least, None))
    need = least
    if all(edit.code == "LS107" for edit in edits):  # an older pytest-asyncio runs them, too
        need = _unchanged(context, least, finished=finished)
    if held:
        need = replace(need, raises=False, held=held)
    declarations = read_declarations(
        context.contents,
        context.options.target,
        need,
        named=context.options.target_named,
        projects=context.model.cross_suite.projects,
    )
    chosen = [
        outcome
        for rule in REGISTRY
        if rule.check_declarations is not None
        for outcome in rule.check_declarations(declarations)
        if context.options.wants(outcome.code)
    ]
    return Requirements(
        [outcome for outcome in chosen if isinstance(outcome, RequirementEdit)],
        [outcome for outcome in chosen if isinstance(outcome, Finding)],
        _required(context, least, declarations),
    )


def _unchanged(context: RuleContext, least: Need, *, finished: bool) -> Need:
    """Return what a suite needs whose code and configuration stay as they are.

    One that runs on loop scopes needs them. One that is declared for older releases only, and
    of which nothing stands in the way of the new ones, moves: its declarations are raised.
    """
    if context.plan.suite_style is SuiteStyle.MODERN:
        return Need(RELEASES[0].series, least.reason, raises=False)
    if not finished:
        return Need((0, 0), least.reason, raises=False)
    return replace(least, raises=context.model.settings.evidence.newest < (1, 0))


def held_by_own_plugin(context: RuleContext, findings: Iterable[Finding]) -> str:
    """Return where the project's own pytest plugin goes by ``event_loop``, "" where it does not.

    Its hooks are left to a person, so an upper bound below 1.0 has its reason until then. Edits
    that need a newer release wait for that, too.
    """
    if not context.options.requirements or not context.model.uses_plugin:
        return ""
    tops = {module.partition(".")[0] for _, module in plugin_entry_points(context.contents)}
    places = (
        f"{finding.path}:{finding.line}"
        for finding in findings
        if tops
        and finding.level is Level.ACTION
        and _EVENT_LOOP.search(finding.message)
        and not tops.isdisjoint(finding.path.removesuffix(".py").split("/"))
    )
    place = min(places, default="")
    if not place:
        return ""
    read = (read_pins(path, data) for path, data in context.contents.items() if is_pin_file(path))
    pins = (pin for found in read if not isinstance(found, FileError) for pin in found)
    capped = (
        pin.package == PLUGIN and pin.kind.editable and highest(pin) <= padded((1, 0))
        for pin in pins
    )
    return place if any(capped) else ""


def _required(context: RuleContext, least: Need, declarations: Declarations | None) -> str:
    """Return the pytest-asyncio that is required afterwards: as declared, if that is enough."""
    wanted = declarations.oldest_after() if declarations is not None else ""
    floor = least.version
    if least.stays and context.options.target.has(1, 0):
        floor = max(floor, (1, 0))  # it is on 1.x as it is
    return f"{PLUGIN}{wanted or '>=' + dotted(floor)}"
