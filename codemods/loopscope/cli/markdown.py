"""Markdown on standard output: rendered on a terminal, as it is in a pipe."""

from __future__ import annotations

import re
import sys
from pathlib import PurePosixPath

from loopscope.cli.console import is_terminal, wants_color

_WIDEST = 100  # columns; longer lines are hard to read
_STYLES = {"markdown.code": "bold cyan"}  # on the terminal's own background, dark or light
_LINK = re.compile(r"\[([^\]]+)\]\(([\w./-]+)\.md(?:#[\w-]+)?\)")


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
