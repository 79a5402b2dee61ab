"""Python source as bytes and as text, with nothing lost on the way there and back.

This module does not import LibCST, so that reading a suite stays cheap.
"""

from __future__ import annotations

import codecs
import re
import tokenize
from dataclasses import dataclass

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class SourceError(ValueError):
    """A file that cannot be read, or not be rewritten, as Python source.

    ``line`` is the 1-based line that is to blame, 0 where the whole file is meant.
    """

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line

    def __reduce__(self) -> tuple[type[SourceError], tuple[str, int]]:
        return type(self), (self.message, self.line)


@dataclass(frozen=True, slots=True)
class Source:
    """A decoded file: the text without its BOM, and what is needed to encode it again."""

    text: str
    encoding: str
    bom: bool
    newline: str  # the dominant line end: "\n", "\r\n" or "\r"


def decode(data: bytes) -> Source:
    """Decode a file as Python does (PEP 263): BOM, encoding cookie, else UTF-8.

    Raises:
        SourceError: NUL bytes, an unknown encoding, bytes that the encoding does not know,
            or an encoding that would not give the same bytes back.
    """
    bom = data.startswith(codecs.BOM_UTF8)
    body = data[len(codecs.BOM_UTF8) :] if bom else data
    if b"\0" in body:
        raise SourceError("NUL byte: this is not Python source", _line_at(body, body.index(b"\0")))
    encoding = _encoding(data)
    try:
        text = body.decode(encoding)
        same = text.encode(encoding) == body
    except UnicodeDecodeError as error:
        line = _line_at(body, error.start)
        byte = body[error.start]
        raise SourceError(f"byte 0x{byte:02x} is not valid {encoding}", line) from error
    except (LookupError, UnicodeError) as error:
        raise SourceError(f"cannot be decoded as {encoding}: {error}", 1) from error
    if not same:
        raise SourceError(f"{encoding} text cannot be written back unchanged", 1)
    return Source(text, encoding, bom, _dominant_newline(text))


def encode(source: Source, text: str) -> bytes:
    """Encode ``text`` in the encoding of ``source``, with its BOM if it had one.

    Raises:
        SourceError: the encoding has no place for a character of ``text``.
    """
    try:
        body = text.encode(source.encoding)
    except UnicodeEncodeError as error:
        line = len(split_lines(text[: error.start] + "x"))
        character = text[error.start]
        raise SourceError(f"{character!r} cannot be written as {source.encoding}", line) from error
    return codecs.BOM_UTF8 + body if source.bom else body


def split_lines(text: str) -> list[str]:
    """Split into lines with their ends, numbered as ``ast`` numbers them.

    Unlike ``str.splitlines``, only ``\\n``, ``\\r\\n`` and ``\\r`` end a line.
    """
    return _LINE.findall(text)


def _encoding(data: bytes) -> str:
    """Find the encoding that the first two lines declare; ``utf-8`` where a BOM says so."""
    lines = iter(data.splitlines(keepends=True)[:2])
    try:
        name, _ = tokenize.detect_encoding(lambda: next(lines, b""))
    except SyntaxError as error:
        if "invalid or missing encoding" in str(error):  # the bytes: decode() finds the place
            return "utf-8"
        raise SourceError(str(error.msg), 1) from error
    return "utf-8" if name == "utf-8-sig" else name


def _line_at(data: bytes, offset: int) -> int:
    return len((data[:offset] + b"x").splitlines())


def _dominant_newline(text: str) -> str:
    crlf = text.count("\r\n")
    counts = {"\n": text.count("\n") - crlf, "\r\n": crlf, "\r": text.count("\r") - crlf}
    return max(counts, key=lambda newline: counts[newline])
