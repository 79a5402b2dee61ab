"""``loopscope explain``: from an error text to its causes, rules and guides."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from loopscope.explain import KnownError


# A pasted line may start with dashes; only --help is an option.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("text", nargs=-1)
@click.pass_context
def explain(ctx: click.Context, text: tuple[str, ...]) -> None:
    """Name the causes of an error TEXT, the rules that repair it and the guides to read.

    TEXT is a message, a pasted traceback or a whole log; "-" or nothing reads standard input.

    Exit code: 0 something is known about it, 1 nothing is.

    \b
    Examples:
      loopscope explain "attached to a different loop"
      pytest 2>&1 | loopscope explain
    """
    from loopscope.cli.markdown import show
    from loopscope.explain import match_errors
    from loopscope.guides import GuidesMissing

    found = match_errors(click.unstyle(_given(text)))
    try:
        show("\n".join(_known(found) if found else _unknown()))
    except GuidesMissing as error:
        raise click.ClickException(str(error)) from None
    ctx.exit(0 if found else 1)


def _given(words: Sequence[str]) -> str:
    """Return the text of the command line, or of standard input.

    Raises:
        click.UsageError: There is none.
    """
    if words and words != ("-",):
        given = " ".join(words)
        source = "the text"
    elif not words and sys.stdin.isatty():
        raise click.UsageError(
            "give an error text in quotes, or pipe a log into it: pytest 2>&1 | loopscope explain"
        )
    else:
        given = sys.stdin.buffer.read().decode("utf-8", "replace")
        source = "standard input"
    if not given.strip():
        raise click.UsageError(f"{source} is empty: there is nothing to explain")
    return given


def _known(found: Sequence[KnownError]) -> Iterator[str]:
    from loopscope.guides import title
    from loopscope.rules.registry import find_rule

    for known_error in found:
        yield f"# {known_error.shown}\n"
        yield "Causes:\n"
        yield from (f"- {cause}" for cause in known_error.causes)
        yield "\nRules:\n"
        for code in known_error.rules:
            rule = find_rule(code)
            assert rule is not None, code
            yield f"- {code} {rule.name}: {rule.summary.split(':')[0]}"
        yield "\nTo read:\n"
        for name in known_error.guides:
            yield f"- `loopscope rules {name.rpartition('/')[2]}`: {title(name)}"
        yield ""


def _unknown() -> Iterator[str]:
    from loopscope.explain import KNOWN_ERRORS

    yield "Nothing is known about this text. Known are these, in any text around them:\n"
    yield from (f"- {known_error.shown}" for known_error in KNOWN_ERRORS)
    yield "\n`loopscope rules README` shows where to start without one.\n"
