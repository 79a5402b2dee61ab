"""Lines on standard output or standard error: plain in a pipe, in colour on a terminal."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, TextIO

from loopscope.escape import no_command, visible, visible_line
from loopscope.reports import Line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    from loopscope.reports.map_text import Node


_HANG = 4  # columns by which the second line of a message stands further in
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
        self._width = terminal_width() if is_terminal(stream) else 0
        if self.color:
            from rich.console import Console

            self._console = Console(
                file=stream, force_terminal=True, no_color=False, highlight=False
            )

    def lines(self, lines: Iterable[Line], *, wrap: bool = True) -> None:
        """Write lines of styled text; control characters in it are shown, not obeyed.

        On a terminal, ``wrap`` breaks them between words.
        """
        width = self._width if wrap else 0
        for whole in lines:
            safe: Line = tuple((visible(text), style) for text, style in whole)
            for line in wrapped(safe, width) if width else (safe,):
                if self._console is None:
                    text = "".join(text for text, _ in line)
                    self._stream.write(no_command(text) + "\n")
                else:
                    self._console.print(_text(line), soft_wrap=True)

    def text(self, text: str, style: str = "") -> None:
        """Write one line."""
        self.lines([((text, style),)])

    def rows(self, text: str) -> list[str]:
        """Return a text as the lines that it takes here."""
        rows = wrapped(((text, ""),), self._width) if self._width else [((text, ""),)]
        return ["".join(part for part, _ in row) for row in rows]

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
            with _not_obeyed(self._stream.buffer):
                self._stream.buffer.writelines(lines)
            self._stream.buffer.flush()
            return
        for line in lines:
            bold = line.startswith((b"--- ", b"+++ "))
            style = "bold" if bold else _DIFF_STYLES.get(line[:1], "")
            self.lines([((visible_line(line).expandtabs(), style),)], wrap=False)


@contextlib.contextmanager
def _not_obeyed(stream: BinaryIO) -> Iterator[None]:
    """Let GitHub take no line of a patch for a command, where it reads along in a workflow.

    A file gets the patch alone; ``git apply`` passes over the two lines.
    """
    import secrets  # a fifth of the start, and wanted in workflows only

    token = secrets.token_hex(16).encode()
    reads = os.environ.get("GITHUB_ACTIONS") == "true"
    try:
        reads = reads and not stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except OSError:
        reads = False
    if reads:
        stream.write(b"::stop-commands::" + token + b"\n")
    yield
    if reads:
        stream.write(b"::" + token + b"::\n")


def is_terminal(stream: TextIO) -> bool:
    """Whether a person looks at the stream, on a terminal that can do more than print."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def terminal_width() -> int:
    """Return the columns of the terminal, or what COLUMNS says."""
    import shutil  # it imports the compressors

    return shutil.get_terminal_size().columns


def wrapped(line: Line, width: int) -> Iterator[Line]:
    """Break a line between words; what follows stands further in than its beginning.

    A word that is longer than the width, such as a path, stays whole: it can be clicked then.
    """
    start = "".join(text for text, _ in line)
    hang = " " * min(len(start) - len(start.lstrip(" ")) + _HANG, width // 2)
    row: list[tuple[str, str]] = []
    used, empty = 0, True
    for gap, word in _words(line):
        length = sum(cell_width(text) for text, _ in (*gap, *word))
        if not empty and word and used + length > width:
            yield tuple(row)
            row, used, gap = [(hang, "")], len(hang), []
            length = sum(cell_width(text) for text, _ in word)
        row += (*gap, *word)
        used += length
        empty = False
    yield tuple(row)


def _words(line: Line) -> Iterator[tuple[list[tuple[str, str]], list[tuple[str, str]]]]:
    """Yield each word with the blanks before it; one may have pieces of several styles."""
    gap: list[tuple[str, str]] = []
    word: list[tuple[str, str]] = []
    for text, style in line:
        for piece in re.findall(r" +|[^ ]+", text):
            if not piece.startswith(" "):
                word.append((piece, style))
            elif word:
                yield gap, word
                gap, word = [(piece, style)], []
            else:
                gap.append((piece, style))
    yield gap, word


def cell_width(text: str) -> int:
    """Count the columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


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

    safe = [(visible(text), style) for text, style in line]
    whole = "".join(text for text, _ in safe)
    if no_command(whole) != whole:
        return Text(no_command(whole))
    return Text.assemble(*safe)
