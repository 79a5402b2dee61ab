"""Edits that are withheld: of a part of a suite, or of a suite that has to move as a whole.

Of a part that was given, product code is right without the tests. The tests share their
configuration and declarations, which move with the part: the rest must not need them as they were.

Below pytest-asyncio 1.0, a suite with an override that a person must replace is left as it is. An
override still works there, and a loop scope beside it does not: a test with one runs without what
the override does, and a request for ``event_loop`` in such a test ends the whole run
(docs/loop-rules.md, Overrides below 1.0).
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from posixpath import basename

from loopscope.analysis.suite.fixtures import Key
from loopscope.config.declaring_names import is_pin_file
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.rules.context import DefinitionEdit, Edit, OptionEdit, RuleContext
from loopscope.rules.ls201_pytest_configuration import FIXTURE_OPTION
from loopscope.types import (
    Change,
    EditRecord,
    FileError,
    Finding,
    Level,
    Migration,
    Scope,
    Status,
    Suite,
)

# Edits of these rules are right without those of other files.
ALONE = frozenset({"LS107", "LS108"})
# Those of these hold for all of a suite.
_SHARED = frozenset({"LS201", "LS202"})


def product_files(
    model: SuiteModel, changes: Sequence[Change], findings: Sequence[Finding]
) -> frozenset[str]:
    """Return the files of product code of which something is said.

    One that moves along with the tests, such as a plugin module of theirs, is none.
    """
    together = {
        change.path for change in changes if any(edit.code not in ALONE for edit in change.edits)
    }
    named = {change.path for change in changes} | {finding.path for finding in findings}
    paths = {path for path in named - together if path in model.files}
    return frozenset(path for path in paths if model.is_product(path))


def product_part(suite: Suite, model: SuiteModel, migration: Migration) -> frozenset[str]:
    """Return the files of the given part of a suite where they are product code alone.

    What a part of the tests depends on (conftests, declarations) is no matter for these.
    """
    given = frozenset(
        path
        for path in suite.editable or ()
        if path in model.files and basename(path) != "conftest.py" and not is_pin_file(path)
    )
    together = {change.path for change in migration.changes} - migration.product
    alone = given.isdisjoint(together) and all(map(model.is_product, given))
    return given if alone else frozenset()


def left_wrong(
    editable: Collection[str],
    model: SuiteModel,
    migration: Migration,
    left_out: Collection[tuple[str, EditRecord]],
) -> Iterator[Finding]:
    """Yield what a change of a part alone leaves wrong in the rest of its suite."""
    if not migration.changes:
        return
    for finding in migration.findings:
        if finding.level is Level.ACTION and finding.path not in editable:
            yield finding
    made = {edit.code for change in migration.changes for edit in change.edits}
    if model.suite_style is SuiteStyle.LEGACY and not _SHARED.isdisjoint(made):
        for path, edit in left_out:
            if edit.code not in ALONE:
                message = f"{edit.definition or path} would stay as the old release wants it"
                yield Finding(path, edit.line, 1, edit.code, message)


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


def migration_of_product(migration: Migration, part: Collection[str]) -> Migration:
    """Return what is said of product code alone: it is right without the rest of its suite."""
    changes = [one for one in migration.changes if one.path in part]
    findings = [one for one in migration.findings if one.path in part]
    status = Status.of(changes, findings, errors=migration.errors)
    return replace(
        migration,
        status=status,
        changes=tuple(changes),
        findings=tuple(findings),
        loops_after=migration.loops_before,
    )


def not_in_part(suite: Suite, first: Finding) -> Migration:
    """Return an error for a part without which the rest of its suite would be wrong."""
    message = (
        f"nothing is changed: with only this part, {first.message.partition('. ')[0]}"
        f" ({first.path}:{first.line}). Migrate the whole suite: loopscope migrate"
        f" {_quoted(suite.label)}"
    )
    errors = (*suite.errors, FileError(".", message))
    return Migration(suite.label, suite.config.path, Status.ERROR, errors=errors)


def _quoted(path: str) -> str:
    """Write a path as a shell takes it for one, and no program for an option."""
    return shlex.quote(f"./{path}" if path.startswith("-") else path)
