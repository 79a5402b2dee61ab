"""The options that commands share."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from loopscope.cli.choices import (
    Nearest,
    complete_rules,
    complete_targets,
    patterns,
    rule_codes,
    target,
)
from loopscope.reports import formats
from loopscope.types import RUNS_ON

_START = 2000  # bytes in which a page of loopscope says that it is one
_Function = TypeVar("_Function", bound=Callable[..., Any])


class _Switch(click.Option):
    """A flag whose opposite, which turns off what pyproject.toml says, is left out of the help."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        opposite, self.secondary_opts = self.secondary_opts, []
        try:
            return super().get_help_record(ctx)
        finally:
            self.secondary_opts = opposite


def switch(*names: str, help: str) -> Callable[[_Function], _Function]:  # noqa: A002
    """Declare a flag that can be taken back: ``--strict`` has ``--no-strict``."""
    *short, name = names
    bare = name.removeprefix("--")
    opposite = bare[3:] if bare.startswith("no-") else f"no-{bare}"
    parameter = bare.replace("-", "_")
    return click.option(
        *short, f"{name}/--{opposite}", parameter, cls=_Switch, default=False, help=help
    )


def suite_options(function: _Function) -> _Function:
    """Add PATHS and the options that check and migrate share to a command."""
    return planning_options(_add(_REPORTING, function))


def planning_options(function: _Function) -> _Function:
    """Add PATHS and the options that decide which loops a suite gets."""
    return _add((*_PLANNING, *_SETTINGS), function)


def baseline_options(function: _Function) -> _Function:
    """Add the options that leave out what is known already to a command."""
    return _add((_BASELINE, _WRITE_BASELINE), function)


def outcome_options(function: _Function) -> _Function:
    """Add the options that say what a run with findings comes to to a command."""
    return _add(_OUTCOME, function)


def writing_options(function: _Function) -> _Function:
    """Add the options that say what is done with the changes to a command."""
    return _add(_WRITING, function)


def diff_option(function: _Function) -> _Function:
    """Add ``--diff`` alone to a command."""
    return _add((_DIFF,), function)


def collecting_options(function: _Function) -> _Function:
    """Add the options that let pytest itself say what a suite holds to a command.

    No table may hold them: they run code of the repository.
    """
    return _add(_COLLECTING, function)


@functools.cache
def table_options() -> dict[str, click.Option]:
    """Every option that ``[tool.loopscope]`` may hold, by its long name without the dashes.

    Which of them a command uses is its own matter.
    """

    def command() -> None: ...

    parameters = click.command()(
        _add((*_PLANNING, *_REPORTING, *_OUTCOME, _BASELINE, *_WRITING), command)
    ).params
    options = (option for option in parameters if isinstance(option, click.Option))
    return {max(option.opts, key=len).lstrip("-"): option for option in options}


def _add(options: Sequence[Callable[[Any], Any]], function: _Function) -> _Function:
    for decorate in reversed(options):
        function = decorate(function)
    return function


