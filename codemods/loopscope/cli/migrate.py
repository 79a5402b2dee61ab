"""``loopscope migrate``: change the files, or show the changes, or ask about each of them."""

from __future__ import annotations

import sys
from typing import Any

import click

from loopscope.cli.console import Screen
from loopscope.cli.options import Request, suite_options, writing_options


@click.command()
@suite_options
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

    Exit code: 0 all is migrated, 1 a person must act on something (with --diff or a patch: or
    something would change), 2 a file could not be read, parsed or written.
    """
    from loopscope.cli.run import run
    from loopscope.output.apply import ChangeApplier, Destination

    request = Request.from_click(ctx)
    screen = Screen(sys.stdout, request.color)
    destination = Destination(
        time_limit=request.options.time_limit,
        review=request.review,
        print_patch=screen.patch if request.prints_patch else None,
        write=request.writes,
        patch=request.patch,
        patch_dir=request.patch_dir,
        allow_dirty=request.allow_dirty,
        color=screen.color,
    )
    ctx.exit(run(request, ChangeApplier(destination)))
