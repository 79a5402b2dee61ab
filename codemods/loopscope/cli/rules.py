"""``loopscope rules``: what the codes in reports mean."""

from __future__ import annotations

import difflib

import click


@click.command()
@click.argument("code", required=False, metavar="[CODE]")
def rules(code: str | None) -> None:
    """List the rules; with a CODE such as LS105, show its guide.

    The guides that are no rule's have names: README is their index.

    \b
    Examples:
      loopscope rules
      loopscope rules LS104
      loopscope rules README
      loopscope rules event-loop-is-closed
    """
    from loopscope.cli.markdown import show
    from loopscope.guides import GuidesMissing, text

    if code is None:
        _list()
        return
    try:
        show(text(_page(code)))
    except GuidesMissing as error:
        raise click.ClickException(str(error)) from None


def _list() -> None:
    from loopscope.cli.markdown import on_terminal, show
    from loopscope.rules.registry import REGISTRY

    rows = [(rule.code, rule.name, rule.summary.split(":")[0]) for rule in REGISTRY]
    if on_terminal():
        head = "| code | rule | what it does |\n| --- | --- | --- |\n"
        show(head + "".join(f"| {' | '.join(row)} |\n" for row in rows))
        return
    width = max(len(name) for _, name, _ in rows)
    for number, name, summary in rows:
        click.echo(f"{number}  {name:<{width}}  {summary}")


def _page(code: str) -> str:
    """Return the name of the page for a rule's code, or its name, or a guide's name."""
    from loopscope.guides import names
    from loopscope.rules.registry import REGISTRY

    pages = {name.lower(): name for name in names()}
    for rule in REGISTRY:
        pages[rule.code.lower()] = pages[rule.name] = f"rules/{rule.code}"
    wanted = code.lower().removesuffix(".md")
    if wanted in pages:
        return pages[wanted]
    near = difflib.get_close_matches(wanted, pages, n=1)
    hint = f" Did you mean {pages[near[0]].rpartition('/')[2]}?" if near else ""
    raise click.BadParameter(
        f"there is no rule or guide {code!r}.{hint} `loopscope rules` lists the rules,"
        " `loopscope rules README` the guides.",
        param_hint="CODE",
    )
