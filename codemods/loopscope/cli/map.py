"""``loopscope map``: which tests and fixtures share a loop, before and after, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from loopscope.cli.options import Request, planning_options, switch
from loopscope.reports import formats


@click.command("map")
@planning_options
@click.option(
    "--format",
    type=click.Choice(formats("map")),
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
    ctx.exit(2 if run(request, kind="map") == 2 else 0)
