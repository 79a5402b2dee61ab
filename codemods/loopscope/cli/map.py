"""``loopscope map``: which tests and fixtures share a loop, before and after, and why."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from loopscope.cli.console import Screen
from loopscope.cli.options import Request, planning_options, switch
from loopscope.reports.summary import Summary
from loopscope.types import FileError, Migration


@click.command("map", short_help="Which tests and fixtures share a loop, and why.")
@planning_options
@click.option(
    "--format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the map on standard output.",
)
@switch("-v", "--verbose", help="Name every test and fixture, with its place and reason.")
@click.option("--color/--no-color", default=None, help="Default: colour on a terminal only.")
@click.pass_context
def map_(ctx: click.Context, /, **_: Any) -> None:
    """Show which tests and fixtures share an event loop, and why; change nothing.

    A suite that relies on the event_loop fixture is shown twice: with the loops that it has up
    to pytest-asyncio 0.21, and with those of its migration. A suite with loop scopes is shown
    once.

    \b
    Examples:
      loopscope map
      loopscope map tests/orders -v
      loopscope map --format json > loops.json

    Exit code: 0, or 2 where a file could not be read or parsed.
    """
    from loopscope.cli.run import run

    request = replace(Request.from_click(ctx), maps=True)
    code = run(request, report=_Json(request) if request.format == "json" else _Tree(request))
    ctx.exit(2 if code == 2 else 0)


class _Errors:
    """What both forms do with errors."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._out = Screen(sys.stdout, request.color)
        self._err = Screen(sys.stderr, request.color)

    def error(self, error: FileError, label: str = "") -> None:
        """Say on standard error what could not be read."""
        from loopscope.reports.text import error_lines

        self._err.lines(error_lines(error, label))


class _Tree(_Errors):
    """A tree for people, suite by suite."""

    _shown = False

    def suite(self, migration: Migration) -> None:
        """One suite; nothing where no test of it runs on a loop."""
        from loopscope.reports.loop_map_text import suite_tree

        for error in migration.errors:
            self.error(error, migration.label)
        maps = migration.maps
        if maps is not None and (maps.before.loops or (maps.after and maps.after.loops)):
            self._shown = True
            verbose = self._request.verbose
            self._out.tree(suite_tree(migration.label, migration.config, maps, verbose=verbose))

    def finish(self, summary: Summary, _: Sequence[str]) -> None:
        """Say so where there was nothing to show."""
        if not summary.suites and not summary.errors:
            self._out.text("No pytest suite found.")
        elif not self._shown and not summary.errors:
            self._out.text("No test here runs on an event loop of pytest-asyncio.")


class _Json(_Errors):
    """One document when all is done."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self._suites: list[dict[str, Any]] = []
        self._errors: list[dict[str, str]] = []

    def suite(self, migration: Migration) -> None:
        """Keep one suite."""
        from loopscope.reports.loop_map_json import map_entry

        self._suites.append(map_entry(migration))
        for error in migration.errors:
            self.error(error, migration.label)

    def error(self, error: FileError, label: str = "") -> None:
        """Keep an error, and say it on standard error too."""
        from loopscope.reports.json import error_entry

        self._errors.append(error_entry(error))
        super().error(error, label)

    def finish(self, summary: Summary, _: Sequence[str]) -> None:
        """Write the document."""
        from loopscope.reports.json import document

        target = self._request.options.target
        sys.stdout.write(document(target, self._suites, self._errors) + "\n")
