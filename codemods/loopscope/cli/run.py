"""One run from paths to a report: the thin ends around the pure pipeline."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from loopscope.cli.console import Screen
from loopscope.cli.progress import Bar
from loopscope.cli.request import Request, TraceOption
from loopscope.reports import Report, ReportOptions, make_report
from loopscope.reports.summary import Summary
from loopscope.types import FileError, Migration

if TYPE_CHECKING:
    from loopscope.cli.work import Work
    from loopscope.execution.jobs import Workers
    from loopscope.execution.sealed_folder import SealedFolder
    from loopscope.output import ChangeApplier
    from loopscope.reports.html_report import HtmlReport
    from loopscope.types import Suite

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

        def tell(error: FileError) -> None:
            summary.errors += 1
            with bar.paused():
                report.error(error)

        def work() -> Work:
            from loopscope.cli.work import Work  # and all that discovery needs

            recover = applier.recover if applier else None
            return Work(request, trace, workers, recover, bar, tell, partial(_say, bar))

        folder = _folder(request, applier, stack)
        if folder is not None and applier is None and request.is_plain:
            results = _as_before(request, folder, work, bar, tell)
        else:
            results = work().results(folder)
        stack.callback(results.close)
        for suite, migration in results:
            with bar.paused():
                done = applier.apply(suite, migration) if applier and suite else migration
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


def _as_before(
    request: Request,
    folder: SealedFolder,
    work: Callable[[], Work],
    bar: Bar,
    tell: Callable[[FileError], None],
) -> Generator[tuple[Suite | None, Migration], None, None]:
    """Yield what the last such run came to, where the disk is as it was then, or else the work."""
    from loopscope.execution.earlier_run import EarlierRun

    run = EarlierRun(folder, request.asked)
    known = run.outcome()
    if known is None:
        yield from work().recorded_results(folder, run)
        return
    bar.update(known.files, known.files)
    for error in known.errors:
        tell(error)
    for migration in known.migrations:
        yield None, migration


def _folder(
    request: Request, applier: ChangeApplier | None, stack: contextlib.ExitStack
) -> SealedFolder | None:
    """Open the folder of earlier runs for a run that writes nothing of its suites."""
    if request.no_cache or os.environ.get(_NO_CACHE) or (applier and request.writes):
        return None
    from loopscope.execution.sealed_folder import SealedFolder

    folder = SealedFolder()
    stack.callback(folder.close)
    return folder


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
