"""The text of INI and TOML files: read as pytest reads it, and lines put into it."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from loopscope.timeouts import OutOfTime, time_limit, took_too_long

_PATIENCE = 5.0  # seconds for one TOML file: a hundred times what a large one takes
_LONGEST = 1 << 19  # characters; lock files, which are longer, are not read as TOML
_ALWAYS_QUICK = 10_000  # characters: at worst a fifth of a second
_MOST_WORK = 10_000_000  # steps of dotted keys: a second; a lock of that length has half a million
_BOM = "\N{BYTE ORDER MARK}"
_COMMENT = ("#", ";")
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")

_NEWER = re.compile(r"\\[ex]|,[ \t]*\}|\d:\d\d(?![\d:])")

_LINE_END = re.compile(r"\r\n|\n|\r")
_LAST_END = re.compile(r"(?:\r\n|\n|\r)\Z")


class FormatError(ValueError):
    """Text that cannot be read; ``line`` is 1-based."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(slots=True)
class IniOption:
    """One option; ``pieces`` are its lines as (0-based line, value there), the first may be ""."""

    pieces: list[tuple[int, str]]

    @property
    def value(self) -> str:
        """The value as pytest sees it, lines joined."""
        return "\n".join(piece for _, piece in self.pieces if piece)


@dataclass(slots=True)
class IniSection:
    """One section: the 0-based line of its header, and its options in their order."""

    line: int
    options: dict[str, IniOption] = field(default_factory=dict)


def decode(data: bytes) -> str:
    """Decode a configuration file and keep its line ends and byte order mark.

    Raises:
        FormatError: The bytes are not UTF-8, the only encoding that pytest reads.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError(f"not UTF-8: {error.reason}", line) from None


def parse_toml(text: str) -> Mapping[str, Any]:
    """Read TOML into plain values, which may be shared: nobody may change them.

    Raises:
        FormatError: The text is no valid TOML (a byte order mark is none either), or made to take
            all memory or time.
    """
    found = _parsed(text)
    if isinstance(found, FormatError):
        raise FormatError(str(found), found.line)
    return found


@lru_cache(maxsize=4)  # ten places look at the pyproject.toml of a suite
def _parsed(text: str) -> dict[str, Any] | FormatError:
    try:
        return parse_toml_afresh(text)
    except FormatError as error:
        return error.with_traceback(None)


def parse_toml_afresh(text: str) -> dict[str, Any]:
    """Read TOML into plain values of the caller's own.

    Raises:
        FormatError: As with ``parse_toml``.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # as a file opened for text reads
    if text.startswith(_BOM):
        raise FormatError("TOML may not start with a byte order mark", 1)
    last = text.rstrip("\n").count("\n") + 1
    if len(text) > _LONGEST:
        raise FormatError(f"longer than {_LONGEST} characters: too long to be read", 1)
    if _is_costly(text):
        raise FormatError("too many parts in its dotted keys to be read", 1)
    import tomli  # compiled: a third of the time of tomllib, and bounds for depth and keys

    newer = ""
    try:
        with time_limit(0 if len(text) < _ALWAYS_QUICK else _PATIENCE):
            document: dict[str, Any] = tomli.loads(text)
            if _may_be_newer(text) and sys.version_info >= (3, 11):
                import tomllib

                newer = "TOML 1.1, which pytest reads on Python 3.10 and from 3.15 on only: "
                tomllib.loads(text)
            return document
    except (RecursionError, MemoryError):
        failure = FormatError("too deeply nested to be read", 1)
    except OutOfTime:
        failure = FormatError(took_too_long(_PATIENCE), 1)
    except ValueError as error:
        message = str(error)
        place = _TOML_PLACE.search(message)
        line = int(place[1]) if place and place[1] else last
        failure = FormatError(newer + _TOML_PLACE.sub("", message), line)
    raise failure  # not in a handler: as its context, the error would keep all that was parsed


def _is_costly(text: str) -> bool:
    """Tell whether dotted keys may take minutes: each part looks at all those before it.

    Those of the table count, too. No time limit ends that, since signals wait for compiled code.
    """
    if len(text) < _ALWAYS_QUICK:
        return False
    table = work = 0
    for line in text.split("\n"):
        parts = line.count(".") + 1
        if line.lstrip().startswith("["):  # a table, or in an array, which ends none
            table = max(table, parts)
        work += parts * (table + parts)
    return work > _MOST_WORK


