"""A part of a suite that was given: what of it is right by itself, and what the rest would miss.

Product code is right without the tests. The tests share their configuration and declarations,
which move with the part: the rest must not need them as they were.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from posixpath import basename

from loopscope.config.declaring_names import is_pin_file
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.types import Change, EditRecord, Finding, Level, Migration, Suite

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
