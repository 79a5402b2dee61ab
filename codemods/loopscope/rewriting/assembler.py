"""The top level of a file while it is put together again: pieces of code and the gaps between.

A *gap* is all between two statements: blank lines and comment lines. The rules for what is left
of it serve the top level of a file (gaps are lines of text) and nested blocks (gaps are LibCST
``EmptyLine`` nodes), so they are written for any kind of line.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeVar

from loopscope.frozen import frozen
from loopscope.python_source.source import split_lines

LineT = TypeVar("LineT")
Kind = Literal["blank", "comment", "other"]  # other: a form feed, which parts sections

# Comments at the top of a file that speak of the file, not of the statement below.
_FILE_COMMENT = re.compile(
    r"#!|#.*coding[:=]|#\s*(?:mypy|ruff|flake8|isort|pylint|pyright|fmt)\s*:"
    r"|#.*(?:copyright|licen[sc]e|spdx|©)",
    re.IGNORECASE,
)


def kind_of(line: str) -> Kind:
    """Tell the kind of a line in a gap."""
    if line.lstrip(" \t\f").startswith("#"):
        return "comment"
    return "other" if line.strip(" \t\r\n") else "blank"


def is_file_comment(line: str) -> bool:
    """Whether a comment at the top of a file must stay there (shebang, licence, pragma)."""
    return _FILE_COMMENT.match(line.lstrip()) is not None


def split_attached(
    gap: Sequence[LineT], kind: Callable[[LineT], Kind]
) -> tuple[list[LineT], list[LineT]]:
    """Part a gap into what stands for itself, and the comments attached to the code below."""
    start = len(gap)
    while start and kind(gap[start - 1]) == "comment":
        start -= 1
    return list(gap[:start]), list(gap[start:])


def split_trailing_blanks(
    gap: Sequence[LineT], kind: Callable[[LineT], Kind]
) -> tuple[list[LineT], list[LineT]]:
    """Part a gap into its content and the blank lines at its end."""
    start = len(gap)
    while start and kind(gap[start - 1]) == "blank":
        start -= 1
    return list(gap[:start]), list(gap[start:])


def split_leading_blanks(
    gap: Sequence[LineT], kind: Callable[[LineT], Kind]
) -> tuple[list[LineT], list[LineT]]:
    """Part a gap into the blank lines at its start and its content."""
    stop = 0
    while stop < len(gap) and kind(gap[stop]) == "blank":
        stop += 1
    return list(gap[:stop]), list(gap[stop:])


def close_gap(
    above: Sequence[LineT], below: Sequence[LineT], kind: Callable[[LineT], Kind]
) -> list[LineT]:
    """Merge the gaps above and below removed code.

    The comments attached to that code have been taken off ``above`` already. The larger of
    the two distances stays.
    """
    head, blanks_above = split_trailing_blanks(above, kind)
    blanks_below, tail = split_leading_blanks(below, kind)
    return [*head, *max(blanks_above, blanks_below, key=len), *tail]


@frozen
class Piece:
    """Lines of code, and whether they begin and end with a def or class statement."""

    lines: Sequence[str]
    begins: bool
    ends: bool

    @classmethod
    def of(cls, code: str, newline: str) -> Piece:
        """Make the piece for new code, its lines ended by ``newline``."""
        body = ast.parse(code).body
        kinds = [isinstance(node, ast.stmt) and hasattr(node, "decorator_list") for node in body]
        lines = [line.rstrip("\r\n") + newline for line in split_lines(code.strip("\r\n"))]
        return cls(lines, bool(kinds and kinds[0]), bool(kinds and kinds[-1]))


class Assembler:
    """Takes the statements of a file in order, and keeps PEP 8 distances where it changes."""

    def __init__(self, newline: str) -> None:
        self.gap: list[str] = []  # what stands above the next piece
        self._newline = newline
        self._out: list[str] = []
        self._above: bool | None = None  # the last piece is a definition; None: no piece yet
        self._deleted = False  # the last statement of the file is gone

    def add(self, piece: Piece, below: Sequence[str]) -> None:
        """Add a statement of the file; ``below`` is the gap that follows it."""
        self._out += [*self.gap, *piece.lines]
        self._above = piece.ends
        self._deleted = False
        self.gap = list(below)

    def delete(self, below: Sequence[str], *, heads_group: bool) -> None:
        """Leave a statement out; its comments stay where they head the lines below it."""
        free, attached = self._split_gap()
        if heads_group:
            free += attached
        if self._out or split_trailing_blanks(free, kind_of)[0]:
            self.gap = close_gap(free, below, kind_of)
        else:
            self.gap = split_leading_blanks(below, kind_of)[1]
        self._deleted = True

    def insert(self, code: str, *, below: bool) -> None:
        """Add new code above a statement; ``below``: that statement is a definition."""
        free, attached = self._split_gap()
        piece = Piece.of(code, self._newline)
        self._put(piece, split_trailing_blanks(free, kind_of)[0])
        self.gap = [*self._blanks(piece.ends, below), *attached]

    def insert_after(self, code: str, *, below: bool | None) -> None:
        """Add new code below the last statement; ``below`` None: nothing follows."""
        piece = Piece.of(code, self._newline)
        blanks, rest = split_leading_blanks(self.gap, kind_of)
        self._put(piece, [])
        needed = self._blanks(piece.ends, below) if below is not None or rest else []
        self.gap = [*max(blanks, needed, key=len), *rest]

    def finish(self, appended: Iterable[str]) -> str:
        """Return the whole text, with the code to be appended at its end."""
        lines = [*self._out, *self.gap]
        if self._deleted:
            lines = split_trailing_blanks(lines, kind_of)[0]
        for code in appended:
            lines = split_trailing_blanks(lines, kind_of)[0]
            if lines:
                lines += [self._newline] * 2
            lines += Piece.of(code, self._newline).lines
        return "".join(lines)

    def _put(self, piece: Piece, head: Sequence[str]) -> None:
        self._out += head
        if self._above is not None:
            self._out += self._blanks(self._above, piece.begins)
        elif self._out:
            self._out.append(self._newline)
        self._out += piece.lines
        self._above = piece.ends

    def _split_gap(self) -> tuple[list[str], list[str]]:
        free, attached = split_attached(self.gap, kind_of)
        if not self._out and not free and any(map(is_file_comment, attached)):
            return attached, []
        return free, attached

    def _blanks(self, above: bool | None, below: bool | None) -> list[str]:
        return [self._newline] * (2 if above or below else 1)
