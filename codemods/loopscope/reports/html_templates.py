"""What all HTML pages have in common: templates with autoescape, and a policy of their own.

The Content-Security-Policy admits just the one style and the one script that are ours.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from importlib.resources import files
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from loopscope.escape import pieces, visible
from loopscope.frozen import frozen
from loopscope.rewriting.hunks import Hunk

# How much of the longer of two lines must stay for the rest of them to be marked.
_ALIKE = 0.4

_Lines = list[bytes | None]


def environment() -> Environment:
    """Make the environment of Jinja2; text of unknown origin passes ``seen`` or ``plain``."""
    found = Environment(
        loader=PackageLoader("loopscope.reports"), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    found.filters |= {"seen": seen, "plain": visible}  # for text, for attributes
    return found


def tiles(numbers: Iterable[tuple[str, object, str]]) -> list[dict[str, object]]:
    """Choose the tiles at the top of a page, from (name, value, kind): no bad news of 0."""
    return [
        {"name": name, "value": value, "kind": kind}
        for name, value, kind in numbers
        if value or kind in ("", "good")
    ]


def own(name: str) -> Markup:
    """Read the style or the script of that name."""
    return Markup((files("loopscope.reports") / "templates" / name).read_text("utf-8"))


def policy(style: str, script: str) -> str:
    """Write the policy that admits only this style and this script, by their hashes."""
    return (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}';"
        f" script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@frozen
class Cell:
    """One line on one side; the number is 1-based."""

    number: int
    text: Markup
    ended: bool  # False: the last line of a file without a final newline


@frozen
class Row:
    """Two lines that stand beside each other; None where one side has no such line."""

    old: Cell | None
    new: Cell | None
    same: bool


def rows(hunk: Hunk) -> Iterator[Row]:
    """Pair the lines of a hunk."""
    old, new = hunk.old.start, hunk.new.start
    for same, group in groupby(hunk.lines, key=lambda line: line.startswith(b" ")):
        lines = list(group)
        removed: _Lines = [line[1:] for line in lines if not line.startswith(b"+")]
        added: _Lines = [line[1:] for line in lines if not line.startswith(b"-")]
        for before, after in zip(*_aligned(removed, added), strict=True):
            left, right = _texts(before, after)
            old, new = old + (before is not None), new + (after is not None)
            yield Row(_cell(old, before, left), _cell(new, after, right), same)


def seen(text: str) -> Markup:
    """Text of unknown origin: what must not be obeyed is shown, and marked as an escape."""
    return Markup("").join(
        Markup('<i class="esc">{}</i>').format(piece) if escaped else escape(piece)
        for piece, escaped in pieces(text)
    )


def _aligned(old: _Lines, new: _Lines) -> tuple[_Lines, _Lines]:
    """Two sides of the same length: the shorter one stands where it is more like the other."""
    gap: _Lines = [None] * abs(len(old) - len(new))
    short, long = (old, new) if len(old) < len(new) else (new, old)
    above = sum(_likeness(*pair) for pair in zip(short, long, strict=False))
    below = sum(_likeness(*pair) for pair in zip(short[::-1], long[::-1], strict=False))
    filled = gap + short if below and below >= above else short + gap
    return (filled, long) if short is old else (long, filled)


def _cell(number: int, line: bytes | None, text: Markup) -> Cell | None:
    return None if line is None else Cell(number, text, line.endswith(b"\n"))


def _texts(old: bytes | None, new: bytes | None) -> tuple[Markup, Markup]:
    """Both lines; where they are alike, what differs in them is marked."""
    before, after = _text(old), _text(new)
    start, end = _common(before, after)
    if before == after or start + end < _ALIKE * max(len(before), len(after)):
        return seen(before), seen(after)
    return _marked(before, start, end), _marked(after, start, end)


def _likeness(one: bytes | None, other: bytes | None) -> int:
    return sum(_common(_text(one).strip(), _text(other).strip()))


def _common(one: str, other: str) -> tuple[int, int]:
    """Count the characters that two texts share at their beginnings, and then at their ends."""
    start = _alike(one, other)
    return start, _alike(one[start:][::-1], other[start:][::-1])


def _alike(one: str, other: str) -> int:
    """Count the characters with which both texts begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _text(line: bytes | None) -> str:
    plain = (line or b"").removesuffix(b"\n").removesuffix(b"\r")
    return plain.decode("utf-8", "surrogateescape")


def _marked(text: str, start: int, end: int) -> Markup:
    stop = len(text) - end
    middle = seen(text[start:stop])
    mark = Markup("<mark>{}</mark>").format(middle) if middle else middle
    return seen(text[:start]) + mark + seen(text[stop:])
