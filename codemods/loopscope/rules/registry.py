"""All rules by code, name and summary: every code that a report can name."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from loopscope.rules import ORDER
from loopscope.rules.context import Rule, RuleContext, RuleResult
from loopscope.rules.ls202_requirement import RULE as REQUIREMENT


def _elsewhere(context: RuleContext) -> Iterator[RuleResult]:
    """Yield no result: another rule, or the pipeline, makes this check."""
    return iter(())


_PARTS = (
    Rule(
        "LS108",
        "imports",
        "imports that an edit needs are added; those that only removed code used go",
        "any",
        _elsewhere,
    ),
    Rule(
        "LS303",
        "current-loop-in-sync-code",
        "get_event_loop() where no loop may be current (note): from Python 3.14 it raises there. "
        "Call get_running_loop() from async code, or pass the loop in",
        "1.4",
        _elsewhere,
    ),
    Rule(
        "LS310",
        "must-move-along",
        "a plugin, a pin or a supported Python that the new pytest-asyncio does not run with",
        "1.0",
        _elsewhere,
    ),
    Rule(
        "LS390",
        "loops-differ",
        "the loop map of the result differs from the legacy one: a suite beyond the rules, or a "
        "bug of loopscope. Look at the test and its fixtures by hand",
        "any",
        _elsewhere,
    ),
)

REGISTRY: tuple[Rule, ...] = tuple(
    sorted((*ORDER, REQUIREMENT, *_PARTS), key=lambda rule: rule.code)
)


def find_rule(code: str) -> Rule | None:
    """Find the rule of that code, in any case of letters."""
    return next((rule for rule in REGISTRY if rule.code == code.upper()), None)


def describe(rule: Rule) -> str:
    """Describe a rule: its summary, and the reason behind it."""
    module = sys.modules[rule.check.__module__]
    text = f"{rule.code} {rule.name}\n\n"
    if module.__name__ != __name__ and module.__doc__:
        text += f"{module.__doc__.split(': ', 1)[-1].strip()}\n"
    else:
        text += f"{rule.summary}.\n"
    since = "any release" if rule.since == "any" else f"pytest-asyncio {rule.since} and newer"
    return f"{text}\nNeeded for: {since}\n"
