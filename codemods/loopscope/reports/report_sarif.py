"""A run as a SARIF 2.1.0 log, for code scanning and editors.

A finding is a result at its level; an edit that is still to be made is a warning.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from loopscope import __version__
from loopscope.escape import visible
from loopscope.reports import ReportOptions, RunDocument, base_directory, directory_uri, uri_from
from loopscope.reports.summary import Summary
from loopscope.rewriting.hunks import Replacement, place_of_edit, replacements
from loopscope.rules.registry import REGISTRY, describe
from loopscope.types import Change, EditRecord, FileError, Finding, Level, Migration

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_ROOT = "SRCROOT"
_LEVELS = {Level.ACTION: "error", Level.NOTE: "note"}
_INDEX = {rule.code: number for number, rule in enumerate(REGISTRY)}
# An edit of this rule is right by itself; the others move together or not at all.
_ALONE = "LS107"


class SarifReport(RunDocument):
    """One log when all is done; nothing else on standard output."""

    def __init__(self, options: ReportOptions) -> None:
        super().__init__(options)
        self._base = base_directory()
        self._results: list[dict[str, Any]] = []

    def add(self, migration: Migration) -> None:
        self._results += results_of(migration, self._base, wrote=self.options.wrote)

    def render(self, summary: Summary) -> str:
        errors = (notification(error, label, self._base) for label, error in self.errors)
        return document(self._results, errors, self._base) + "\n"


def document(
    results: Iterable[dict[str, Any]], notifications: Iterable[dict[str, Any]], base: str
) -> str:
    """Put the log together from ``results_of`` and ``notification``."""
    errors = list(notifications)
    run = {
        "tool": {"driver": _driver()},
        "invocations": [{"executionSuccessful": not errors, "toolExecutionNotifications": errors}],
        "originalUriBaseIds": {_ROOT: {"uri": directory_uri(base)}},
        "columnKind": "unicodeCodePoints",
        "results": list(results),
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def results_of(migration: Migration, base: str, *, wrote: bool) -> Iterator[dict[str, Any]]:
    """List the results of one suite.

    Args:
        migration: Its errors are left out, see ``notification``.
        base: The directory that paths in the log are relative to.
        wrote: The edits are made: only findings are left.
    """
    for finding in migration.findings:
        found = _finding(finding, uri_from(base, migration.label, finding.path))
        yield found | _group(migration, finding.path)
    for change in () if wrote else migration.changes:
        uri = uri_from(base, migration.label, change.path)
        fixes = _fixes(change, uri) if _complete(change, migration) else []
        for edit in change.edits:
            found = _edit(change, edit, uri) | ({"fixes": fixes} if fixes else {})
            yield found | _group(migration, change.path)
            fixes = []  # it makes all edits of the file: once is enough


def notification(error: FileError, label: str, base: str) -> dict[str, Any]:
    """Report a file that could not be handled."""
    place = _place(uri_from(base, label, error.path), error.line)
    return {"level": "error", "message": _message(error.message), "locations": [place]}


def _group(migration: Migration, path: str) -> dict[str, Any]:
    """Tag what is said of product code."""
    return {"properties": {"tags": ["product-code"]}} if path in migration.product else {}


def _driver() -> dict[str, Any]:
    rules = [
        {
            "id": rule.code,
            "name": "".join(word.capitalize() for word in rule.name.split("-")),
            "shortDescription": {"text": rule.summary.split(":")[0]},
            "fullDescription": {"text": rule.summary},
            "help": {"text": describe(rule)},
        }
        for rule in REGISTRY
    ]
    return {"name": "loopscope", "semanticVersion": __version__, "rules": rules}


def _finding(finding: Finding, uri: str) -> dict[str, Any]:
    return {
        "ruleId": finding.code,
        "ruleIndex": _INDEX[finding.code],
        "level": _LEVELS[finding.level],
        "message": _message(finding.message),
        "locations": [_place(uri, finding.line, finding.column)],
    }


def _edit(change: Change, edit: EditRecord, uri: str) -> dict[str, Any]:
    return {
        "ruleId": edit.code,
        "ruleIndex": _INDEX[edit.code],
        "level": "warning",
        "message": _message(edit.text),
        "locations": [_place(uri, *place_of_edit(change, edit))],
    }


def _message(text: str) -> dict[str, str]:
    """Plain text, in which ``[words](target)`` would be a link."""
    shown = visible(text)
    return {"text": shown.replace("[", "\\[").replace("]", "\\]") if "](" in shown else shown}


def _place(uri: str, line: int, column: int = 0) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": _artifact(uri)}
    if line:
        location["region"] = {"startLine": line} | ({"startColumn": column} if column else {})
    return {"physicalLocation": location}


def _artifact(uri: str) -> dict[str, str]:
    absolute = uri.startswith("file:")
    return {"uri": uri} if absolute else {"uri": uri, "uriBaseId": _ROOT}


# -- fixes ------------------------------------------------------------------------------


def _complete(change: Change, migration: Migration) -> bool:
    """Whether the changes of one file may be made without those of others."""
    alone = all(edit.code == _ALONE for edit in change.edits)
    return change.before is not None and (alone or len(migration.changes) == 1)


def _fixes(change: Change, uri: str) -> list[dict[str, Any]]:
    """One fix that makes all changes of a file; none where the file is not UTF-8."""
    found = [
        {"deletedRegion": _region(one), "insertedContent": {"text": one.text}}
        for one in replacements(change)
    ]
    if not found:
        return []
    files = [{"artifactLocation": _artifact(uri), "replacements": found}]
    return [{"description": {"text": "Make all changes of this file"}, "artifactChanges": files}]


def _region(found: Replacement) -> dict[str, int]:
    names = ("startLine", "startColumn", "endLine", "endColumn")
    return dict(zip(names, (*found.start, *found.end), strict=True))


REPORT = SarifReport
