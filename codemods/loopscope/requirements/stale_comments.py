"""Comments beside a declaration that say why it has the version which an edit replaces.

One that names ``event_loop``, the old version, or where pytest-asyncio discusses it, is untrue or
without an object afterwards, and goes. One that only sounds like a reason is for a person to read.
"""

from __future__ import annotations

import re

from loopscope.frozen import frozen
from loopscope.requirements.compatibility import PLUGIN
from loopscope.requirements.pin import ENDLESS, Kind, Pin, highest

_LOOP = re.compile(
    r"\bevent_loop\b"
    r"|\bevent[- ]loop\b(?=.*\b(?:fixture|scope|overrid|pin|break|broke|remov|drop|deprecat))"
    r"|\b(?:fixture|scope|overrid|pin|break|broke|remov|drop|deprecat)\w*\b.*\bevent[- ]loop\b",
    re.IGNORECASE | re.DOTALL,
)
_DISCUSSED = re.compile(r"pytest-dev/pytest-asyncio/(?:issues|pull|discussions|releases)\b")
_OLD_PLUGIN = re.compile(
    r"(?:^#|[<>=~^]|\bpytest[-_. ]asyncio|\basyncio|\bversions?|\b(?:v|to|than|in|from|at|below"
    r"|above|since|until|till|before|after|and|or|with|on|by|is|of))[ =v]*0\.\d",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_REASON = re.compile(
    r"\b(?:pin|pinned|pins|break|breaks|broke|broken|until|hold|held|capp?(?:ed)?|newer|newest"
    r"|latest|older|upgrade|update|bump|fails?|failing|incompatible|todo|fixme|workaround)\b",
    re.IGNORECASE,
)
# What a tool reads, such as the selectors of conda-build, stays.
_FOR_TOOLS = re.compile(
    r"#\s*(?:\[|noqa\b|type:|fmt:|pylint:|pragma\b|renovate:|via\b|nosec\b|[!-/:-@]+$)",
    re.IGNORECASE,
)
# A declaration or command that is commented out is no reason.
_CODE = re.compile(
    r"#[\s-]*[\"']?[\w.-]+(?:\[[^]]*\])?[ =]*[\"']?"
    r"(?:[ \t]*,?[ \t]*[<>=~!^]+[ \t]*\d[\w.*]*)+[\"',]*(?:;.*)?"
    r"|#.*\b(?:pip3?|uv|poetry|pdm|conda|mamba|pixi|pipenv)[ \t]+(?:install|add)\b.*"
)
_LONGEST = 1000  # letters of a comment that are read
_SIGN = re.compile(r"(?:(?<![ \t])[ \t]+|(?<=[,\"'\])}]))#")
_ABOVE = re.compile(r"[ \t]*#[^\r\n]*\r?\n")
_SENTENCE_ENDS = re.compile(r"[.:!?][\s\"')]*$|^#\s*$")


@frozen
class Stale:
    """The places of comments that go, and the first line of one that a person should read."""

    spans: tuple[tuple[int, int], ...] = ()
    doubtful: str = ""


def stale_comments(text: str, pin: Pin) -> Stale:
    """Find the comments at the end of the pin's line and in the lines right above it."""
    start = text.rfind("\n", 0, pin.start) + 1
    spans, doubtful = [], ""
    trailing = _trailing(text, start, pin.end)
    if trailing is not None:
        comment = text[slice(*trailing)].strip()[:_LONGEST]
        if _is_stale(comment, pin):
            spans.append(trailing)
        elif _is_doubtful(comment, pin):
            doubtful = comment
    block = _block(text, start)
    comments = [text[slice(*span)].strip()[:_LONGEST] for span in block]
    first = next((at for at, one in enumerate(comments) if _is_stale(one, pin)), None)
    if first is None:
        doubtful = doubtful or next((one for one in comments if _is_doubtful(one, pin)), "")
    else:
        while first and not _begins(comments[first - 1], comments[first]):
            first -= 1
        if not any(_FOR_TOOLS.match(comment) for comment in comments[first:]):
            spans.append((block[first][0], block[-1][1]))
    return Stale(tuple(spans), doubtful)


def _trailing(text: str, start: int, after: int) -> tuple[int, int] | None:
    """Return the place of the comment behind the pin, with the blanks in front of it."""
    end = after + len(text[after:].partition("\n")[0].rstrip("\r"))
    for sign in _SIGN.finditer(text, after, end):
        before = text[start : sign.start()]
        if not before.count('"') % 2 and not before.count("'") % 2:
            return sign.start(), end
    return None


def _block(text: str, start: int) -> list[tuple[int, int]]:
    """Return the places of the comment lines right above a line, the first one first."""
    found: list[tuple[int, int]] = []
    while start:
        above = text.rfind("\n", 0, start - 1) + 1
        if not _ABOVE.fullmatch(text, above, start):
            break
        found.append((above, start))
        start = above
    return found[::-1]


def _begins(above: str, comment: str) -> bool:
    """Whether a sentence begins with a line of a block of comments."""
    words = comment.lstrip("# \t")
    return bool(_SENTENCE_ENDS.search(above)) or words[:1].isupper() or "://" in words[:9]


def _is_stale(comment: str, pin: Pin) -> bool:
    if _FOR_TOOLS.match(comment) or _CODE.fullmatch(comment):
        return False
    if _LOOP.search(comment) or _names_version(comment, pin.specifier):
        return True
    if pin.package != PLUGIN:
        return False
    if _OLD_PLUGIN.search(comment):
        return True
    return _is_bound(pin) and _DISCUSSED.search(comment) is not None


def _names_version(comment: str, specifier: str) -> bool:
    """Whether a comment names a version of the specifier, such as 0.23.8, ``<8`` or 7.x."""
    versions = _NUMBER.findall(specifier)
    exact = [re.escape(one) for one in versions if "." in one]
    majors = {one.partition(".")[0] for one in versions} - {"0"}
    parts = [
        *(rf"(?<![\w.]){one}(?![\w]|\.\d)" for one in exact),
        *(rf"(?<![\w.]){one}\.x\b" for one in majors),
        *(rf"(?:[<>=~^]|\bpytest|\bversion) ?{one}\b(?!\.\d)" for one in majors),
    ]
    return any(re.search(part, comment, re.IGNORECASE) for part in parts)


def _is_doubtful(comment: str, pin: Pin) -> bool:
    return _is_bound(pin) and not _FOR_TOOLS.match(comment) and _REASON.search(comment) is not None


def _is_bound(pin: Pin) -> bool:
    return pin.kind is Kind.EXACT or highest(pin) < ENDLESS
