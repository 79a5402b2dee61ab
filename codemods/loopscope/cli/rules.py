"""``loopscope rules``: what the codes in reports mean."""

from __future__ import annotations

import difflib

import click


@click.command()
@click.argument("code", required=False)
def rules(code: str | None) -> None:
    """List the rules; with a CODE such as LS105, say what it does and why.

    \b
    Examples:
      loopscope rules
      loopscope rules LS104
    """
    from loopscope.rules.registry import REGISTRY, find_rule, page

    if code is None:
        width = max(len(rule.name) for rule in REGISTRY)
        for rule in REGISTRY:
            click.echo(f"{rule.code}  {rule.name:<{width}}  {rule.summary.split(':')[0]}")
        return
    found = find_rule(code)
    if found is None:
        codes = [rule.code for rule in REGISTRY]
        near = difflib.get_close_matches(code.upper(), codes, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise click.BadParameter(
            f"there is no rule {code!r}.{hint} `loopscope rules` lists them.", param_hint="CODE"
        )
    click.echo(page(found), nl=False)
