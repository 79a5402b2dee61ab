"""Known errors of asyncio, pytest and pytest-asyncio 0.21 to 1.5: texts, causes, rules, guides.

To add one, add an entry to the module that it belongs to, and to the tests a suite that really
provokes it. Of a whole log the failure comes first: a warning stands in every log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from loopscope.explain.fixture_errors import FIXTURE_ERRORS
from loopscope.explain.known_error import KnownError
from loopscope.explain.loop_errors import LOOP_ERRORS
from loopscope.explain.release_errors import RELEASE_ERRORS, UNSET
from loopscope.frozen import frozen

__all__ = ["KNOWN_ERRORS", "Answer", "KnownError", "answer", "match_errors"]

KNOWN_ERRORS: tuple[KnownError, ...] = (*LOOP_ERRORS, *FIXTURE_ERRORS, *RELEASE_ERRORS)

# The lines of a log that say why something failed: those of pytest's tracebacks and of its short
# summary, and the last lines of Python's own tracebacks.
_FAILURE = re.compile(
    r"E\s|INTERNALERROR>|(?:FAILED|ERROR)\b|(?:[A-Za-z_]\w*\.)*\w*(?:Error|Exception|Mismatch)(?::|$)"
)
# A line of the short summary that ends before its message does.
_CUT = re.compile(r"(?:FAILED|ERROR)\b.*\.\.\.$")
_FRAME = re.compile(r"^(?:E\s|>|INTERNALERROR>)")


@frozen
class Answer:
    """What is known of a text: its errors, the most telling first.

    ``unknown`` is the first line of a failure of which nothing is known, "" without one; then
    ``errors`` are no more than warnings beside it.
    """

    errors: tuple[KnownError, ...]
    unknown: str = ""


def answer(text: str) -> Answer:
    """Find what is known of a message, a traceback or a whole log, the failure before the rest."""
    lines = text.splitlines()
    whole = [line for line in lines if not _CUT.match(line)]
    if any(map(_FAILURE.match, whole)):
        lines = whole  # the beginning of a message may be that of another one
    failing = [line for line in lines if _FAILURE.match(line)]
    failure = _found(failing)
    anywhere = [one for one in _found(lines) if one not in failure]
    errors = [one for one in anywhere if not one.warning]
    warnings = sorted((one for one in anywhere if one.warning), key=lambda one: one is UNSET)
    unknown = ""
    if failing and not failure and not errors:
        unknown = _FRAME.sub(" ", failing[0]).strip()
    return Answer((*failure, *errors, *warnings), unknown)


def match_errors(text: str) -> list[KnownError]:
    """Find the known errors in a message, a traceback or a whole log, the most telling first."""
    return list(answer(text).errors)


def _found(lines: Iterable[str]) -> list[KnownError]:
    """Find the known errors in the order in which they appear."""
    flat = " ".join(" ".join(_FRAME.sub(" ", line) for line in lines).split())
    matches = ((re.search(one.pattern, flat, re.IGNORECASE), one) for one in KNOWN_ERRORS)
    found = [(match.start(), one) for match, one in matches if match]
    return [one for _, one in sorted(found, key=lambda item: item[0])]
