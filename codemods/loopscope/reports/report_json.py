"""A run as one JSON document; its keys are a contract with other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from loopscope import __version__
from loopscope.reports import ReportOptions, RunDocument
from loopscope.reports.summary import RuleCounts, Summary
from loopscope.rewriting.hunks import column_of, replacements
from loopscope.types import Change, FileError, Finding, Migration

_PLACE = ("line", "column")


class JsonReport(RunDocument):
    """One document when all is done; nothing else on standard output."""

    def __init__(self, options: ReportOptions) -> None:
        super().__init__(options)
        self.suites: list[dict[str, Any]] = []

    def add(self, migration: Migration) -> None:
        self.suites.append(suite_entry(migration))

    def render(self, summary: Summary) -> str:
        errors = (error_entry(error) for _, error in self.errors)
        counts = summary.by_rule if self.options.statistics else None
        return document({"target": str(self.options.target)}, self.suites, errors, counts) + "\n"


def document(
    head: dict[str, str],
    suites: Iterable[dict[str, Any]],
    errors: Iterable[dict[str, str]],
    counts: Mapping[str, RuleCounts] | None = None,
) -> str:
    """Put a document together from the entries of suites and ``error_entry``.

    ``counts`` are those of each rule, where they are asked for.
    """
    content: dict[str, Any] = {
        "loopscope": __version__,
        **head,
        "suites": list(suites),
        "errors": list(errors),
    }
    if counts is not None:
        content["statistics"] = {code: asdict(found) for code, found in sorted(counts.items())}
    return json.dumps(content, indent=2)


def suite_entry(migration: Migration) -> dict[str, Any]:
    """One suite; its errors are not in it, see ``error_entry``."""
    return {
        "root": migration.label,
        "config": migration.config,
        "status": migration.status.value,
        "changes": [_change(change) for change in migration.changes],
        "findings": [_finding(finding) for finding in migration.findings],
        "product": sorted(migration.product),
        "loops": {"before": migration.loops_before, "after": migration.loops_after},
        "runs_on": migration.runs_on,
        "requires": migration.requires,
        "mentions": {"claimed": migration.claimed, "unread": migration.unread},
    }


def error_entry(error: FileError) -> dict[str, str]:
    """One error; the path is relative to its suite, or as the user typed it."""
    line = f"line {error.line}: " if error.line else ""
    return {"path": error.path, "message": line + error.message}


def _change(change: Change) -> dict[str, Any]:
    edits = [
        {
            "code": edit.code,
            "line": edit.line,
            "column": column_of(change, edit.line) if edit.line else 0,
            "definition": edit.definition,
            "message": edit.message,
            "reason": edit.reason,
            "safety": edit.safety.value,
        }
        for edit in change.edits
    ]
    texts = [
        {
            "start": dict(zip(_PLACE, one.start, strict=True)),
            "end": dict(zip(_PLACE, one.end, strict=True)),
            "text": one.text,
        }
        for one in replacements(change)
    ]
    return {"path": change.path, "edits": edits, "replacements": texts}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "level": finding.level.value,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "message": finding.message,
        "guide": f"migration_guides/rules/{finding.code}.md",
    }


REPORT = JsonReport
