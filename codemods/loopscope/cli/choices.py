"""Values that people type: targets, rules, formats; where there is none such, the nearest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from loopscope.types import KNOWN_TARGETS, Target

_SOON = 2.0  # seconds that a person waits for a completion
_CODE = re.compile(r"(?i)LS\d*")
_SERIES = re.compile(r"[^\d]*(\d+)\.(\d+)")


if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    _Choice = click.Choice[str]
else:  # older releases of click have no generic one
    _Choice = click.Choice


class Nearest(_Choice):
    """A choice in any case of letters that names the nearest where there is none such."""

    def __init__(self, choices: Iterable[str]) -> None:
        super().__init__(choices, case_sensitive=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the choice as it is spelled.

        Raises:
            click.BadParameter: There is none such.
        """
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            near = did_you_mean(str(value), self.choices)
            raise click.BadParameter(error.message + near, ctx=ctx, param=param) from None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question with the nearest of the known words, or "" where none is near."""
    import difflib

    words = {known_word.casefold(): known_word for known_word in known}
    near = difflib.get_close_matches(word.casefold(), words, n=1)
    return f" Did you mean {words[near[0]]}?" if near else ""


def target(_: click.Context, __: click.Parameter, value: str | None) -> Target:
    """Read ``--target``.

    Raises:
        click.BadParameter: There is no such series.
    """
    if value is None:
        return Target.newest()
    try:
        return Target.parse(value)
    except ValueError as error:
        raise click.BadParameter(f"{error}.{_nearest_target(value)}") from None


def _nearest_target(text: str) -> str:
    found = _SERIES.match(text)
    if found is None:
        return ""
    wanted = int(found[1]) * 100 + int(found[2])
    major, minor = min(KNOWN_TARGETS, key=lambda known: abs(known[0] * 100 + known[1] - wanted))
    return f" Did you mean {major}.{minor}?"


def rule_codes(
    _: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    """Read codes, names and beginnings of them, also several in one value: ``LS101,imports``.

    Raises:
        click.BadParameter: One is none; or nothing is selected, which would select all.
    """
    words = [word.strip() for text in value for word in text.split(",") if word.strip()]
    if value and not words and parameter.name == "select":
        raise click.BadParameter("it is empty: name a rule, or leave the option out")
    return tuple(dict.fromkeys(code for word in words for code in _codes_of(word)))


def _codes_of(word: str) -> Iterator[str]:
    """Yield the code of a rule, or the codes of the family that the word begins."""
    from loopscope.rules.registry import REGISTRY  # slow to import, and seldom needed

    codes = [rule.code for rule in REGISTRY]
    if _CODE.fullmatch(word) and any(code.startswith(word.upper()) for code in codes):
        yield word.upper()
        return
    names = {rule.name: rule.code for rule in REGISTRY}
    name = fold_name(word)
    found = [names[name]] if name in names else [
        code for known, code in names.items() if known.startswith(f"{name.rstrip('-')}-")
    ]  # fmt: skip
    if not found:
        raise click.BadParameter(
            f"{word!r} is no rule: a code (LS107), a name (running-loop) or the beginning of one"
            f" (LS1) is wanted.{did_you_mean(name, [*codes, *names])} `loopscope rules` lists them"
        )
    yield from found


def fold_name(word: str) -> str:
    """Spell a name as rules and guides are named."""
    return word.strip().lower().replace("_", "-").replace(" ", "-")


def patterns(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Read patterns as in .gitignore, where a backslash takes the meaning from a sign.

    Raises:
        click.BadParameter: One has backslashes between folders, and would match nothing.
    """
    for text in value:
        if re.search(r"\\\w", text):
            near = text.replace("\\", "/")
            raise click.BadParameter(f"{text!r} matches nothing: write {near!r}, on Windows, too")
    return value


def complete_rules(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Complete the last of the codes and names that are typed with commas between them."""
    from loopscope.rules.registry import REGISTRY

    before, comma, word = incomplete.rpartition(",")
    names = (name for rule in REGISTRY for name in (rule.code, rule.name))
    return [
        f"{before}{comma}{name}" for name in names if name.casefold().startswith(word.casefold())
    ]


def complete_targets(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Complete the series of pytest-asyncio that can be aimed at."""
    known = (f"{major}.{minor}" for major, minor in KNOWN_TARGETS)
    return [series for series in known if series.startswith(incomplete)]


def complete_before(
    _: click.Context, __: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the branches and tags of git, and folders."""
    from click.shell_completion import CompletionItem

    from loopscope.output.git import revisions

    found = [name for name in revisions(".", _SOON) if name.startswith(incomplete)]
    return [*map(CompletionItem, found), CompletionItem(incomplete, type="dir")]
