"""One run from paths to a report: the thin ends around the pure pipeline."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import click

from loopscope.cli.options import Request
from loopscope.cli.progress import Bar
from loopscope.cli.screen import Screen
from loopscope.cli.settings import SettingsError
from loopscope.executors import migrate_all
from loopscope.reports.summary import Summary
from loopscope.suites.loading import load_suites
from loopscope.values import FileError, Migration, Options, Suite

if TYPE_CHECKING:
    from loopscope.cli.hands import Hands


class Report(Protocol):
    """What a form of report must do; ``suite`` is called while the bar is away."""

    def suite(self, migration: Migration) -> None: ...

    def error(self, error: FileError) -> None: ...

    def finish(self, summary: Summary, commands: Sequence[str]) -> None: ...


def run(request: Request, hands: Hands | None = None, report: Report | None = None) -> int:
    """Handle every suite at or below the paths, and report.

    Args:
        request: What to do.
        hands: Where the changes go; None: nowhere.
        report: Another report than that of the requested format.

    Returns:
        The exit code.
    """
    if report is None:
        report = _Json(request) if request.format == "json" else _Text(request, hands)
    summary = Summary()
    with Bar() as bar:
        suites: dict[str, Suite] = {}
        jobs = _jobs(request, hands, report, summary, bar)
        for migration in migrate_all(_noted(jobs, suites)):
            suite = suites.pop(migration.label)
            with bar.paused():
                done = hands.take(suite, migration) if hands else migration
                summary.add(done)
                report.suite(done)
            if hands and hands.stopped:
                break
    _finish(hands, report, summary)
    return summary.exit_code(wrote=bool(hands and hands.wrote), strict=request.strict)


def _jobs(
    request: Request, hands: Hands | None, report: Report, summary: Summary, bar: Bar
) -> Iterator[tuple[Suite, Options]]:
    recover = hands.recover if hands else None
    loaded = load_suites(
        request.paths, request.exclude, bar.update, base=request.base, recover=recover
    )
    for item in loaded:
        if isinstance(item, FileError):
            summary.errors += 1
            with bar.paused():
                report.error(item)
        elif not item.files:
            yield item, request.options
        else:
            try:
                yield request.of_suite(item)
            except SettingsError as error:
                path = os.path.relpath(error.path, item.label).replace(os.sep, "/")
                found = FileError(path, error.message, error.line)
                yield replace(item, files={}, errors=(*item.errors, found)), request.options


def _noted(
    jobs: Iterable[tuple[Suite, Options]], suites: dict[str, Suite]
) -> Iterator[tuple[Suite, Options]]:
    """The same jobs; ``suites`` holds the suites that are under way."""
    for suite, options in jobs:
        suites[suite.label] = suite
        yield suite, options


def _finish(hands: Hands | None, report: Report, summary: Summary) -> None:
    commands: tuple[str, ...] = ()
    if hands:
        commands, errors = hands.finish()
        summary.errors += len(errors)
        summary.declined = hands.declined
        for error in errors:
            report.error(error)
    report.finish(summary, commands)


class _Text:
    """Lines for people; errors always go to standard error."""

    def __init__(self, request: Request, hands: Hands | None) -> None:
        self._request = request
        self._show_diff = request.diff
        self._wrote = hands is not None and hands.wrote
        self._out = Screen(sys.stdout, request.color)
        self._err = Screen(sys.stderr, request.color)
        self._talk = self._err if self._show_diff else self._out
        click.get_current_context().color = self._out.color  # for Bowler's prompts

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

    def finish(self, summary: Summary, commands: Sequence[str]) -> None:
        if summary.errors:
            self._err.text("The rest was done. Correct what is named above and run it again.")
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
        from loopscope.reports.json_report import suite_entry

        self._suites.append(suite_entry(migration))
        for error in migration.errors:
            self.error(error, migration.label)

    def error(self, error: FileError, label: str = "") -> None:
        from loopscope.reports.json_report import error_entry
        from loopscope.reports.text import error_lines

        self._errors.append(error_entry(error))
        self._screen.lines(error_lines(error, label))

    def finish(self, summary: Summary, _: Sequence[str]) -> None:
        from loopscope.reports.json_report import document

        sys.stdout.write(document(self._target, self._suites, self._errors) + "\n")
