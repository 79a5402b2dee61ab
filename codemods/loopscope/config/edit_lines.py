"""Helpers for inserting lines into INI and TOML text: line ends and spacing."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LINE_END = re.compile(r"\r\n|\n|\r")
_LAST_END = re.compile(r"(?:\r\n|\n|\r)\Z")


def insert_line(text: str, at: int, line: str) -> str:
    """Put ``line`` at the offset ``at``: the start of a line, or the end of the text.

    The new line ends as the one before it does. A text without a final newline stays so.
    """
    before, after = text[:at], text[at:]
    last = _LAST_END.search(before)
    if last:
        return before + line + last.group() + after
    return before + line_end(text) + line + after


def append_block(text: str, lines: Sequence[str]) -> str:
    """Put ``lines`` at the end of the text, after a blank line."""
    newline = line_end(text)
    block = newline.join(lines)
    if not text.strip("\N{BYTE ORDER MARK}\r\n"):
        return text + block + newline
    if not text.endswith(("\n", "\r")):
        return text + newline * 2 + block
    gap = newline if text.splitlines()[-1].strip() else ""
    return text + gap + block + newline


def line_end(text: str) -> str:
    """Return the line end that the text uses, ``\n`` where it has none."""
    found = _LINE_END.search(text)
    return found.group() if found else "\n"


def spaced(name: str, model_name: str, model_delimiter: str) -> str:
    """``name`` and its delimiter, spaced (and aligned) as the option ``model_name`` is."""
    sign = model_delimiter.lstrip()
    gap = model_delimiter[: len(model_delimiter) - len(sign)]
    if len(gap) > 1 and not gap.strip(" "):
        gap = " " * max(1, len(model_name) + len(gap) - len(name))
    return name + gap + sign
