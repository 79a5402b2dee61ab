"""Python source as bytes and as text, with nothing lost on the way there and back.

Where this Python cannot parse it, it says why. This module does not import LibCST, so that
reading a suite stays cheap.
"""

from __future__ import annotations

import codecs
import re
import sys
import tokenize

from loopscope.frozen import frozen

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


@frozen
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


# Parts of the messages of ``explain``.
NO_PYTHON = "this is no Python that"
NEWER_PYTHON = "run loopscope with Python"

# The first release that parses each form, and how a line with it looks. These are guesses by
# a line's look: they only choose what the message says.
_NEWER: tuple[tuple[tuple[int, int], str, re.Pattern[str]], ...] = tuple(
    (version, name, re.compile(pattern))
    for version, name, pattern in (
        ((3, 10), "match statement", r"\s*(match|case)\s.*:\s*(#.*)?$"),
        ((3, 11), "except*", r"\s*except\s*\*"),
        ((3, 11), "unpacking in a subscript", r".*\w\[.*\*\w"),
        ((3, 12), "type statement", r"\s*type\s+\w+\s*(\[.*\])?\s*="),
        ((3, 12), "type parameters", r"\s*((async\s+)?def|class)\s+\w+\s*\["),
        ((3, 12), "f-string with quotes as of Python 3.12", r".*(?<![\w\"'])[rR]?[fF][rR]?[\"']"),
        ((3, 13), "default of a type parameter", r"\s*(async\s|def|class|type)\s*\w.*\[[^\]]*="),
        ((3, 14), "template string", r".*(?<![\w\"'])[rR]?[tT][rR]?[\"']"),
        ((3, 14), "except without parentheses", r"\s*except\s+[\w.]+(\s*,\s*[\w.]+)+\s*:"),
    )
)  # fmt: skip
_LONGEST = 1000  # letters of a line that are looked at
_PYTHON_2 = re.compile(
    r"\s*(print\s+[^\s(=]|exec\s+[\"'\w]|raise\s+[\w.]+\s*,|except\b.*,\s*[a-z_]\w*\s*:)"
    r"|.*([^\w\"']0[0-7]+\b|\b\d+[lL]\b|<>|\bur[\"'])|[^#\"']*`[^`]+`"
)


def explain(error: BaseException, text: str) -> tuple[str, int]:
    """Return the message and the 1-based line for an error of ``ast.parse`` on ``text``.

    Args:
        error: A SyntaxError, RecursionError, MemoryError or ValueError.
        text: What was to be parsed.

    Returns:
        The line is 0 where the whole file is meant.
    """
    if isinstance(error, (RecursionError, MemoryError)):
        return "is nested too deeply, or is too large, for the parser of Python", 0
    if not isinstance(error, SyntaxError):
        return f"cannot be parsed: {error}", 0
    line = error.lineno or 0
    lines = re.split(r"\r\n|\r|\n", text)
    running = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
    message = f"{NO_PYTHON} {running} can parse: {error.msg}"
    hint = _hint(lines[line - 1][:_LONGEST]) if 0 < line <= len(lines) else ""
    return f"{message}{hint and f'; {hint}'}", line


def _hint(line: str) -> str:
    if _PYTHON_2.match(line):  # "except A, e:"; Python 3.14 has "except A, B:"
        return "it looks like Python 2, which must become Python 3 first"
    newer = [(version, name) for version, name, look in _NEWER if look.match(line)]
    newer = [(version, name) for version, name in newer if version > sys.version_info[:2]]
    if not newer:
        return ""
    version, name = max(newer)
    return f"if that is a {name}, {NEWER_PYTHON} {version[0]}.{version[1]} or newer"
