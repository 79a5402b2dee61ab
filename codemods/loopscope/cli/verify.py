"""``loopscope verify``: run the suite before and after its migration, and compare."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from loopscope.cli.choices import complete_before
from loopscope.cli.options import suite_options, switch
from loopscope.cli.progress import VerifyProgress
from loopscope.cli.request import Request, TraceOption
from loopscope.reports import ReportOptions, formats, make_verify_report

if TYPE_CHECKING:
    from loopscope.types import FileError, Suite
    from loopscope.verify.verification import Verification
    from loopscope.verify.verify_suite import VerifyOptions

_PYTHON = click.Path(path_type=Path)


class _Verify(click.Command):
    """What stands after ``--`` is pytest's, and no path of ours."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        where = args.index("--") if "--" in args else len(args)
        ctx.meta["pytest"] = tuple(args[where + 1 :])
        return super().parse_args(ctx, args[:where])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[-- PYTEST ARGS]"]


@click.command(cls=_Verify)
@suite_options
@click.option(
    "--before",
    metavar="REV|DIR",
    help="The original: a git revision or a folder. Default: the suite as it is.",
    shell_complete=complete_before,
)
@click.option("--before-python", type=_PYTHON, metavar="PYTHON", help="Runs the original.")
@click.option("--after-python", type=_PYTHON, metavar="PYTHON", help="Runs the migrated suite.")
@click.option(
    "--reruns",
    type=click.IntRange(0, 100),
    default=2,
    show_default=True,
    metavar="N",
    help="How often what differs is run again; what differs from itself is flaky.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="One run may take so long. Default: an hour; the second ten times the first.",
)
@switch("--may-share", help="Tests that newly share a loop are no difference.")
@switch("--collect-only", help="Let pytest collect both sides, and run no test: seconds.")
@click.option(
    "--save-trace",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keep what the probe saw of the original, for migrate --trace.",
)
@switch("--trace-only", help="Run the original for --save-trace, and nothing else.")
@click.pass_context
def verify(ctx: click.Context, /, **values: Any) -> None:
    """Run the suites at or below PATHS before and after their migration, and compare.

    Both runs are made in copies, with two Pythons: one with the pytest-asyncio that has the
    event_loop fixture and one with a new one. Without --before-python and --after-python they
    are made from the Python in use, as the requirements of each side say, and kept in a cache.
    A suite that is not migrated yet is migrated in its copy; one that was on loop scopes already
    is run once, and tells which fixtures are on another loop than their users. This runs the code
    of the suite; nothing is written into it.

    With --collect-only pytest collects both sides, which imports the tests, and runs none: the
    loops follow from the fixtures, marks and options that it sees. What code asks for while it
    runs, and how tests end, only a run knows.

    \b
    Examples:
      loopscope verify
      loopscope verify tests/orders -- -k payment
      loopscope verify --before main --html verify.html
      loopscope verify --collect-only --before main
      loopscope verify --before-python old/bin/python --after-python new/bin/python
      loopscope verify --trace-only --save-trace legacy.jsonl

    Exit code: 0 all runs as before, 1 something differs, or a fixture is on another loop than its
    user, 2 no verdict: it could not be run, no test passed, or tests of the original never ran.
    """
    request = Request.from_click(ctx, "verify")
    if request.format not in formats("verify"):
        known = " or ".join(formats("verify"))
        raise click.UsageError(f"verify has no --format {request.format}: use {known}")
    if request.dask is not None:
        raise click.UsageError("verify runs the tests on this machine: leave out --dask")
    if values["trace_only"] and values["save_trace"] is None:
        raise click.UsageError("--trace-only is for --save-trace FILE: say where the record goes")
    if values["collect_only"] and values["save_trace"] is not None:
        raise click.UsageError(
            "--collect-only runs no test, and --save-trace keeps the record of a run: give one"
        )
    with _signals():
        trace = TraceOption(request.trace)
        of_suite = _verify_options(request, trace, ctx.meta["pytest"], values)
        ctx.exit(_run(request, trace, of_suite, collects=values["collect_only"]))


