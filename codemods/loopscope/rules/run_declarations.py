"""What a suite declares, once all edits are known: raised, or said not to go together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from loopscope.config.entry_points import plugin_entry_points
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.requirements.compatibility import PLUGIN, RELEASES
from loopscope.rewriting.edits import RequirementEdit
from loopscope.rules.context import Edit, OptionEdit, RuleContext
from loopscope.rules.declarations import Declarations, Need, dotted, read_declarations
from loopscope.rules.registry import REGISTRY
from loopscope.types import Finding, Level

_EVENT_LOOP = re.compile(r"(?<![a-z_])event_loop\b")  # not get_event_loop()


@dataclass(frozen=True, slots=True)
class Requirements:
    """The edits of declarations, what is said about them, and what is required afterwards."""

    edits: list[RequirementEdit]
    findings: list[Finding]
    required: str = ""  # such as "pytest-asyncio>=1.1"; "" where pytest-asyncio is not used


def check_declarations(
    context: RuleContext,
    least: Need,
    edits: Iterable[Edit | OptionEdit],
    findings: Iterable[Finding],
    *,
    finished: bool,
) -> Requirements:
    """Run LS202 and LS310: raise what is too old for the edits, say what does not go together.

    Args:
        context: The suite, with its plan.
        least: What the result needs.
        edits: The edits of all other rules.
        findings: Their findings.
        finished: Whether nothing is left to a person or to another run.
    """
    if not context.model.uses_plugin:
        return Requirements([], [])
    if not context.options.requirements:
        return Requirements([], [], _required(context, least, None))
    need = least
    if all(edit.code == "LS107" for edit in edits):  # an older pytest-asyncio runs them, too
        need = _unchanged(context, least, finished=finished)
    held = _kept_by_own_plugin(context, findings)
    if held:
        need = replace(need, raises=False, held=held)
    declarations = read_declarations(
        context.contents, context.options.target, need, named=context.options.target_named
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


def _kept_by_own_plugin(context: RuleContext, findings: Iterable[Finding]) -> str:
    """Return where the project's own pytest plugin goes by ``event_loop``, "" where it does not.

    Its hooks are left to a person, so an upper bound below 1.0 has its reason until then.
    """
    tops = {module.partition(".")[0] for _, module in plugin_entry_points(context.contents)}
    places = (
        f"{finding.path}:{finding.line}"
        for finding in findings
        if tops
        and finding.level is Level.ACTION
        and _EVENT_LOOP.search(finding.message)
        and not tops.isdisjoint(finding.path.removesuffix(".py").split("/"))
    )
    return min(places, default="")


def _required(context: RuleContext, least: Need, declarations: Declarations | None) -> str:
    """Return the pytest-asyncio that is required afterwards: as declared, if that is enough."""
    wanted = declarations.oldest_after() if declarations is not None else ""
    floor = least.version
    if least.stays and context.options.target.has(1, 0):
        floor = max(floor, (1, 0))  # it is on 1.x as it is
    return f"{PLUGIN}{wanted or '>=' + dotted(floor)}"
