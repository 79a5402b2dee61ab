"""One run from paths to a report: the thin ends around the pure pipeline."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from loopscope.cli.console import Screen
from loopscope.cli.pace import Pace
from loopscope.cli.progress import Bar
from loopscope.cli.request import Request, TraceOption
from loopscope.config.tool_settings import SettingsError
from loopscope.discovery.load import load_suites
from loopscope.execution import migrate_all, processors
from loopscope.execution.jobs import Workers
from loopscope.reports import Report, ReportOptions, make_report
from loopscope.reports.summary import Summary
from loopscope.types import FileError, Migration, Options, Suite

if TYPE_CHECKING:
    from loopscope.execution.result_cache import ResultCache
    from loopscope.output import ChangeApplier
    from loopscope.reports.html_report import HtmlReport

_NO_CACHE = "LOOPSCOPE_NO_CACHE"  # of the environment: as --no-cache


def run(request: Request, applier: ChangeApplier | None = None, kind: str = "report") -> int:
    """Handle every suite at or below the paths, and report.

    Args:
        request: What to do.
        applier: What is done with the changes; None: nothing.
        kind: Which report is written in the requested format, see ``formats``.

    Returns:
        The exit code.
    """
    report = _Reports(request, kind, wrote=applier is not None and applier.wrote)
    summary = Summary()
    trace = TraceOption(request.trace)
    baseline = None
    if request.baseline is not None:
        from loopscope.cli.baseline import Baseline

        baseline = Baseline(request.baseline, write=request.write_baseline)
    workers = _cluster(request)
    with contextlib.ExitStack() as stack:
        stack.enter_context(report.told_when_cut_off(summary))
        bar = stack.enter_context(Bar(quiet=request.quiet))
        suites: dict[str, Suite] = {}
        pace = Pace(bar.update)
        jobs = _noted(
            _jobs(request, trace, applier, report, summary, bar, pace),
            suites,
            pace,
            watched=bar.wanted,
        )
        processes = 1 if request.review else request.jobs or processors()
        say = partial(_say, bar)
        cache = _cache(request, applier, stack)
        migrations = migrate_all(jobs, processes=processes, workers=workers, say=say, cache=cache)
        stack.callback(migrations.close)
        for migration in migrations:
            suite = suites.pop(migration.label)
            pace.finished()
            with bar.paused():
                done = applier.apply(suite, migration) if applier else migration
                if baseline is not None:
                    done, known = baseline.rest(done)
                    summary.known += known
                if kind == "map":
                    done = request.narrowed(done)
                summary.add(done)
                report.suite(done)
            if applier and applier.stopped:
                break
    if baseline is not None:
        baseline.finish()
    try:
        _finish(applier, report, summary)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as head, has seen enough, and all is done
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    code = summary.exit_code(wrote=bool(applier and applier.wrote), strict=request.strict)
    return 0 if code == 1 and request.exit_zero else code


def _cache(
    request: Request, applier: ChangeApplier | None, stack: contextlib.ExitStack
) -> ResultCache | None:
    """Open the results of earlier runs for a run that writes nothing of its suites."""
    if request.no_cache or os.environ.get(_NO_CACHE) or (applier and request.writes):
        return None
    from loopscope.execution.result_cache import ResultCache

    cache = ResultCache()
    stack.callback(cache.close)
    return cache


class _Reports:
    """The printed report, and the HTML page where one is asked for."""

    def __init__(self, request: Request, kind: str, *, wrote: bool) -> None:
        out, err = Screen(sys.stdout, request.color), Screen(sys.stderr, request.color)
        options = ReportOptions(
            request.options.target,
            err if request.prints_patch else out,
            err,
            wrote=wrote,
            quiet=request.quiet,
            verbose=request.verbose,
            statistics=request.statistics,
            changes=request.changes,
        )
        self._for_people = (kind, request.format) == ("report", "text")
        self._printed = make_report(kind, request.format, options)
        self._path = request.html
        self._page: HtmlReport | None = None
        if request.html is not None:
            from loopscope.reports.html_report import HtmlReport

            self._page = HtmlReport(options)

    def suite(self, migration: Migration) -> None:
        self._printed.suite(migration)
        if self._page is not None:
            self._page.suite(migration)

    def error(self, error: FileError) -> None:
        self._printed.error(error)
        if self._page is not None:
            self._page.error(error)

    def finish(self, summary: Summary, commands: Sequence[str]) -> None:
        self._write_page(summary)
        self._printed.finish(summary, commands)

    @contextlib.contextmanager
    def told_when_cut_off(self, summary: Summary) -> Iterator[None]:
        """Say at Ctrl-C what was done: it may be on disk."""
        try:
            yield
        except KeyboardInterrupt:
            if self._for_people and summary.suites:
                self._printed.finish(summary, ())
            raise

    def _write_page(self, summary: Summary) -> None:
        if self._page is None or self._path is None:
            return
        from loopscope.disk import write_out
        from loopscope.guides import GuidesMissing

        try:
            page = self._page.render(summary)
            write_out(self._path, page.encode("utf-8", "backslashreplace"))
        except (OSError, GuidesMissing) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            summary.errors += 1
            self._printed.error(FileError(self._path.as_posix(), f"cannot be written: {reason}"))


def _say(bar: Bar, message: str) -> None:
    """Print a line on standard error, above the bar."""
    with bar.paused():
        click.echo(f"loopscope: {message}", err=True)


def _jobs(
    request: Request,
    trace: TraceOption,
    applier: ChangeApplier | None,
    report: Report,
    summary: Summary,
    bar: Bar,
    pace: Pace,
) -> Iterator[tuple[Suite, Options]]:
    recover = applier.recover if applier else None
    loaded = load_suites(
        request.paths,
        request.exclude,
        pace.loads,
        base=request.base,
        recover=recover,
        only=request.only,
        skip=request.skip,
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
                suite = request.collect.attach(trace.attach(item), partial(_say, bar))
                yield request.for_suite(suite)
            except SettingsError as error:
                path = os.path.relpath(error.path, item.label).replace(os.sep, "/")
                found = FileError(path, error.message, error.line)
                yield replace(item, files={}, errors=(*item.errors, found)), request.options
    unmatched = trace.unmatched()
    if unmatched is not None:
        summary.errors += 1
        with bar.paused():
            report.error(unmatched)


def _cluster(request: Request) -> Workers | None:
    """Connect to the cluster that the user named.

    Raises:
        click.UsageError: It cannot be used.
    """
    if request.dask is None:
        return None
    from loopscope.execution.dask import Cluster, ClusterError

    try:
        return Cluster(request.dask)
    except ClusterError as error:
        raise click.UsageError(str(error)) from None


def _noted(
    jobs: Iterable[tuple[Suite, Options]], suites: dict[str, Suite], pace: Pace, *, watched: bool
) -> Iterator[tuple[Suite, Options]]:
    """Yield the same jobs, and keep the suites that are under way in ``suites``."""
    for suite, options in jobs:
        suites[suite.label] = suite
        yield pace.hands_out(suite, watched=watched), options


def _finish(applier: ChangeApplier | None, report: Report, summary: Summary) -> None:
    commands: tuple[str, ...] = ()
    if applier:
        commands, errors = applier.finish()
        summary.errors += len(errors)
        summary.declined = applier.declined
        summary.unwritten = applier.unwritten
        for error in errors:
            report.error(error)
    report.finish(summary, commands)
