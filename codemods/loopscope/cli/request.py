"""What one command line asks for, together with the ``[tool.loopscope]`` tables it meets."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loopscope.cli.options import table_options
from loopscope.config.tool_settings import (
    CliValues,
    Settings,
    SettingsError,
    SettingsLookup,
    common_directory,
)
from loopscope.discovery.selection import excluding
from loopscope.frozen import frozen
from loopscope.observed import behind_links
from loopscope.reports import formats
from loopscope.types import FileError, Migration, Options, Suite

if TYPE_CHECKING:
    from loopscope.analysis.suite.trace import Trace

# Options that decide how a run goes and how results are shown, not what they are.
_ASIDE = frozenset({
    "format", "html", "strict", "statistics", "exit_zero", "quiet", "verbose", "color", "jobs",
    "no_cache", "changes", "baseline", "write_baseline", "diff", "show_settings",
})  # fmt: skip


@frozen
class Request:
    """What a run shall do: one command line and the ``[tool.loopscope]`` of its paths."""

    paths: tuple[Path, ...]
    exclude: tuple[str, ...]
    base: str | None  # the directory that ``exclude`` is written for; None: the current one
    options: Options
    format: str
    html: Path | None
    strict: bool
    statistics: bool
    exit_zero: bool
    quiet: bool
    verbose: bool
    color: bool | None  # None: as the terminal says
    diff: bool
    review: bool
    patch: Path | None
    patch_dir: Path | None
    allow_dirty: bool
    no_cache: bool  # ask for no result of an earlier run, and keep none
    jobs: int | None  # processes; None: as many as there are processors
    dask: str | None  # the address of a scheduler, which then takes the place of processes
    only: tuple[str, ...]
    skip: tuple[str, ...]
    cli_values: CliValues
    lookup: SettingsLookup
    baseline: Path | None  # what it knows is left out
    write_baseline: bool  # make it know what is found
    trace: Path | None  # the record of a legacy run
    collect: CollectOption
    maps: bool = False  # draw the loop maps
    changes: bool = False  # of these, what differs before and after

    def narrowed(self, migration: Migration) -> Migration:
        """Leave in the loop maps what was asked for: the tests below the paths, what differs."""
        maps = migration.maps
        if maps is None:
            return migration
        root = os.path.abspath(migration.label)
        places = [os.path.join(os.path.abspath(path), "") for path in self.paths]
        if not any(os.path.join(root, "").startswith(place) for place in places):
            maps = maps.of_tests(
                lambda module: os.path.join(root, module, "").startswith(tuple(places))
            )
        return replace(migration, maps=maps.changes() if self.changes else maps)

    @classmethod
    def from_click(cls, context: click.Context, kind: str = "report") -> Request:
        """Make one from a command with ``suite_options``, whose reports are of that kind.

        Raises:
            click.UsageError: The table holds what it may not, or the options contradict.
        """
        cli_values = CliValues.from_click(context)
        paths = cli_values.values["paths"] or (Path("."),)
        lookup = SettingsLookup(cli_values.values["config"], cli_values.values["isolated"])
        if lookup.file and lookup.isolated:
            raise click.UsageError("--config and --isolated exclude each other: give one of them")
        try:
            settings = lookup.near(common_directory(paths), table_options())
        except SettingsError as error:
            raise click.UsageError(str(error)) from None
        values = cli_values.merged_with(settings)
        values["format"] = _format(cli_values, values["format"], kind)
        from_table = "exclude" in settings.values and "exclude" not in cli_values.typed
        request = cls(
            paths=paths,
            exclude=values["exclude"],
            base=settings.directory if from_table else None,
            options=_options(values, named=_names_target(cli_values, settings)),
            format=values["format"],
            html=values.get("html"),
            strict=values.get("strict", False),
            statistics=values.get("statistics", False),
            exit_zero=values.get("exit_zero", False),
            quiet=values.get("quiet", False),
            verbose=values["verbose"],
            color=values["color"],
            diff=values.get("diff", False),
            review=values.get("review", False),
            patch=values.get("patch"),
            patch_dir=values.get("patch_dir"),
            allow_dirty=values.get("allow_dirty", False),
            jobs=values["jobs"],
            no_cache=values["no_cache"],
            dask=values["dask"],
            only=values["only"],
            skip=values["skip"],
            trace=values["trace"],
            cli_values=cli_values,
            lookup=lookup,
            baseline=values.get("baseline"),
            write_baseline=values.get("write_baseline", False),
            collect=CollectOption(values),
        )
        if request.write_baseline and request.baseline is None:
            raise click.UsageError("--write-baseline needs --baseline FILE: the file to write")
        if values["show_settings"]:
            _show_settings(values, cli_values, settings)
            context.exit()
        if request.review and (request.diff or request.format != "text"):
            raise click.UsageError(
                "--review talks to a person: it goes with neither --diff nor another --format"
                " than text"
            )
        return request

    @property
    def is_plain(self) -> bool:
        """Whether a run asks nothing but the disk of this machine, in the ways of discovery."""
        return self.trace is None and self.dask is None and not self.collect.wanted

    @property
    def asked(self) -> tuple[object, ...]:
        """All that decides what a run comes to, beside the disk and the code, in plain values."""
        values = {
            name: str(value) if isinstance(value, Path) else value
            for name, value in self.cli_values.values.items()
            if name not in _ASIDE and name != "paths"
        }
        return (
            os.getcwd(),
            tuple(map(str, self.paths)),
            (self.exclude, self.base, self.only, self.skip),
            self.options,
            values,
            sorted(self.cli_values.typed - _ASIDE),
            (self.maps, self.html is not None),
        )

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
        settings = self.lookup.near(suite.label, table_options())
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
        if self.maps:
            suite = replace(suite, editable=None)  # the map of a part is cut out of the whole
        named = _names_target(self.cli_values, settings)
        options = _options(self.cli_values.merged_with(settings), named=named)
        return suite, replace(options, loop_maps=self.maps or self.html is not None)


def _format(cli_values: CliValues, name: str, kind: str) -> str:
    """Return the format that was typed, or else that of the table where it can be used.

    Who types ``--diff`` or ``--review`` wants to read, and not every kind of report has all
    formats.
    """
    typed = cli_values.typed
    reads = "diff" in typed and any(cli_values.values.get(way) for way in ("diff", "review"))
    return name if "format" in typed or (name in formats(kind) and not reads) else "text"


def _show_settings(values: Mapping[str, Any], cli_values: CliValues, settings: Settings) -> None:
    """Print the options of a command as a table, each with where it comes from."""
    click.echo("[tool.loopscope]")
    for key, option in table_options().items():
        name = option.name or key
        if name not in values:
            continue
        if name in cli_values.values and name in cli_values.typed:
            source = "command line"
        elif name in settings.values:
            source = os.path.relpath(settings.path)
        else:
            source = "default"
        value = _toml(values[name])
        click.echo(f"{key} = {value}  # {source}" if value else f"# {key} is not set")


def _toml(value: Any) -> str:
    """Write a value as in the table; "" for one that is not set."""
    if value is None:
        return ""
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    import json

    return json.dumps(str(value), ensure_ascii=False)


def _names_target(cli_values: CliValues, settings: Settings) -> bool:
    return "target" in cli_values.typed or "target" in settings.values


def _options(values: Mapping[str, Any], *, named: bool) -> Options:
    return Options(
        target=values["target"],
        target_named=named,
        runs_on=values["runs_on"] or "",
        style=values["style"],
        select=values["select"],
        ignore=values["ignore"],
        safe_only=values["safe_only"],
        tests_only=values["tests_only"],
        annotate=values.get("annotate", False),
        requirements=not values.get("no_requirements", False),
        ambient_loop=not values["no_ambient_loop"],
        time_limit=values["time_limit"],
    )


class TraceOption:
    """A record, or none, and whether a suite for it was found.

    Raises:
        click.UsageError: The file is no record of a legacy run.
    """

    def __init__(self, path: Path | None) -> None:
        self._path, self._matched = path, False
        self.loaded: Trace | None = None
        if path is not None:
            from loopscope.verify.trace_file import UnfitTrace, load_trace

            try:
                self.loaded = load_trace(path)
            except UnfitTrace as error:
                raise click.UsageError(f"--trace {error}") from None

    def meant_for(self, suite: Suite) -> bool:
        """Whether the record is one of this suite."""
        from loopscope.verify.trace_file import knows

        found = self.loaded is not None and knows(self.loaded, suite)
        self._matched = self._matched or found
        return found

    def attach(self, suite: Suite) -> Suite:
        """Add the record to its suite; refuse it where files changed since the run."""
        if self.loaded is None or not self.meant_for(suite):
            return suite
        from loopscope.verify.trace_file import changed

        errors = changed(self.loaded, suite)
        if errors:
            return replace(suite, files={}, errors=(*suite.errors, *errors))
        return replace(suite, trace=self.loaded)

    def unmatched(self) -> FileError | None:
        """Report, when all suites are read, that the record belongs to none of them."""
        if self.loaded is None or self._matched:
            return None
        return FileError(
            str(self._path),
            "is the record of another suite: it has no test of the files here. Give the folder"
            " (pytest's rootdir) that it was made in",
        )


_IMPORTS = "This imports the tests of the project, in a copy: do it only with code that you trust."


class CollectOption:
    """Whether suites are collected, and by which Python.

    Raises:
        click.UsageError: The options contradict each other.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.wanted = bool(values.get("collect"))
        self._python: Path | None = values.get("collect_python")
        if self._python is not None and not self.wanted:
            raise click.UsageError("--collect-python is for --collect: give that, too")
        if self.wanted and values.get("trace") is not None:
            raise click.UsageError(
                "--collect and --trace both say what the source does not: give one of them"
            )

    def attach(self, suite: Suite, say: Callable[[str], None]) -> Suite:
        """Add what pytest says to a suite; where it cannot be asked, say why."""
        if not self.wanted or not suite.files:
            return suite
        from loopscope.verify.collect_suite import collect

        say(f"{suite.label}: {_IMPORTS}")
        found = collect(suite, self._python, lambda text: say(f"{suite.label}: {text}"))
        for text in found.notes:
            say(f"{suite.label}: {text}")
        if found.problem:
            details = f"\n{found.details}" if found.details else ""
            say(f"{suite.label}: {found.problem}. Its source alone is read.{details}")
        return found.suite
