"""One run from paths to a report: the thin ends around the pure pipeline."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from loopscope.cli.options import Request
from loopscope.cli.progress import Bar
from loopscope.cli.screen import Screen
from loopscope.executors import migrate_all
from loopscope.reports.summary import Summary
from loopscope.suites.loading import load_suites
from loopscope.values import FileError, Migration, Status, Suite


class _Report(Protocol):
    """What a form of report must do; ``suite`` is called while the bar is away."""

    def suite(self, migration: Migration) -> None: ...

    def error(self, error: FileError) -> None: ...

    def finish(self, summary: Summary) -> None: ...


def run(request: Request, *, show_diff: bool = False, write: bool = False) -> int:
    """Handle every suite at or below the paths, and report.

    Args:
        request: The command line.
        show_diff: Print a patch on standard output; the report moves to standard error.
            Without effect where standard output holds JSON.
        write: Write the changes.

    Returns:
        The exit code.
    """
    report: _Report
    if request.format == "json":
        report = _Json(request)
    else:
        report = _Text(request, show_diff=show_diff, wrote=write)
    summary = Summary()
    with Bar() as bar:
        suites = _only_suites(request, report, summary, bar)
        for migration in migrate_all(suites, request.options):
            done = _write(migration) if write else migration
            summary.add(done)
            with bar.paused():
                report.suite(done)
    report.finish(summary)
    return summary.exit_code(wrote=write, strict=request.strict)


def _only_suites(request: Request, report: _Report, summary: Summary, bar: Bar) -> Iterator[Suite]:
    for item in load_suites(request.paths, request.exclude, bar.update):
        if isinstance(item, Suite):
            yield item
        else:
            summary.errors += 1
            with bar.paused():
                report.error(item)


def _write(migration: Migration) -> Migration:
    """Write the changes; where that fails the suite has none."""
    if not migration.changes:
        return migration
    from loopscope.sinks.write import write_changes

    errors = write_changes(Path(migration.label), migration.changes)
    if not errors:
        return migration
    return replace(migration, status=Status.ERROR, changes=(), errors=(*migration.errors, *errors))


class _Text:
    """Lines for people; errors always go to standard error."""

    def __init__(self, request: Request, *, show_diff: bool, wrote: bool) -> None:
        self._request, self._show_diff, self._wrote = request, show_diff, wrote
        self._out = Screen(sys.stdout, request.color)
        self._err = Screen(sys.stderr, request.color)
        self._talk = self._err if show_diff else self._out

    def suite(self, migration: Migration) -> None:
        from loopscope.reports.text import suite_lines

        if self._show_diff and migration.changes:
            from loopscope.sinks.diff import diff

            self._out.patch(diff(migration.label, migration.changes))
        if not self._request.quiet:
            self._talk.lines(suite_lines(migration, verbose=self._request.verbose))
        for error in migration.errors:
            self.error(error, migration.label)

    def error(self, error: FileError, label: str = "") -> None:
        from loopscope.reports.text import error_lines

        self._err.lines(error_lines(error, label))

    def finish(self, summary: Summary) -> None:
        if summary.errors:
            self._err.text("The rest was done. Correct what is named above and run it again.")
        self._talk.text(summary.line(wrote=self._wrote), "bold")


class _Json:
    """One document when all is done; nothing else on standard output."""

    def __init__(self, request: Request) -> None:
        self._target = request.options.target
        self._screen = Screen(sys.stderr, request.color)
        self._suites: list[dict[str, Any]] = []
        self._errors: list[dict[str, str]] = []

    def suite(self, migration: Migration) -> None:
        from loopscope.reports.json_report import suite_entry

        self._suites.append(suite_entry(migration))
        for error in migration.errors:
            self.error(error, migration.label)

    def error(self, error: FileError, label: str = "") -> None:
        from loopscope.reports.json_report import error_entry
        from loopscope.reports.text import error_lines

        self._errors.append(error_entry(error))
        self._screen.lines(error_lines(error, label))

    def finish(self, summary: Summary) -> None:
        from loopscope.reports.json_report import document

        sys.stdout.write(document(self._target, self._suites, self._errors) + "\n")
