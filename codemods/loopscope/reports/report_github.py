"""A migration as workflow commands: GitHub shows them as annotations at the lines of a change.

GitHub shows ten errors, ten warnings and ten notices of a step and drops the rest, so what a
person must act on comes first.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.escape import visible
from loopscope.reports import ReportOptions, RunDocument, base_directory, path_from
from loopscope.reports.summary import Summary
from loopscope.rules.registry import find_rule
from loopscope.types import FileError, Level, Migration

_IN_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = _IN_MESSAGE | str.maketrans({":": "%3A", ",": "%2C"})


class GitHubReport(RunDocument):
    """Annotations as they come, then the summary for the log of the step."""

    errors_first = True

    def __init__(self, options: ReportOptions) -> None:
        super().__init__(options)
        self._base = base_directory()

    def add(self, migration: Migration) -> None:
        for line in annotations_of(migration, self._base, wrote=self.options.wrote):
            self.options.out.raw(line + "\n")

    def print_error(self, error: FileError, label: str) -> None:
        """Print an annotation, too."""
        self.options.out.raw(error_annotation(error, label, self._base) + "\n")

    def render(self, summary: Summary) -> str:
        return summary.line(wrote=self.options.wrote) + "\n"


def annotations_of(migration: Migration, base: str, *, wrote: bool) -> Iterator[str]:
    """One line for each finding, then one for each edit that is still to be made.

    Args:
        migration: Its errors are left out, see ``error_annotation``.
        base: The directory that GitHub takes paths from.
        wrote: The edits are made: there is nothing more to say of them.
    """
    label, product = migration.label, migration.product
    findings = sorted(
        migration.findings, key=lambda found: (found.level is Level.NOTE, found.path in product)
    )
    for finding in findings:
        place = path_from(base, label, finding.path), finding.line, finding.column
        command = "error" if finding.level is Level.ACTION else "notice"
        title = _title(finding.code, product=finding.path in product)
        yield _line(command, *place, title, finding.message)
    for change in () if wrote else sorted(migration.changes, key=lambda one: one.path in product):
        path = path_from(base, label, change.path)
        for edit in change.edits:
            title = _title(edit.code, product=change.path in product)
            yield _line("warning", path, edit.line, 0, title, edit.text)


def error_annotation(error: FileError, label: str, base: str) -> str:
    """One line for a file that could not be handled."""
    path = path_from(base, label, error.path)
    return _line("error", path, error.line, 0, "loopscope", error.message)


def _title(code: str, *, product: bool) -> str:
    rule = find_rule(code)
    name = f"{rule.code} {rule.name}" if rule else code
    return f"{name} (product code)" if product else name


def _line(command: str, path: str, line: int, column: int, title: str, message: str) -> str:
    values = {"file": path, "line": line, "col": column if line else 0, "title": title}
    properties = ",".join(
        f"{key}={visible(str(value)).translate(_IN_PROPERTY)}"
        for key, value in values.items()
        if value
    )
    return f"::{command} {properties}::{visible(message).translate(_IN_MESSAGE)}"


REPORT = GitHubReport