def _html_file(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
    """Accept a file named like a page, so that no test module is overwritten by mistake."""
    if value is not None and value.suffix.lower() not in (".html", ".htm"):
        raise click.BadParameter(f"'{value}' is no name of an HTML file: it must end with .html")
    if not _is_ours(value, b"<title>loopscope"):
        raise click.BadParameter(f"'{value}' is there and is not loopscope's: give another name")
    return value


def _patch(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
    """Accept a new file or an older patch, so that no module is overwritten by mistake."""
    if not _is_ours(value, b"--- "):
        raise click.BadParameter(f"'{value}' is there and is no patch: give another name")
    return value


def _is_ours(path: Path | None, mark: bytes) -> bool:
    """Whether a file may be written: a new or empty one, or what an older run has written."""
    with contextlib.suppress(OSError):  # writing says what is wrong with it
        if path is not None and path.is_file():
            with path.open("rb") as file:
                start = file.read(_START)
            return not start or (start.startswith(mark) if mark == b"--- " else mark in start)
    return True


_PLANNING: tuple[Callable[[Any], Any], ...] = (
    click.argument("paths", nargs=-1, type=click.Path(path_type=Path)),
    click.option(
        "--target", metavar="X.Y", callback=target, shell_complete=complete_targets,
        help="Oldest pytest-asyncio that the result must run on. Default: the newest known.",
    ),
    click.option(
        "--from", "runs_on", type=Nearest(RUNS_ON),
        help="What the suite runs on now. Default: by evidence (pin or lock, an override that"
        " tests see, loop_scope, options); the report says which.",
    ),
    click.option(
        "--style", type=Nearest(["config", "explicit"]), default="config",
        show_default=True,
        help="Put a loop scope that all share into the configuration, or name it everywhere.",
    ),
    click.option(
        "--select", multiple=True, metavar="RULE", callback=rule_codes,
        shell_complete=complete_rules,
        help="Only these rules, by code or name; the beginning of one selects a family. May be"
        " repeated.",
    ),
    click.option(
        "--ignore", multiple=True, metavar="RULE", callback=rule_codes,
        shell_complete=complete_rules,
        help="Not these rules. May be repeated.",
    ),
    click.option(
        "--exclude", multiple=True, metavar="PATTERN", callback=patterns,
        help="Leave out files and folders, by patterns as in .gitignore. May be repeated.",
    ),
    click.option(
        "--trace", type=click.Path(path_type=Path), metavar="FILE",
        help="The record of a legacy run (verify --save-trace): the plan follows it where the"
        " source does not tell, such as in fixtures of installed plugins.",
    ),
    switch(
        "--tests-only",
        help="Leave get_event_loop() in product code alone: in what is no part of the tests"
        " (LS107).",
    ),
    switch("--safe-only", help="Only safe edits, none that rests on an assumption."),
    switch(
        "--no-ambient-loop",
        help="Add no current loop for sync tests that ask for one (LS109).",
    ),
    click.option(
        "--only", multiple=True, metavar="GLOB",
        help="Only the suites whose path or name matches. May be repeated.",
    ),
    click.option(
        "--skip", multiple=True, metavar="GLOB",
        help="Not the suites whose path or name matches. May be repeated.",
    ),
    click.option(
        "--time-limit", type=click.IntRange(0, 86_400), default=60, show_default=True,
        metavar="SECONDS", help="Give a file up when it takes longer; 0: never.",
    ),
    switch(
        "--no-cache",
        help="Work out each suite anew, also where nothing has changed since the last run.",
    ),
    click.option(
        "-j", "--jobs", type=click.IntRange(1, 256), metavar="N",
        help="Processes for many suites, or for the files of a large one. Default: the processors"
        " that may be used.",
    ),
    click.option(
        "--dask", metavar="ADDRESS",
        help="Hand the suites to a running Dask scheduler, such as tcp://HOST:8786.",
    ),
)  # fmt: skip


# No table may hold them: they say which table counts.
_SETTINGS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--config", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        help="Take [tool.loopscope] from this TOML file, for all suites.",
    ),
    click.option("--isolated", is_flag=True, help="Read no [tool.loopscope] at all."),
    click.option(
        "--show-settings", is_flag=True,
        help="Print the options that count here and where each comes from, and do nothing else.",
    ),
)  # fmt: skip


_COLLECTING: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--collect", is_flag=True,
        help="Let pytest itself collect the suite, and follow it where the source does not tell."
        " This imports the suite.",
    ),
    click.option(
        "--collect-python", type=click.Path(path_type=Path), metavar="PYTHON",
        help="The Python that collects, with what the suite needs. Default: the one in use.",
    ),
)  # fmt: skip


_REPORTING: tuple[Callable[[Any], Any], ...] = (
    switch("--annotate", help="Leave a comment where a person must act."),
    switch("--no-requirements", help="Leave dependency pins alone."),
    click.option(
        "--format", type=Nearest(formats("report")), default="text",
        show_default=True,
        help="Form of the report on standard output: sarif for code scanning, github for"
        " annotations in a workflow, gitlab for Code Quality, markdown for a comment.",
    ),
    click.option(
        "--html", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        callback=_html_file,
        help="Write the report as one HTML page, too: summary, loop map, diffs with reasons.",
    ),
    switch("--strict", help="Notes count for the exit code too."),
    switch("-q", "--quiet", help="Only errors, the answer and the table of suites."),
    switch("-v", "--verbose", help="Every edit, and suites with nothing to do as well."),
    click.option(
        "--color/--no-color", default=None, help="Default: colour on a terminal only."
    ),
)  # fmt: skip


_OUTCOME: tuple[Callable[[Any], Any], ...] = (
    switch("--statistics", help="Count edits, actions and notes by rule (text and json)."),
    switch("--exit-zero", help="Exit with 0 unless there is an error, whatever was found."),
)


_BASELINE = click.option(
    "--baseline", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Leave out what this file knows: what was found when --write-baseline made it.",
)  # fmt: skip
_WRITE_BASELINE = click.option(
    "--write-baseline", is_flag=True,
    help="Write what is found now to the file of --baseline; the exit code is 0.",
)  # fmt: skip


_DIFF = switch(
    "--diff", help="Print a patch and write nothing; the report goes to standard error."
)

_WRITING: tuple[Callable[[Any], Any], ...] = (
    _DIFF,
    switch("--review", help="Show each hunk with its reasons, and ask whether to take it."),
    click.option(
        "--patch", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        callback=_patch,
        help="Write all changes to FILE, for git apply, and leave the suites as they are.",
    ),
    click.option(
        "--patch-dir", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
        help="The same with one patch for each suite, in DIR.",
    ),
    switch("--allow-dirty", help="Write to files that git could not bring back, too."),
)  # fmt: skip
