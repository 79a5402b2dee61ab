"""``loopscope migrate``: change the files, or show the changes, or ask about each of them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import click

from loopscope.cli.options import Request, suite_options, switch


def _patch(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
    """Accept a new file or an older patch, so that no module is overwritten by mistake."""
    with contextlib.suppress(OSError):  # writing says what is wrong with it
        if value is not None and value.is_file():
            with value.open("rb") as file:
                start = file.read(4)
            if start not in (b"", b"--- "):
                raise click.BadParameter(f"'{value}' is there and is no patch: give another name")
    return value


@click.command(short_help="Write the changes, show them, or ask about each.")
@suite_options
@switch("--diff", help="Print a patch and write nothing; the report goes to standard error.")
@switch("--review", help="Show each hunk with its reasons, and ask whether to take it.")
@click.option(
    "--patch",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    callback=_patch,
    help="Write all changes to FILE, for git apply, and leave the suites as they are.",
)
@click.option(
    "--patch-dir",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The same with one patch for each suite, in DIR.",
)
@switch("--allow-dirty", help="Write to files that git could not bring back, too.")
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
    from loopscope.output.apply import ChangeApplier

    request = Request.from_click(ctx)
    ctx.exit(run(request, ChangeApplier(request)))
