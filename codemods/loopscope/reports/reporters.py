"""The forms of a report: what each says of a suite, of an error, and at the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from loopscope.cli.console import Screen
from loopscope.cli.options import Request
from loopscope.reports.summary import Summary
from loopscope.types import FileError, Migration

if TYPE_CHECKING:
    from loopscope.output.apply import ChangeApplier
    from loopscope.reports.table import Row


class Report(Protocol):
    """What a form of report must do; ``suite`` is called while the bar is away."""

    def suite(self, migration: Migration) -> None: ...

    def error(self, error: FileError) -> None: ...

    def finish(self, summary: Summary, commands: Sequence[str]) -> None: ...


def reporter(request: Request, applier: ChangeApplier | None) -> Report:
    """Make the reporter of the format that the user asked for."""
    wrote = applier is not None and applier.wrote
    report = _printed(request, wrote)
    return report if request.html is None else _WithHtml(report, request, request.html, wrote)


def _printed(request: Request, wrote: bool) -> Report:
    if request.format == "json":
        return _Json(request)
    if request.format == "sarif":
        return _Sarif(request, wrote)
    if request.format == "github":
        return _GitHub(wrote)
    return _Text(request, wrote)


class _Text:
    """Lines for people; errors always go to standard error."""

    def __init__(self, request: Request, wrote: bool) -> None:
        self._request = request
        self._show_diff = request.diff
        self._wrote = wrote
        self._out = Screen(sys.stdout, request.color)
        self._err = Screen(sys.stderr, request.color)
        self._talk = self._err if self._show_diff else self._out
        self._rows: list[Row] = []
        click.get_current_context().color = self._out.color  # for Bowler's prompts

    def suite(self, migration: Migration) -> None:
        from loopscope.reports.table import Row
        from loopscope.reports.text import suite_lines

        self._rows.append(Row.of(migration))
        if self._show_diff and migration.changes:
            from loopscope.output.diff import diff

            self._out.patch(diff(migration.label, migration.changes))
        if not self._request.quiet:
            verbose = self._request.verbose
            self._talk.lines(suite_lines(migration, verbose=verbose, wrote=self._wrote))
        for error in migration.errors:
            self.error(error, migration.label)

    def error(self, error: FileError, label: str = "") -> None:
        from loopscope.reports.text import error_lines

        self._err.lines(error_lines(error, label))

    def finish(self, summary: Summary, commands: Sequence[str]) -> None:
        if not self._request.quiet:
            from loopscope.reports.table import table_lines

            verbose = self._request.verbose
            self._talk.lines(table_lines(self._rows, verbose=verbose, wrote=self._wrote))
        if summary.errors:
            rest = "The rest was done. " if summary.partly_done else ""
            self._err.text(f"{rest}Correct what is named above and run it again.")
        for command in commands:
            self._talk.text(f"To apply: {command}")
        self._talk.text(summary.line(wrote=self._wrote), "bold")


class _Json:
    """One document when all is done; nothing else on standard output."""

    def __init__(self, request: Request) -> None:
        self._target = request.options.target
        self._screen = Screen(sys.stderr, request.color)
        self._suites: list[dict[str, Any]] = []
        self._errors: list[dict[str, str]] = []

    def suite(self, migration: Migration) -> None:
        from loopscope.reports.json import suite_entry

        self._suites.append(suite_entry(migration))
        for error in migration.errors:
            self.error(error, migration.label)

    def error(self, error: FileError, label: str = "") -> None:
        from loopscope.reports.json import error_entry
        from loopscope.reports.text import error_lines

        self._errors.append(error_entry(error))
        self._screen.lines(error_lines(error, label))

    def finish(self, summary: Summary, _: Sequence[str]) -> None:
        from loopscope.reports.json import document

        sys.stdout.write(document(self._target, self._suites, self._errors) + "\n")


class _Sarif:
    """One log when all is done; nothing else on standard output."""

    def __init__(self, request: Request, wrote: bool) -> None:
        self._wrote = wrote
        self._base = _base()
        self._screen = Screen(sys.stderr, request.color)
        self._results: list[dict[str, Any]] = []
        self._errors: list[dict[str, Any]] = []

    def suite(self, migration: Migration) -> None:
        from loopscope.reports.sarif import results_of

        self._results += results_of(migration, self._base, wrote=self._wrote)
        for error in migration.errors:
            self.error(error, migration.label)

    def error(self, error: FileError, label: str = "") -> None:
        from loopscope.reports.sarif import notification
        from loopscope.reports.text import error_lines

        self._errors.append(notification(error, label, self._base))
        self._screen.lines(error_lines(error, label))

    def finish(self, summary: Summary, _: Sequence[str]) -> None:
        from loopscope.reports.sarif import document

        sys.stdout.write(document(self._results, self._errors, self._base) + "\n")


class _GitHub:
    """Annotations as they come, then the summary for the log of the step."""

    def __init__(self, wrote: bool) -> None:
        self._wrote = wrote
        self._base = _base()
        self._out = Screen(sys.stdout, color=False)

    def suite(self, migration: Migration) -> None:
        from loopscope.reports.github import annotations_of

        for error in migration.errors:
            self.error(error, migration.label)
        for line in annotations_of(migration, self._base, wrote=self._wrote):
            self._out.text(line)

    def error(self, error: FileError, label: str = "") -> None:
        from loopscope.reports.github import error_annotation

        self._out.text(error_annotation(error, label, self._base))

    def finish(self, summary: Summary, _: Sequence[str]) -> None:
        self._out.text(summary.line(wrote=self._wrote))


class _WithHtml:
    """Another form of report, and the HTML page besides."""

    def __init__(self, printed: Report, request: Request, path: Path, wrote: bool) -> None:
        from loopscope.reports.html import HtmlReport

        self._printed = printed
        self._path = path
        self._html = HtmlReport(request.options.target, wrote=wrote)

    def suite(self, migration: Migration) -> None:
        self._printed.suite(migration)
        self._html.add(migration)

    def error(self, error: FileError) -> None:
        self._printed.error(error)
        self._html.error(error)

    def finish(self, summary: Summary, commands: Sequence[str]) -> None:
        from loopscope.guides import GuidesMissing
        from loopscope.output.write_out import write_out

        try:
            write_out(self._path, self._html.render(summary))
        except (OSError, GuidesMissing) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            found = FileError(self._path.as_posix(), f"cannot be written: {reason}")
            summary.errors += 1
            self._printed.error(found)
        self._printed.finish(summary, commands)


def _base() -> str:
    """Return the directory to which the paths of a report are relative for programs.

    GitHub takes them from the top of the checkout, also where a step runs below it.
    """
    workspace, working = os.environ.get("GITHUB_WORKSPACE"), os.getcwd()
    if workspace and f"{working}/".startswith(f"{workspace.rstrip('/')}/"):
        return workspace
    return working
