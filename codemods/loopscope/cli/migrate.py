"""``loopscope migrate``: change the files, or show the changes as a patch."""

from __future__ import annotations

from typing import Any

import click

from loopscope.cli.options import Request, suite_options


@click.command
@suite_options
@click.option("--diff", is_flag=True, help="Print a patch and write nothing; the report goes"
              " to standard error.")  # fmt: skip
@click.pass_context
def migrate(ctx: click.Context, /, diff: bool, **given: Any) -> None:
    """Migrate the suites at or below PATHS; default: the current directory.

    All changes of a suite are written, or none.

    Exit code: 0 all is migrated, 1 a person must act on something (with --diff: or something
    would change), 2 a file could not be read, parsed or written.
    """
    from loopscope.cli.run import run

    ctx.exit(run(Request.of(given), show_diff=diff, write=not diff))