def _may_be_newer(text: str) -> bool:
    """Tell whether the text may need TOML 1.1, which tomli reads and most tomllib do not.

    New are some escapes, times without seconds, and a comma or line end in an inline table.
    """
    return _NEWER.search(text) is not None or any(
        line.count("{") != line.count("}") for line in text.split("\n")
    )


def parse_ini(text: str) -> dict[str, IniSection]:
    """Read INI text by the rules of iniconfig, which pytest uses.

    They differ from configparser's: no comment after a value, an indented line always
    continues the value above it (even after blank lines), names keep their case, and what
    stands twice is an error.

    Raises:
        FormatError: A line is no section, option, comment or continuation, or stands twice.
    """
    sections: dict[str, IniSection] = {}
    section: IniSection | None = None
    option: IniOption | None = None
    for index, line in enumerate(text.removeprefix(_BOM).splitlines()):
        line = line.rstrip()
        if not line or line.lstrip().startswith(_COMMENT):
            continue
        header = _header(line)
        if header is not None:
            section = _new_section(sections, header, index)
            option = None
        elif line[0].isspace() or line[0] == "[":  # "[x" without "]" counts as continuation
            if option is None:
                raise FormatError("unexpected value continuation", index + 1)
            option.pieces.append((index, line.strip()))
        else:
            option = _new_option(section, line, index)
    return sections


def delimiter_offset(line: str) -> int:
    """Find the ``=`` or ``:`` that ends an option's name; -1 if there is none."""
    return min((found for found in (line.find("="), line.find(":")) if found >= 0), default=-1)


def _header(line: str) -> str | None:
    if line[0] != "[":
        return None
    for comment in _COMMENT:
        line = line.split(comment)[0].rstrip()
    return line[1:-1] if line[-1] == "]" else None


def _new_section(sections: dict[str, IniSection], name: str, index: int) -> IniSection:
    if not name:
        raise FormatError("empty section name", index + 1)
    if name in sections:
        raise FormatError(f"duplicate section {name!r}", index + 1)
    sections[name] = IniSection(index)
    return sections[name]


def _new_option(section: IniSection | None, line: str, index: int) -> IniOption:
    offset = delimiter_offset(line)
    if offset < 0:
        raise FormatError(f"unexpected line: {line!r}", index + 1)
    if section is None:
        raise FormatError("no section header defined", index + 1)
    name = line[:offset].strip()
    if name in section.options:
        raise FormatError(f"duplicate name {name!r}", index + 1)
    section.options[name] = IniOption([(index, line[offset + 1 :].strip())])
    return section.options[name]


def insert_line(text: str, at: int, line: str) -> str:
    """Put ``line`` at the offset ``at``: the start of a line, or the end of the text.

    The new line ends as the one before it does. A text without a final newline stays so.
    """
    before, after = text[:at], text[at:]
    last = _LAST_END.search(before)
    if last:
        return before + line + last.group() + after
    return before + line_end(text) + line + after


def append_block(text: str, lines: Sequence[str]) -> str:
    """Put ``lines`` at the end of the text, after a blank line."""
    newline = line_end(text)
    block = newline.join(lines)
    if not text.strip("\N{BYTE ORDER MARK}\r\n"):
        return text + block + newline
    if not text.endswith(("\n", "\r")):
        return text + newline * 2 + block
    gap = newline if text.splitlines()[-1].strip() else ""
    return text + gap + block + newline


def line_end(text: str) -> str:
    """Return the line end that the text uses, ``\n`` where it has none."""
    found = _LINE_END.search(text)
    return found.group() if found else "\n"


def spaced(name: str, model_name: str, model_delimiter: str) -> str:
    """``name`` and its delimiter, spaced (and aligned) as the option ``model_name`` is."""
    sign = model_delimiter.lstrip()
    gap = model_delimiter[: len(model_delimiter) - len(sign)]
    if len(gap) > 1 and not gap.strip(" "):
        gap = " " * max(1, len(model_name) + len(gap) - len(name))
    return name + gap + sign
