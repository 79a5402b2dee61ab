"""A run as a GitLab Code Quality report: what a merge request adds stands beside its changes.

GitLab compares the report of a branch with that of the target branch by fingerprints, so these
hold no line numbers: what an insertion above moves is not new.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from typing import Any

from loopscope.escape import visible
from loopscope.reports import ReportOptions, RunDocument, base_directory, path_from
from loopscope.reports.summary import Summary, by_group
from loopscope.types import FileError, Level, Migration

_SEVERITIES = {Level.ACTION: "major", Level.NOTE: "info"}
_EDIT, _ERROR = "minor", "blocker"
# Numbers in messages are lines, columns and counts, which change from run to run.
_NUMBER = re.compile(r"\b\d+\b")


class GitLabReport(RunDocument):
    """One list of issues when all is done; nothing else on standard output."""

    def __init__(self, options: ReportOptions) -> None:
        super().__init__(options)
        self._base = base_directory()
        self._issues: list[dict[str, Any]] = []
        self._seen: Counter[tuple[str, ...]] = Counter()

    def add(self, migration: Migration) -> None:
        for product, changes, findings in by_group(migration):
            where = "product code: " if product else ""
            for finding in findings:
                path = path_from(self._base, migration.label, finding.path)
                severity = _SEVERITIES[finding.level]
                self._issue(finding.code, severity, path, finding.line, where + finding.message)
            for change in () if self.options.wrote else changes:
                path = path_from(self._base, migration.label, change.path)
                for edit in change.edits:
                    self._issue(edit.code, _EDIT, path, edit.line, where + edit.text)

    def print_error(self, error: FileError, label: str) -> None:
        """Make an issue of it, too."""
        super().print_error(error, label)
        path = path_from(self._base, label, error.path)
        self._issue("loopscope", _ERROR, path, error.line, error.message)

    def render(self, summary: Summary) -> str:
        return json.dumps(self._issues, indent=2) + "\n"

    def _issue(self, check: str, severity: str, path: str, line: int, text: str) -> None:
        """Add an issue; GitLab knows no place without a line."""
        key = check, path, _NUMBER.sub("", text)
        self._seen[key] += 1
        words = "\0".join((*key, str(self._seen[key])))
        self._issues.append({
            "description": visible(text),
            "check_name": check,
            "fingerprint": hashlib.sha256(words.encode("utf-8", "surrogateescape")).hexdigest(),
            "severity": severity,
            "location": {"path": visible(path), "lines": {"begin": max(line, 1)}},
        })  # fmt: skip


REPORT = GitLabReport
