"""The offsets of keys and values in TOML text, which parsers of values do not give.

The text must be valid TOML (parse it first), so that it is enough to tell keys, strings,
brackets and comments apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from loopscope.config.formats import parse_toml_afresh
from loopscope.frozen import frozen

Path = tuple[str, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")
_STRING = re.compile(
    r'''"""(?:\\.|[^\\])*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:'{0,2})'''
    r"""|"(?:[^"\\\n]|\\.)*"|'[^'\n]*\'""",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\r\n]*[^,\]}#\r\n \t]")
_IN_ARRAY = re.compile(r"[^\[\]{}\"'#]+|#[^\n]*")


@frozen
class Key:
    """One ``key = value``; the places are offsets into the text.

    ``table`` is the path of the header (or inline table) around it, ``path`` the full path
    of the value, ``parts`` where each part of the dotted key starts.
    """

    table: Path
    path: Path
    parts: tuple[int, ...]
    end: int  # of the key
    value: tuple[int, int]
    inline: bool

    @property
    def start(self) -> int:
        """Where the key starts."""
        return self.parts[0]


@dataclass(slots=True)
class Layout:
    """The table headers (path -> offset after the header) and the keys, in their order."""

    headers: dict[Path, int] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)


def layout(text: str) -> Layout:
    """Find headers and keys; those in inline tables too, but none inside of arrays."""
    return _Scanner(text).run()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.found = Layout()

    def run(self) -> Layout:
        table: Path = ()
        at = _after(_BLANK, self.text, 0)
        while at < len(self.text):
            if self.text[at] == "[":
                table, at = self._header(at)
            else:
                at = self._key(at, table, inline=False)
            at = _after(_BLANK, self.text, at)
        return self.found

    def _header(self, at: int) -> tuple[Path, int]:
        brackets = 2 if self.text.startswith("[[", at) else 1
        path, _, at = self._parts(_after(_SPACE, self.text, at + brackets))
        at = self.text.index("]", at) + brackets
        self.found.headers[path] = at
        return path, at

    def _key(self, at: int, table: Path, *, inline: bool) -> int:
        own, parts, end = self._parts(at)
        path = table + own
        start = _after(_EQUALS, self.text, end)
        place = len(self.found.keys)  # before the keys of its inline table
        stop = self._value(start, path)
        self.found.keys.insert(place, Key(table, path, parts, end, (start, stop), inline))
        return stop

    def _parts(self, at: int) -> tuple[Path, tuple[int, ...], int]:
        path: list[str] = []
        starts: list[int] = []
        while True:
            part = _PART.match(self.text, at)
            assert part, "the text is no valid TOML"
            starts.append(at)
            path.append(_plain(part[0]))
            dot = _DOT.match(self.text, part.end())
            if not dot:
                return tuple(path), tuple(starts), part.end()
            at = dot.end()

    def _value(self, at: int, path: Path) -> int:
        if self.text[at] == "[":
            return self._brackets(at)
        if self.text[at] == "{":
            at = _after(_BLANK, self.text, at + 1)
            while self.text[at] != "}":
                at = self._key(at, path, inline=True)
                at = _after(_BLANK, self.text, at)
                if self.text[at] == ",":
                    at = _after(_BLANK, self.text, at + 1)
            return at + 1
        found = _STRING.match(self.text, at) or _SCALAR.match(self.text, at)
        assert found, "the text is no valid TOML"
        return found.end()

    def _brackets(self, at: int) -> int:
        """Find the end of the array that starts at ``at``."""
        depth = 0
        while True:
            if self.text[at] in "[{":
                depth += 1
                at += 1
            elif self.text[at] in "]}":
                depth -= 1
                at += 1
                if not depth:
                    return at
            else:
                found = _STRING.match(self.text, at) or _IN_ARRAY.match(self.text, at)
                assert found, "the text is no valid TOML"
                at = found.end()


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _plain(part: str) -> str:
    if part[0] == "'":
        return part[1:-1]
    if part[0] == '"':
        return str(parse_toml_afresh(f"key = {part}")["key"])  # and keep what is kept
    return part
