"""Every code that a report can name, and the run of its rules: the modules ``lsNNN_*``, in order.

A rule is found by its module, so a new one is a new file. They are decided and applied in the
order of their codes.
"""

from __future__ import annotations

import re
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import loopscope.rules
from loopscope.rules.context import Edit, OptionEdit, Rule, RuleContext
from loopscope.rules.trace_notes import with_trace_notes
from loopscope.types import Finding

_MODULE = re.compile(r"ls\d{3}_")

_MODULES: dict[str, ModuleType] = {
    module.RULE.code: module
    for name in sorted(found.name for found in iter_modules(loopscope.rules.__path__))
    if _MODULE.match(name)
    for module in (import_module(f"{loopscope.rules.__name__}.{name}"),)
}

REGISTRY: tuple[Rule, ...] = tuple(module.RULE for module in _MODULES.values())
FILE_CHECKS = {rule.code: rule.file_check for rule in REGISTRY if rule.file_check is not None}


def find_rule(code: str) -> Rule | None:
    """Find the rule of that code, in any case of letters."""
    return next((rule for rule in REGISTRY if rule.code == code.upper()), None)


def describe(rule: Rule) -> str:
    """Describe a rule: its summary, and the reason behind it."""
    text = (_MODULES[rule.code].__doc__ or "").split(": ", 1)[-1].strip()
    if rule.code in _BY_SUMMARY:
        text = f"{rule.summary}."
    since = "any release" if rule.since == "any" else f"pytest-asyncio {rule.since} and newer"
    return f"{rule.code} {rule.name}\n\n{text}\n\nNeeded for: {since}\n"


# The docstrings of these speak of the code, not to those who read a report.
_BY_SUMMARY = ("LS108", "LS303", "LS310", "LS390")


# Rules for what means something to pytest-asyncio alone.
_OF_THE_PLUGIN = frozenset(
    {"LS101", "LS102", "LS103", "LS104", "LS105", "LS106", "LS109", "LS313", "LS317", "LS318"}
)


def check_rules(
    context: RuleContext,
) -> tuple[list[Edit], list[OptionEdit], list[Finding], set[str]]:
    """Run the rules; also return the codes of those with edits that are not selected."""
    edits: list[Edit] = []
    options: list[OptionEdit] = []
    findings: list[Finding] = []
    left_out: set[str] = set()
    left_alone = context.model.classify.is_left_alone
    for rule in REGISTRY:
        if rule.check is None or (left_alone and rule.code in _OF_THE_PLUGIN):
            continue
        for outcome in rule.check(context):
            if not context.options.wants(outcome.code):
                if not isinstance(outcome, Finding):
                    left_out.add(outcome.code)
                continue
            if context.ignores(outcome):
                continue
            if isinstance(outcome, Edit):
                edits.append(outcome)
            elif isinstance(outcome, OptionEdit):
                options.append(outcome)
            else:
                findings.append(outcome)
    return with_trace_notes(context, edits), options, findings, left_out
