"""Match an error text with the known errors."""

from __future__ import annotations

import re

from loopscope.explain.known_errors import KNOWN_ERRORS, KnownError

__all__ = ["KNOWN_ERRORS", "KnownError", "match_errors"]


def match_errors(text: str) -> list[KnownError]:
    """Find the known errors in a message, a traceback or a whole log, in order of appearance."""
    lines = (re.sub(r"^(?:E\s|>)", " ", line) for line in text.splitlines())
    flat = " ".join(" ".join(lines).split())
    found = []
    for known_error in KNOWN_ERRORS:
        match = re.search(known_error.pattern, flat, re.IGNORECASE)
        if match:
            found.append((match.start(), known_error))
    return [known_error for _, known_error in sorted(found, key=lambda item: item[0])]
