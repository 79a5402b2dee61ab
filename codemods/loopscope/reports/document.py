"""What all reports on a run have in common: errors are printed and kept, the end is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from loopscope.reports import Line, ReportOptions
from loopscope.reports.paths import join
from loopscope.reports.summary import Summary
from loopscope.types import FileError, Migration


class Document:
    """A report on a run; formats say what they add of a suite, and what they write at the end."""

    errors_first: ClassVar[bool] = False  # those of a suite, before what is said of it

    def __init__(self, options: ReportOptions) -> None:
        self.options = options
        self.errors: list[tuple[str, FileError]] = []  # with the label of the suite, or ""

    def suite(self, migration: Migration) -> None:
        """Take one suite."""
        if not self.errors_first:
            self.add(migration)
        for error in migration.errors:
            self.error(error, migration.label)
        if self.errors_first:
            self.add(migration)

    def error(self, error: FileError, label: str = "") -> None:
        """Keep what could not be handled, and say so at once."""
        self.errors.append((label, error))
        self.print_error(error, label)

    def finish(self, summary: Summary, commands: Sequence[str]) -> None:
        """Write what is to be said at the end; ``commands`` apply the patches that were made."""
        self.options.out.raw(self.render(summary))

    def add(self, migration: Migration) -> None:
        """Take a suite, without its errors."""
        raise NotImplementedError

    def print_error(self, error: FileError, label: str) -> None:
        """Say on standard error what could not be handled."""
        self.options.err.lines(error_lines(error, label))

    def render(self, summary: Summary) -> str:
        """Return the whole text of a format that is written at the end."""
        raise NotImplementedError


def error_lines(error: FileError, label: str = "") -> Iterator[Line]:
    """One error: where, what happened."""
    place = join(label, error.path)
    line = f":{error.line}" if error.line else ""
    yield (("error: ", "bold red"), (f"{place}{line}", "bold"), (f": {error.message}", ""))
