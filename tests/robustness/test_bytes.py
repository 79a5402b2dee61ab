"""Encodings, line ends and white space of unusual kinds: all of it stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from .suites import loopscope, make

TEXT = """\
# \N{LATIN SMALL LETTER E WITH ACUTE}
async def test_b(event_loop):
    pass  # \N{LATIN SMALL LETTER E WITH ACUTE}


def helper( a,b ):
\treturn  '\N{LATIN SMALL LETTER E WITH ACUTE}'   \n\n"""
LATIN = TEXT.encode("latin-1")
UTF_8 = TEXT.encode()

FILES = {
    "latin-1": b"# -*- coding: latin-1 -*-\n" + LATIN,
    "cp1252": b"# vim: set fileencoding=cp1252 :\n" + LATIN + b"# \x80\x99\n",
    "cookie in line 2": b"#!/usr/bin/python\n# coding=iso-8859-15\n" + LATIN,
    "utf-8": b"# coding: utf8\n" + UTF_8,
    "utf-8-sig": b"\xef\xbb\xbf# coding: utf-8-sig\n" + UTF_8,
    "utf-8-sig without a BOM": b"# coding: utf-8-sig\n" + UTF_8,
    "BOM": b"\xef\xbb\xbf" + UTF_8,
    "shift-jis": b"# coding: shift-jis\n" + TEXT.replace("\xe9", "\u3042").encode("shift-jis"),
    "CRLF": UTF_8.replace(b"\n", b"\r\n"),
    "CR": UTF_8.replace(b"\n", b"\r"),
    "mixed": UTF_8.replace(b"\n\n", b"\r\n\n").replace(b"pass", b"pass;\r\n    pass\r    pass"),
    "no final newline": UTF_8.rstrip(),
    "ends in white space": UTF_8 + b"    ",
    "form feeds": b"\x0c" + UTF_8.replace(b"\n\n", b"\n\x0c\n") + b"\x0c",
    "form feed before the def": UTF_8.replace(b"async", b"\x0casync"),
    "vertical tab in a string": UTF_8 + b"x = '\x0b \x1c \xc2\x85 \xe2\x80\xa8'\n",
    "tabs": UTF_8.replace(b"    ", b"\t"),
    "line continued": UTF_8 + b"x = 1 + \\\n  2\n",
}


@pytest.mark.parametrize("kind", FILES)
def test_only_the_argument_goes(tmp_path: Path, kind: str) -> None:
    make(tmp_path, {"test_b.py": FILES[kind]})
    result = loopscope(tmp_path, "migrate")
    assert (result.code, result.err) == (0, "")
    expected = FILES[kind].replace(b"(event_loop)", b"()")
    assert (tmp_path / "test_b.py").read_bytes() == expected
    assert loopscope(tmp_path, "migrate").out == "1 suite, nothing to change.\n"
