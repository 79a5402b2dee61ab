"""Text of unknown origin made safe to print: what has no shape of its own is shown as an escape.

These are control characters (escape sequences start with one), what reverses the order of text
("Trojan source"), what takes no room, blanks that are no space, and bytes that are no text.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

# Letters and signs to Unicode, to the eye nothing or a blank.
_SHAPELESS = frozenset(map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0)))


def visible(text: str) -> str:
    """One line with everything that could not be seen as an escape such as ``\\x1b``."""
    return "".join(_escape(piece) if hidden else piece for piece, hidden in _runs(text))


def no_command(text: str) -> str:
    """One line that no build server takes for a command to itself, as some do with ``::``."""
    bare = text.lstrip()
    if not bare.startswith(("::", "##")):
        return text
    return f"{text[: len(text) - len(bare)]}\\x{ord(bare[0]):02x}{bare[1:]}"


def visible_line(line: bytes) -> str:
    """Escape a line of a file, without its line end; tabs stay."""
    text = line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "surrogateescape")
    return "".join(piece for piece, _ in pieces(text))


def pieces(line: str) -> Iterator[tuple[str, bool]]:
    """Cut a line into plain text (False), tabs too, and escapes (True)."""
    for piece, hidden in _runs(line, "\t"):
        yield (_escape(piece), True) if hidden else (piece, False)


def _runs(text: str, also: str = "") -> Iterator[tuple[str, bool]]:
    """Cut up the text; each piece says if it is hidden. ``also`` are characters that are not."""
    if text.isascii() and text.isprintable():
        if text:
            yield text, False
        return
    for hidden, run in groupby(text, lambda char: _is_hidden(char) and char not in also):
        yield "".join(run), hidden


def _is_hidden(char: str) -> bool:
    return not char.isprintable() or char in _SHAPELESS


def _escape(text: str) -> str:
    """Each character as Python writes it, but a byte that is no UTF-8 as that byte."""
    return "".join(
        f"\\x{ord(char) - 0xDC00:02x}" if "\udc80" <= char <= "\udcff" else ascii(char)[1:-1]
        for char in text
    )
