"""Below pytest-asyncio 1.0, a suite with an override that a person must replace is left as it is.

An override still works there, and a loop scope beside it does not: a test with one runs without
what the override does, and a request for ``event_loop`` in such a test ends the whole run
(docs/loop-rules.md, Overrides below 1.0).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.rules.context import DefinitionEdit, Edit, OptionEdit, RuleContext
from loopscope.rules.ls201_pytest_configuration import FIXTURE_OPTION
from loopscope.types import Finding, Level, Scope

_WAITS = "Until then the rest of the suite stays as it is, and runs as before"
_KEPT_RULES = ("LS103", "LS107")
_KEPT_OPTIONS = ("asyncio_mode", "asyncio_debug")


def is_left_whole(context: RuleContext, findings: Sequence[Finding]) -> bool:
    """Whether an override stays for a person, in a suite that goes to a release that honors it."""
    if context.options.target.has(1, 0) or context.plan.suite_style is not SuiteStyle.LEGACY:
        return False
    return any(item.code == "LS101" and item.level is Level.ACTION for item in findings)


def saying_so(findings: Sequence[Finding]) -> list[Finding]:
    """Say with each override that is left that its suite waits for it."""
    return [
        replace(item, message=f"{item.message}. {_WAITS}")
        if item.code == "LS101" and item.level is Level.ACTION
        else item
        for item in findings
    ]


def edits_of_the_rest(
    context: RuleContext, edits: Sequence[Edit], option_edits: Sequence[OptionEdit]
) -> tuple[list[Edit], list[OptionEdit]]:
    """Keep the edits that are right with and without the override.

    The default for fixtures becomes function: so each still runs on the loop of the override.
    """
    options = [edit for edit in option_edits if edit.name in _KEPT_OPTIONS]
    settings = context.model.settings
    if settings.fixture_default is not Scope.FUNCTION:
        options.append(
            OptionEdit(
                "LS201",
                FIXTURE_OPTION,
                Scope.FUNCTION.word,
                "fixtures stay on the loop of the event_loop override, which is left to a person",
            )
        )
    converted = context.plan.converted
    kept: list[Edit] = [
        edit
        for edit in edits
        if edit.code in _KEPT_RULES
        and isinstance(edit, DefinitionEdit)
        and Key(edit.path, edit.ordinal) not in converted
    ]
    return kept, options