def _verify_options(
    request: Request, trace: TraceOption, pytest_options: tuple[str, ...], values: dict[str, Any]
) -> Callable[[Suite], VerifyOptions]:
    """Return the options for a suite, with those of its own table for its migration."""
    traced: list[str] = []

    def of(suite: Suite) -> VerifyOptions:
        from loopscope.verify.verify_suite import VerifyOptions

        if traced and values["save_trace"]:
            raise click.UsageError(
                f"--save-trace keeps the record of one suite, here are several: {traced[0]} and"
                f" {suite.label}. Name one"
            )
        traced.append(suite.label)
        return VerifyOptions(
            options=request.for_suite(suite)[1],
            before=values["before"],
            before_python=values["before_python"],
            after_python=values["after_python"],
            pytest_options=(*pytest_options, *_focus(request, suite)),
            may_share=values["may_share"],
            reruns=values["reruns"],
            seconds=values["timeout"],
            only_trace=values["trace_only"],
            only_collect=values["collect_only"],
            trace=trace.loaded if trace.meant_for(suite) else None,
            save_trace=values["save_trace"] and Path(os.path.abspath(values["save_trace"])),
        )

    return of


def _focus(request: Request, suite: Suite) -> Iterator[str]:
    """Return the given paths inside of the suite, as pytest takes them."""
    root = Path(suite.label).resolve()
    for path in request.paths:
        place = path.resolve()
        if place != root and place.is_relative_to(root):
            yield place.relative_to(root).as_posix()


def _run(
    request: Request,
    trace: TraceOption,
    verify_options: Callable[[Suite], VerifyOptions],
    *,
    collects: bool,
) -> int:
    from loopscope.cli.console import Screen
    from loopscope.verify.verify_suite import verify as verify_suite

    out, err = Screen(sys.stdout, request.color), Screen(sys.stderr, request.color)
    options = ReportOptions(
        request.options.target, out, err, quiet=request.quiet, verbose=request.verbose
    )
    report = make_verify_report(request.format, options)
    say: Callable[[str], None] = (lambda _: None) if request.quiet else err.text
    does = "imports" if collects else "runs"
    say(f"This {does} the tests of the project, in copies: do it only with code that you trust.")
    watching = VerifyProgress(quiet=request.quiet)
    errors: list[FileError] = []
    for suite in _suites(request, errors):
        report.add(verify_suite(suite, verify_options(suite), say, watching.run))
    unmatched = trace.unmatched()
    errors += [unmatched] if unmatched else []
    if "html" in request.cli_values.typed and request.html is not None:
        errors += _write_page(request.html, options, report.found, errors)
    for error in errors:
        report.error(error)
    report.finish()
    codes = [one.exit_code(strict=request.strict) for one in report.found]
    return 2 if errors or not codes else max(codes)


def _write_page(
    path: Path, options: ReportOptions, found: list[Verification], errors: list[FileError]
) -> list[FileError]:
    """Write the page; returns what went wrong."""
    from loopscope.disk import write_out
    from loopscope.reports.html_verify import HtmlVerification
    from loopscope.types import FileError

    page = HtmlVerification(options)
    for one in found:
        page.add(one)
    for error in errors:
        page.error(error)
    try:
        write_out(path, page.render().encode("utf-8", "backslashreplace"))
    except OSError as error:
        return [FileError(path.as_posix(), f"cannot be written: {error.strerror}")]
    return []


def _suites(request: Request, errors: list[FileError]) -> Iterator[Suite]:
    from loopscope.discovery.load import load_suites
    from loopscope.types import FileError

    loaded = load_suites(
        request.paths,
        request.exclude,
        base=request.base,
        only=request.only,
        skip=request.skip,
    )
    for suite in loaded:
        if isinstance(suite, FileError):
            errors.append(suite)
        elif suite.files or suite.errors:
            yield suite


@contextmanager
def _signals() -> Iterator[None]:
    """End as on Ctrl-C when the terminal is closed, too: nothing that runs is left behind.

    Under ``nohup`` it goes on, as is meant: a signal that is ignored stays so.
    """

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    known = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    trace_index = [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in trace_index}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
