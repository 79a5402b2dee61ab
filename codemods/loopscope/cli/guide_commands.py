"""``loopscope rules`` and ``explain``: Markdown, rendered on a terminal and plain in a pipe."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import click

from loopscope.cli.choices import complete_rules, did_you_mean, fold_name
from loopscope.cli.console import is_terminal, wants_color

if TYPE_CHECKING:
    from loopscope.explain import KnownError

_WIDEST = 100  # columns; longer lines are hard to read
_STYLES = {"markdown.code": "bold cyan"}  # on the terminal's own background, dark or light
_LINK = re.compile(r"\[([^\]]+)\]\(([\w./-]+)\.md(?:#[\w-]+)?\)")


def complete_pages(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete codes and names of rules, and names of guides."""
    from loopscope.guides import GuidesMissing, names

    try:
        guides = [name for name in names() if name.startswith(incomplete)]
    except GuidesMissing:
        guides = []
    return [*complete_rules(ctx, param, incomplete), *guides]


@click.command()
@click.argument("code", required=False, metavar="[RULE]", shell_complete=complete_pages)
def rules(code: str | None) -> None:
    """List the rules; with a RULE, such as LS105 or test-loop-scope, show its guide.

    The beginning of a code, such as LS2, lists that family. The guides that are no rule's have
    names: README is their index.

    \b
    Examples:
      loopscope rules
      loopscope rules LS104
      loopscope rules running-loop
      loopscope rules README
      loopscope rules event-loop-is-closed
    """
    from loopscope.guides import GuidesMissing, text

    family = re.fullmatch(r"(?i)LS\d{0,2}", code or "LS")
    if family and _list(family[0].upper()):
        return
    assert code is not None
    try:
        show(text(_page(code)))
    except GuidesMissing as error:
        raise click.ClickException(str(error)) from None


def _list(family: str) -> bool:
    """List the rules whose codes begin so; whether there are any."""
    from loopscope.rules.registry import REGISTRY

    rules = [rule for rule in REGISTRY if rule.code.startswith(family)]
    rows = [(rule.code, rule.name, rule.summary.split(":")[0]) for rule in rules]
    if not rows:
        return False
    if on_terminal():
        head = "| code | rule | what it does |\n| --- | --- | --- |\n"
        show(head + "".join(f"| {' | '.join(row)} |\n" for row in rows))
        return True
    width = max(len(name) for _, name, _ in rows)
    for number, name, summary in rows:
        click.echo(f"{number}  {name:<{width}}  {summary}")
    return True


def _page(code: str) -> str:
    """Return the name of the page for a rule's code, or its name, or a guide's name."""
    from loopscope.guides import names
    from loopscope.rules.registry import REGISTRY

    pages = {name.lower(): name for name in names()}
    for rule in REGISTRY:
        pages[rule.code.lower()] = pages[rule.name] = f"rules/{rule.code}"
    wanted = fold_name(code).removesuffix(".md")
    if wanted in pages:
        return pages[wanted]
    rule_words = (word for rule in REGISTRY for word in (rule.code, rule.name))
    near = did_you_mean(wanted, [*rule_words, *(name for name in names() if "/" not in name)])
    raise click.BadParameter(
        f"there is no rule or guide {code!r}.{near} `loopscope rules` lists the rules,"
        " `loopscope rules README` the guides.",
        param_hint="RULE",
    )


# A pasted line may start with dashes; only --help is an option.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("text", nargs=-1)
@click.pass_context
def explain(ctx: click.Context, text: tuple[str, ...]) -> None:
    """Name the causes of an error TEXT, the rules that repair it and the guides to read.

    TEXT is a message, a pasted traceback or a whole log; "-" or nothing reads standard input. Of a
    log the failure comes first, and warnings last.

    Exit code: 0 something is known about it, 1 nothing is, or only of warnings beside it.

    \b
    Examples:
      loopscope explain "attached to a different loop"
      pytest 2>&1 | loopscope explain
    """
    from loopscope.explain import answer
    from loopscope.guides import GuidesMissing

    found = answer(click.unstyle(_given(text)))
    try:
        lines = [*_known(found.errors)] if found.errors else [*_unknown()]
        if found.errors and found.unknown:
            lines[:0] = [
                f"Nothing is known about this failure:\n\n    {found.unknown}\n\n"
                "The text also holds warnings, which are no cause of it:\n"
            ]
        show("\n".join(lines))
    except GuidesMissing as error:
        raise click.ClickException(str(error)) from None
    ctx.exit(0 if found.errors and not found.unknown else 1)


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
        if known_error.rules:
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


def show(markdown: str) -> None:
    """Write a page to standard output."""
    if not on_terminal():
        sys.stdout.write(markdown)
        return
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    color = wants_color(sys.stdout)
    console = Console(
        file=sys.stdout, force_terminal=True, no_color=not color, theme=Theme(_STYLES)
    )
    page = Markdown(_without_links(markdown), hyperlinks=False, code_theme="ansi_dark")
    console.print(page, width=min(console.width, _WIDEST))


def on_terminal() -> bool:
    """Whether pages are rendered: for a person, or because FORCE_COLOR asks for it."""
    return is_terminal(sys.stdout) or wants_color(sys.stdout)


def _without_links(markdown: str) -> str:
    """Replace links to other pages by the commands that show them, at the end."""
    linked = dict.fromkeys(PurePosixPath(target).name for _, target in _LINK.findall(markdown))
    text = _LINK.sub(r"\1", markdown)
    if not linked:
        return text
    return f"{text}\n---\n\n" + "\n".join(f"- `loopscope rules {name}`" for name in linked)


@click.command()
def server() -> None:
    """Serve an editor by the language server protocol, over standard input and output.

    Diagnostics are the findings and edits of the suites whose files are open, code actions make
    the edits, a hover tells the loop of a test or fixture and why. Nothing of a suite is run.
    It needs the extra lsp: pip install 'loopscope[lsp]'.

    \b
    Examples:
      loopscope server
    """
    try:
        from loopscope.cli.server import make_server
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in ("pygls", "lsprotocol"):
            raise
        text = f"{name} is not installed: pip install 'loopscope[lsp]'"
        raise click.ClickException(text) from None
    make_server().start_io()
