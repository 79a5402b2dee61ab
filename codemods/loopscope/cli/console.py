"""Lines on standard output or standard error: plain in a pipe, in colour on a terminal."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from loopscope.escape import visible, visible_line
from loopscope.reports import Line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    from loopscope.reports.map_text import Node


_DIFF_STYLES = {b"-": "red", b"+": "green", b"@": "cyan"}


class Screen:
    """One of the two standard streams; rich is imported only where there is colour.

    Args:
        stream: ``sys.stdout`` or ``sys.stderr``.
        color: True and False decide; None asks NO_COLOR, FORCE_COLOR and the terminal.
    """

    def __init__(self, stream: TextIO, color: bool | None = None) -> None:
        self._stream = stream
        self._console: Console | None = None
        self._forced = bool(color)
        self.color = wants_color(stream) if color is None else color
        if self.color:
            from rich.console import Console

            self._console = Console(file=stream, force_terminal=True, highlight=False)

    def lines(self, lines: Iterable[Line]) -> None:
        """Write lines of styled text; control characters in it are shown, not obeyed."""
        for line in lines:
            if self._console is None:
                self._stream.write("".join(visible(text) for text, _ in line) + "\n")
            else:
                from rich.text import Text

                safe = ((visible(text), style) for text, style in line)
                self._console.print(Text.assemble(*safe), soft_wrap=True)

    def text(self, text: str, style: str = "") -> None:
        """Write one line."""
        self.lines([((text, style),)])

    def tree(self, node: Node) -> None:
        """Write a tree: indented lines, or with branches where there is colour."""
        if self._console is None:
            self.lines(node.lines())
        else:
            self._console.print(_branches(node))

    def raw(self, text: str) -> None:
        """Write text as it is."""
        self._stream.write(text)

    def patch(self, lines: Iterable[bytes]) -> None:
        """Write a patch: its very bytes, or for reading on a terminal or where --color asks.

        FORCE_COLOR, which build servers set for all programs, spoils no patch in a file.
        """
        if not self._forced and not self._stream.isatty():
            self._stream.flush()
            self._stream.buffer.writelines(lines)
            self._stream.buffer.flush()
            return
        for line in lines:
            bold = line.startswith((b"--- ", b"+++ "))
            style = "bold" if bold else _DIFF_STYLES.get(line[:1], "")
            self.text(visible_line(line).expandtabs(), style)


def is_terminal(stream: TextIO) -> bool:
    """Whether a person looks at the stream, on a terminal that can do more than print."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def wants_color(stream: TextIO) -> bool:
    """Whether NO_COLOR, FORCE_COLOR or else the terminal ask for colour."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_terminal(stream)


def _branches(node: Node) -> Tree:
    """Return the tree of rich; control characters in it are shown, not obeyed."""
    from rich.tree import Tree

    tree = Tree(_text(node.line), guide_style="dim")
    for child in node.children:
        _grow(tree, child)
    return tree


def _grow(tree: Tree, node: Node) -> None:
    branch = tree.add(_text(node.line))
    for child in node.children:
        _grow(branch, child)


def _text(line: Line) -> Text:
    from rich.text import Text

    return Text.assemble(*((visible(text), style) for text, style in line))
