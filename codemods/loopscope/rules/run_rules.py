"""Run the rules on a suite: what they edit and find, without what is not wanted."""

from __future__ import annotations

from loopscope.rules.context import Edit, OptionEdit, RuleContext
from loopscope.rules.registry import REGISTRY
from loopscope.rules.trace_notes import with_trace_notes
from loopscope.types import Finding


def check_rules(
    context: RuleContext,
) -> tuple[list[Edit], list[OptionEdit], list[Finding], set[str]]:
    """Run the rules; also return the codes of those with edits that are not selected."""
    edits: list[Edit] = []
    options: list[OptionEdit] = []
    findings: list[Finding] = []
    left_out: set[str] = set()
    for rule in REGISTRY:
        for outcome in rule.check(context) if rule.check else ():
            if not context.options.wants(outcome.code):
                if not isinstance(outcome, Finding):
                    left_out.add(outcome.code)
                continue
            if is_ignored(context, outcome):
                continue
            if isinstance(outcome, Edit):
                edits.append(outcome)
            elif isinstance(outcome, OptionEdit):
                options.append(outcome)
            else:
                findings.append(outcome)
    return with_trace_notes(context, edits), options, findings, left_out


def is_ignored(context: RuleContext, outcome: Edit | OptionEdit | Finding) -> bool:
    """Whether a ``# loopscope: ignore`` comment covers the definition at the outcome's line."""
    if isinstance(outcome, OptionEdit) or outcome.path not in context.files:
        return False
    facts = context.files[outcome.path]
    if not facts.ignores:
        return False
    lines = {outcome.line}
    for function in facts.functions:
        if function.first_line <= outcome.line <= function.end_line:
            lines.update(range(function.first_line, function.line + 1))
    return any(
        outcome.code.startswith(codes) for line, codes in facts.ignores.items() if line in lines
    )
