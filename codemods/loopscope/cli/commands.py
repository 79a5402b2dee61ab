"""``loopscope check``, ``migrate`` and ``map``: one run over suites, with and without changes."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from loopscope.cli.choices import Nearest
from loopscope.cli.console import Screen
from loopscope.cli.options import (
    baseline_options,
    collecting_options,
    diff_option,
    outcome_options,
    planning_options,
    suite_options,
    switch,
    writing_options,
)
from loopscope.cli.request import Request
from loopscope.reports import formats

if TYPE_CHECKING:
    from loopscope.output import ChangeApplier


@click.command()
@suite_options
@outcome_options
@collecting_options
@baseline_options
@diff_option
@click.pass_context
def check(ctx: click.Context, /, **_: Any) -> None:
    """Report what would change and what is left to do by hand; change nothing.

    PATHS are files, packages, repositories; default: the current directory.

    \b
    Examples:
      loopscope check
      loopscope check tests services/billing --target 1.1
      loopscope check --diff
      loopscope check --select LS101,LS2 --format json > report.json
      loopscope check --baseline known.json --write-baseline

    Exit code: 0 nothing to do, 1 something would change or a person must act, 2 a file could
    not be read or parsed, or there is no Python file at or below a path.
    """
    from loopscope.cli.run import run

    request = Request.from_click(ctx)
    if "diff" not in request.cli_values.typed:
        request = replace(request, diff=False)  # the table says what migrate does
    ctx.exit(run(request, _applier(request) if request.diff else None))


@click.command()
@suite_options
@outcome_options
@collecting_options
@writing_options
@click.pass_context
def migrate(ctx: click.Context, /, **_: Any) -> None:
    """Migrate the suites at or below PATHS; default: the current directory.

    All changes of a suite are written, or none.

    \b
    Examples:
      loopscope migrate --diff
      loopscope migrate --review tests
      loopscope migrate --safe-only --annotate
      loopscope migrate --patch-dir patches services
      loopscope migrate --trace legacy.jsonl
      loopscope migrate --collect --diff

    Exit code: 0 all is migrated, 1 a person must act on something (with --diff or a patch: or
    something would change), 2 a file could not be read, parsed or written.
    """
    from loopscope.cli.run import run

    request = Request.from_click(ctx)
    ctx.exit(run(request, _applier(request)))


def _applier(request: Request) -> ChangeApplier:
    """Make what the changes of each suite are handed to."""
    from loopscope.output import ChangeApplier, Destination

    screen = Screen(sys.stdout, request.color)
    destination = Destination(
        options=request.options,
        review=request.review,
        print_patch=screen.patch if request.prints_patch else None,
        write=request.writes,
        patch=request.patch,
        patch_dir=request.patch_dir,
        allow_dirty=request.allow_dirty,
        color=screen.color,
        wrap=screen.rows,
    )
    return ChangeApplier(destination)


@click.command("map")
@planning_options
@collecting_options
@click.option(
    "--format",
    type=Nearest(formats("map")),
    default="text",
    show_default=True,
    help="Form of the map on standard output.",
)
@switch("--changes", help="Only the loops that are others before than after.")
@switch("-v", "--verbose", help="Name every test and fixture, with its place and reason.")
@click.option("--color/--no-color", default=None, help="Default: colour on a terminal only.")
@click.pass_context
def map_(ctx: click.Context, /, **_: Any) -> None:
    """Show which tests and fixtures share an event loop, and why; change nothing.

    A suite that relies on the event_loop fixture is shown twice: with the loops that it has up
    to pytest-asyncio 0.21, and with those of its migration. A suite with loop scopes is shown
    once. With PATHS inside of a suite, the loops of the tests there are shown.

    \b
    Examples:
      loopscope map
      loopscope map tests/orders -v
      loopscope map --changes
      loopscope map --format json > loops.json

    Exit code: 0, or 2 where a file could not be read or parsed.
    """
    from loopscope.cli.run import run

    request = replace(
        Request.from_click(ctx, "map"), maps=True, changes=bool(ctx.params["changes"])
    )
    ctx.exit(2 if run(request, kind="map") == 2 else 0)
