"""The options that ``check`` and ``migrate`` share, and what they say together."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from loopscope.values import Options, Target

_Function = TypeVar("_Function", bound=Callable[..., Any])
_CODE = re.compile(r"LS\d{0,3}")


@dataclass(frozen=True, slots=True)
class Request:
    """One command line, read."""

    paths: tuple[Path, ...]
    exclude: tuple[str, ...]
    options: Options
    format: str
    strict: bool
    quiet: bool
    verbose: bool
    color: bool | None  # None: as the terminal says

    @classmethod
    def of(cls, given: dict[str, Any]) -> Request:
        """Make one from click's parameters, named as in ``suite_options``."""
        return cls(
            paths=given["paths"] or (Path("."),),
            exclude=given["exclude"],
            options=Options(
                target=given["target"],
                style=given["style"],
                select=given["select"],
                ignore=given["ignore"],
                safe_only=given["safe_only"],
                annotate=given["annotate"],
                requirements=not given["no_requirements"],
                ambient_loop=not given["no_ambient_loop"],
            ),
            format=given["format"],
            strict=given["strict"],
            quiet=given["quiet"],
            verbose=given["verbose"],
            color=given["color"],
        )


def suite_options(function: _Function) -> _Function:
    """Add PATHS and the shared options to a command."""
    for decorate in reversed(_SHARED):
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


_SHARED: tuple[Callable[[Any], Any], ...] = (
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
    click.option("--safe-only", is_flag=True, help="No edit that rests on an assumption."),
    click.option(
        "--annotate", is_flag=True, help="Leave a comment where a person must act."
    ),
    click.option("--no-requirements", is_flag=True, help="Leave dependency pins alone."),
    click.option(
        "--no-ambient-loop", is_flag=True,
        help="Add no current loop for sync tests that ask for one (LS109).",
    ),
    click.option(
        "--format", type=click.Choice(["text", "json"]), default="text", show_default=True,
        help="Form of the report on standard output.",
    ),
    click.option("--strict", is_flag=True, help="Notes count for the exit code too."),
    click.option("-q", "--quiet", is_flag=True, help="Only errors and the summary line."),
    click.option("-v", "--verbose", is_flag=True, help="Suites with nothing to do as well."),
    click.option(
        "--color/--no-color", default=None, help="Default: colour on a terminal only."
    ),
)  # fmt: skip
