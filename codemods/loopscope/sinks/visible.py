"""Text of unknown origin made safe to print: control characters are shown, not obeyed."""

from __future__ import annotations

import re
from collections.abc import Iterator

# C0 and C1 controls (escape sequences start with one) and what reverses the order of text.
_UNSEEN = (*range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F),
           *range(0x2066, 0x206A))  # fmt: skip
_SHOWN = {code: ascii(chr(code))[1:-1] for code in _UNSEEN}
# Bytes of file names and sources that are no UTF-8, as Python carries them.
_SHOWN |= {0xDC00 + byte: f"\\x{byte:02x}" for byte in range(0x80, 0x100)}
_SHOWN_BUT_TABS = {code: text for code, text in _SHOWN.items() if code != ord("\t")}
_UNSEEN_RUN = re.compile(f"([{re.escape(''.join(map(chr, _SHOWN_BUT_TABS)))}]+)")


def visible(text: str) -> str:
    """One line with every control character as an escape such as ``\\x1b``."""
    return text.translate(_SHOWN)


def visible_line(line: bytes) -> str:
    """A line of a file, without its line end; tabs stay."""
    text = line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "surrogateescape")
    return text.translate(_SHOWN_BUT_TABS)


def pieces(line: str) -> Iterator[tuple[str, bool]]:
    """A line cut into what can be shown as it is (False), tabs too, and escapes (True)."""
    for number, piece in enumerate(_UNSEEN_RUN.split(line)):
        if piece:
            escaped = number % 2 == 1
            yield piece.translate(_SHOWN) if escaped else piece, escaped
