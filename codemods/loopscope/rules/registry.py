"""Every code that a report can name: the modules ``lsNNN_*`` of this package, in their order.

A rule is found by its module, so a new one is a new file. They are decided and applied in the
order of their codes.
"""

from __future__ import annotations

import re
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import loopscope.rules
from loopscope.rules.context import Rule

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
