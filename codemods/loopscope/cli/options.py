"""The options that commands share, and what all options say together."""

from __future__ import annotations

import contextlib
import functools
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from loopscope.config.tool_settings import (
    CliValues,
    SettingsError,
    common_directory,
    nearest_settings,
)
from loopscope.discovery.gitignore import excluding
from loopscope.disk import behind_links
from loopscope.reports import formats
from loopscope.types import Options, Suite, Target

_Function = TypeVar("_Function", bound=Callable[..., Any])
_CODE = re.compile(r"LS\d{0,3}")


@dataclass(frozen=True, slots=True)
class Request:
    """What a run shall do: one command line and the ``[tool.loopscope]`` of its paths."""

    paths: tuple[Path, ...]
    exclude: tuple[str, ...]
    base: str | None  # the directory that ``exclude`` is written for; None: the current one
    options: Options
    format: str
    html: Path | None
    strict: bool
    quiet: bool
    verbose: bool
    color: bool | None  # None: as the terminal says
    diff: bool
    review: bool
    patch: Path | None
    patch_dir: Path | None
    allow_dirty: bool
    jobs: int | None  # processes; None: as many as there are processors
    dask: str | None  # the address of a scheduler, which then takes the place of processes
    only: tuple[str, ...]
    skip: tuple[str, ...]
    cli_values: CliValues
    trace: Path | None  # the record of a legacy run
    maps: bool = False  # draw the loop maps

    @classmethod
    def from_click(cls, context: click.Context) -> Request:
        """Make one from a command with ``suite_options``.

        Raises:
            click.UsageError: The table holds what it may not, or the options contradict.
        """
        cli_values = CliValues.from_click(context)
        paths = cli_values.values["paths"] or (Path("."),)
        try:
            settings = nearest_settings(common_directory(paths), _table_options())
        except SettingsError as error:
            raise click.UsageError(str(error)) from None
        values = cli_values.merged_with(settings)
        from_table = "exclude" in settings.values and "exclude" not in cli_values.typed
        request = cls(
            paths=paths,
            exclude=values["exclude"],
            base=settings.directory if from_table else None,
            options=_options(values),
            format=values["format"],
            html=values.get("html"),
            strict=values.get("strict", False),
            quiet=values.get("quiet", False),
            verbose=values["verbose"],
            color=values["color"],
            diff=values.get("diff", False),
            review=values.get("review", False),
            patch=values.get("patch"),
            patch_dir=values.get("patch_dir"),
            allow_dirty=values.get("allow_dirty", False),
            jobs=values["jobs"],
            dask=values["dask"],
            only=values["only"],
            skip=values["skip"],
            trace=values["trace"],
            cli_values=cli_values,
        )
        if request.review and (request.diff or request.format != "text"):
            raise click.UsageError(
                "--review talks to a person: it goes with neither --diff nor another --format"
                " than text"
            )
        return request

    @property
    def writes(self) -> bool:
        """Whether ``migrate`` changes the files themselves."""
        return not (self.diff or self.patch or self.patch_dir)

    @property
    def prints_patch(self) -> bool:
        """Whether standard output gets a patch, and people read the report elsewhere."""
        return self.diff and self.format == "text"

    def for_suite(self, suite: Suite) -> tuple[Suite, Options]:
        """Apply the suite's own table: return the suite without what it excludes, and its options.

        Raises:
            SettingsError: Its table holds what it may not.
        """
        settings = nearest_settings(suite.label, _table_options())
        exclude = settings.values.get("exclude", ())
        if exclude and "exclude" not in self.cli_values.typed:
            excluded = excluding(exclude, settings.directory)
            root = os.path.abspath(suite.label)
            kept = {
                path: data
                for path, data in suite.files.items()
                if not excluded(os.path.join(root, path))
                and not excluded(os.path.join(root, behind_links(root, path)))
            }
            suite = replace(suite, files=kept)
        options = _options(self.cli_values.merged_with(settings))
        return suite, replace(options, loop_maps=self.maps or self.html is not None)


def _options(values: Mapping[str, Any]) -> Options:
    return Options(
        target=values["target"],
        style=values["style"],
        select=values["select"],
        ignore=values["ignore"],
        safe_only=values["safe_only"],
        annotate=values.get("annotate", False),
        requirements=not values.get("no_requirements", False),
        ambient_loop=not values["no_ambient_loop"],
        time_limit=values["time_limit"],
    )


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
    return _add(_PLANNING, function)


