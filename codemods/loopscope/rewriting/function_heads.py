"""The head of a function that fits on one line again, once it has lost an argument.

Formatters put arguments that do not fit on a line of their own, without a comma behind the last;
where they fit again, they join the head, and a check of the format fails until it is joined.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

_OPENS = re.compile(r"[ \t]*(?:async[ \t]+)?def[ \t]+\w+\($")
_ALONE = re.compile(r"[ \t]+[^#\\\s](?:[^#\\]*[^#\\,\s])?$")
_CLOSES = re.compile(r"[ \t]*\)[^#\\]*:$")
_NARROWEST, _WIDEST = 79, 120


def line_length(lines: Iterable[str]) -> int:
    """Return the length that lines of code may have here, by the longest that there is.

    Comments and strings are often longer than what a formatter allows for code.
    """
    texts = (line.rstrip("\r\n") for line in lines)
    longest = max((len(text) for text in texts if not set(text) & set("#'\"")), default=0)
    return min(max(longest, _NARROWEST), _WIDEST)


def three_line_heads(lines: Sequence[str]) -> dict[tuple[str, str], str]:
    """Map the first and last line of each head that stands on three lines to its middle one."""
    heads = (lines[index : index + 3] for index in range(len(lines) - 2))
    return {(head[0], head[2]): head[1] for head in heads if _is_head(head)}


def join_heads(
    heads: Mapping[tuple[str, str], str], after: Sequence[str], limit: int
) -> list[str]:
    """Join the heads of ``after`` that stood on three lines before, with more arguments."""
    joined = list(after)
    for index in range(len(after) - 3, -1, -1):
        head = after[index : index + 3]
        opening, middle, closing = head
        if not _is_head(head) or heads.get((opening, closing), middle) == middle:
            continue
        line = opening.rstrip("\r\n") + middle.strip() + closing.lstrip(" \t")
        if len(line.rstrip("\r\n")) <= limit:
            joined[index : index + 3] = [line]
    return joined


def _is_head(lines: Sequence[str]) -> bool:
    opening, middle, closing = (line.rstrip("\r\n") for line in lines)
    return bool(_OPENS.match(opening) and _ALONE.match(middle) and _CLOSES.match(closing))
