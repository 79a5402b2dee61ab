"""Blank lines and comments around code that is removed or inserted.

A *gap* is all between two statements: blank lines and comment lines. The same rules
serve the top level of a file (gaps are lines of text) and nested blocks (gaps are LibCST
``EmptyLine`` nodes), so they are written for any kind of line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

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