def writing_options(function: _Function) -> _Function:
    """Add the options that say what is done with the changes to a command."""
    return _add(_WRITING, function)


@functools.cache
def _table_options() -> dict[str, click.Option]:
    """Every option that ``[tool.loopscope]`` may hold, by its long name without the dashes.

    Which of them a command uses is its own matter.
    """

    def command() -> None: ...

    parameters = click.command()(_add((*_PLANNING, *_REPORTING, *_WRITING), command)).params
    options = (option for option in parameters if isinstance(option, click.Option))
    return {max(option.opts, key=len).lstrip("-"): option for option in options}


def _add(options: Sequence[Callable[[Any], Any]], function: _Function) -> _Function:
    for decorate in reversed(options):
        function = decorate(function)
    return function


def _target(_: click.Context, __: click.Parameter, value: str | None) -> Target:
    if value is None:
        return Target.newest()
    try:
        return Target.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _codes(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Codes and prefixes, also several in one value: ``LS101,LS2``."""
    codes = tuple(code.strip() for text in value for code in text.split(",") if code.strip())
    for code in codes:
        if not _CODE.fullmatch(code):
            raise click.BadParameter(
                f"{code!r} is no rule code (such as LS101) and no beginning of one (such as LS1)"
            )
    return codes


def _html_file(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
    """Accept a file named like a page, so that no test module is overwritten by mistake."""
    if value is not None and value.suffix.lower() not in (".html", ".htm"):
        raise click.BadParameter(f"'{value}' is no name of an HTML file: it must end with .html")
    return value


def _patch(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
    """Accept a new file or an older patch, so that no module is overwritten by mistake."""
    with contextlib.suppress(OSError):  # writing says what is wrong with it
        if value is not None and value.is_file():
            with value.open("rb") as file:
                start = file.read(4)
            if start not in (b"", b"--- "):
                raise click.BadParameter(f"'{value}' is there and is no patch: give another name")
    return value


_PLANNING: tuple[Callable[[Any], Any], ...] = (
    click.argument("paths", nargs=-1, type=click.Path(path_type=Path)),
    click.option(
        "--target", metavar="X.Y", callback=_target,
        help="Oldest pytest-asyncio that the result must run on. Default: the newest known.",
    ),
    click.option(
        "--style", type=click.Choice(["config", "explicit"]), default="config",
        show_default=True,
        help="Put a loop scope that all share into the configuration, or name it everywhere.",
    ),
    click.option(
        "--select", multiple=True, metavar="CODE", callback=_codes,
        help="Only these rules; the beginning of a code selects a family. May be repeated.",
    ),
    click.option(
        "--ignore", multiple=True, metavar="CODE", callback=_codes,
        help="Not these rules. May be repeated.",
    ),
    click.option(
        "--exclude", multiple=True, metavar="PATTERN",
        help="Leave out files and folders, by patterns as in .gitignore. May be repeated.",
    ),
    click.option(
        "--trace", type=click.Path(path_type=Path), metavar="FILE",
        help="The record of a legacy run (verify --save-trace): the plan follows it where the"
        " source does not tell, such as in fixtures of installed plugins.",
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
    click.option(
        "-j", "--jobs", type=click.IntRange(min=1), metavar="N",
        help="Processes for many suites. Default: the processors that may be used.",
    ),
    click.option(
        "--dask", metavar="ADDRESS",
        help="Hand the suites to a running Dask scheduler, such as tcp://HOST:8786.",
    ),
)  # fmt: skip


_REPORTING: tuple[Callable[[Any], Any], ...] = (
    switch("--annotate", help="Leave a comment where a person must act."),
    switch("--no-requirements", help="Leave dependency pins alone."),
    click.option(
        "--format", type=click.Choice(formats("report")), default="text",
        show_default=True,
        help="Form of the report on standard output: github means annotations in a workflow.",
    ),
    click.option(
        "--html", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        callback=_html_file,
        help="Write the report as one HTML page, too: summary, loop map, diffs with reasons.",
    ),
    switch("--strict", help="Notes count for the exit code too."),
    switch("-q", "--quiet", help="Only errors and the summary line."),
    switch("-v", "--verbose", help="Suites with nothing to do as well."),
    click.option(
        "--color/--no-color", default=None, help="Default: colour on a terminal only."
    ),
)  # fmt: skip


_WRITING: tuple[Callable[[Any], Any], ...] = (
    switch("--diff", help="Print a patch and write nothing; the report goes to standard error."),
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
