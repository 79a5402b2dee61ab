"""Comments that are meant for loopscope: ``ignore[CODE]``, and what ``--annotate`` left."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_IGNORE = re.compile(r"#\s*loopscope:\s*ignore(?:\[([A-Z0-9,\s]+)\])?")
_ANNOTATION = re.compile(r"#\s*loopscope:\s*(LS\d{3})\b")


def ignores(lines: Sequence[str]) -> Mapping[int, tuple[str, ...]]:
    """Return the codes that are ignored on a line (1-based); "" stands for all of them."""
    found = {}
    for number, line in enumerate(lines, 1):
        if "loopscope" in line and (match := _IGNORE.search(line)):
            codes = match.group(1)
            found[number] = tuple(code.strip() for code in codes.split(",")) if codes else ("",)
    return found


def left_annotations(lines: Sequence[str]) -> Mapping[int, str]:
    """Return the code that an earlier run left on a line (1-based)."""
    return {
        number: match.group(1)
        for number, line in enumerate(lines, 1)
        if "loopscope" in line and (match := _ANNOTATION.search(line))
    }
