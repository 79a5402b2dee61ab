"""Bytes to text and back; lines as ast numbers them."""

from __future__ import annotations

import ast
import pickle

import pytest

from loopscope.python_source.source import SourceError, decode, encode, split_lines


@pytest.mark.parametrize(
    ("data", "encoding", "newline"),
    [
        pytest.param(b"", "utf-8", "\n", id="empty"),
        pytest.param(b"x = 1\n", "utf-8", "\n", id="plain"),
        pytest.param("x = 'é'\n".encode(), "utf-8", "\n", id="utf-8"),
        pytest.param(b"# coding: latin-1\nx = '\xe9'\n", "iso-8859-1", "\n", id="latin-1"),
        pytest.param(b"#!x\n# vim: fileencoding=cp1252 :\n'\x80'\n", "cp1252", "\n", id="line-2"),
        pytest.param(b"x = 1\r\ny = 2\r\nz = 3\n", "utf-8", "\r\n", id="mostly-crlf"),
        pytest.param(b"x = 1\ry = 2\r", "utf-8", "\r", id="old-mac"),
        pytest.param(b"x = 1", "utf-8", "\n", id="no-final-newline"),
    ],
)
def test_round_trip(data: bytes, encoding: str, newline: str) -> None:
    source = decode(data)
    assert (source.encoding, source.newline, source.bom) == (encoding, newline, False)
    assert encode(source, source.text) == data


def test_bom_is_kept_but_not_part_of_the_text() -> None:
    source = decode(b"\xef\xbb\xbfx = 1\r\n")
    assert source.bom
    assert source.text == "x = 1\r\n"
    assert encode(source, source.text) == b"\xef\xbb\xbfx = 1\r\n"


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        pytest.param(b"x = 1\ny = '\xe9'\n", 2, "0xe9 is not valid utf-8", id="bad-utf-8"),
        pytest.param(b"'\xe9'\n", 1, "0xe9 is not valid utf-8", id="bad-first-line"),
        pytest.param(b"x\n\ny\0\n", 3, "NUL byte", id="nul"),
        pytest.param(b"# coding: klingon\n", 1, "unknown encoding", id="unknown-encoding"),
        pytest.param(b"# coding: rot13\nk\n", 1, "rot13", id="no-text-encoding"),
        pytest.param(
            b"\xef\xbb\xbf# coding: latin-1\n", 1, "encoding problem", id="bom-and-cookie"
        ),
        pytest.param(b"# coding: utf-7\nx = '+AGE-'\n", 1, "unchanged", id="not-reversible"),
    ],
)
def test_undecodable(data: bytes, line: int, message: str) -> None:
    with pytest.raises(SourceError, match=message) as caught:
        decode(data)
    assert caught.value.line == line
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.message, again.line) == (caught.value.message, line)


def test_unencodable_names_the_line() -> None:
    source = decode(b"# coding: latin-1\n")
    with pytest.raises(SourceError, match="iso-8859-1") as caught:
        encode(source, "# coding: latin-1\n\nx = '\u20ac'\n")
    assert caught.value.line == 3


def test_only_real_line_ends_split() -> None:
    text = "a\x0c = 1\n'\x0b\u2028\x85'\r\n\rb = 2"
    assert split_lines(text) == ["a\x0c = 1\n", "'\x0b\u2028\x85'\r\n", "\r", "b = 2"]


def test_lines_are_those_of_ast() -> None:
    text = "a = 1\r\n\x0c\rb = '''\u2028\x0b\n'''\n\x0cc = 3"
    lines = split_lines(text)
    for node in ast.parse(text).body:
        assert isinstance(node, ast.Assign)
        assert isinstance(node.targets[0], ast.Name)
        assert node.targets[0].id in lines[node.lineno - 1]
