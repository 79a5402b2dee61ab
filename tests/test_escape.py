from __future__ import annotations

import pytest

from loopscope.escape import visible, visible_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b2J", "\\x9b2J"),
        ("a\rb\nc\td", "a\\rb\\nc\\td"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}yp.a", "\\u202eyp.a"),
        ("\udcff.py", "\\xff.py"),
        ("a\N{ZERO WIDTH SPACE}b\N{SOFT HYPHEN}", "a\\u200bb\\xad"),
        ("\N{LEFT-TO-RIGHT ISOLATE}\N{ZERO WIDTH JOINER}", "\\u2066\\u200d"),
        ("\N{NO-BREAK SPACE}\N{HANGUL FILLER}", "\\xa0\\u3164"),
        ("\N{TAG LATIN SMALL LETTER A}\ufeff", "\\U000e0061\\ufeff"),
        ("", ""),
        ("h\N{LATIN SMALL LETTER E WITH ACUTE}", "h\N{LATIN SMALL LETTER E WITH ACUTE}"),
    ],
)
def test_control_characters_are_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"a\tb\r\n", "a\tb"),
        (b"a\x0c\n", "a\\x0c"),
        (b"\xe4", "\\xe4"),
        (b"\xef\xbb\xbfa \xe4\xb8\xad", "\\ufeffa \N{CJK UNIFIED IDEOGRAPH-4E2D}"),
        (b"\x1b]0;x\x07", "\\x1b]0;x\\x07"),
    ],
)
def test_line_of_a_file(line: bytes, shown: str) -> None:
    assert visible_line(line) == shown
