"""``loopscope check``: what would change, and what is left to do by hand."""

from __future__ import annotations

from typing import Any

import click

from loopscope.cli.options import Request, suite_options


@click.command()
@suite_options
@click.pass_context
def check(ctx: click.Context, /, **_: Any) -> None:
    """Report what would change and what is left to do by hand; change nothing.

    PATHS are files, packages, repositories; default: the current directory.

    \b
    Examples:
      loopscope check
      loopscope check tests services/billing --target 1.1
      loopscope check --select LS101,LS2 --format json > report.json

    Exit code: 0 nothing to do, 1 something would change or a person must act, 2 a file could
    not be read or parsed.
    """
    from loopscope.cli.run import run

    ctx.exit(run(Request.from_click(ctx)))
