"""setup.cfg and tox.ini."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import basename

from loopscope.config.ini import IniOption, parse_ini
from loopscope.requirements.pin import Pin, Style
from loopscope.requirements.source_text import SourceText

_BOM = "\N{BYTE ORDER MARK}"
_METADATA = frozenset({"install_requires", "tests_require", "setup_requires"})
_DEPENDENCIES = re.compile(r"(?:.*[-_])?deps|.*dependencies|.*requirements", re.IGNORECASE)
_FACTORS = re.compile(r"[\w.,!{}-]+:\s+")


def read(source: SourceText) -> Iterator[Pin]:
    """Read the requirements of a package's metadata and of tox environments.

    Raises:
        FormatError: The text is no INI that pytest could read.
    """
    starts = _line_starts(source.text)
    metadata = basename(source.path) == "setup.cfg"
    for name, section in parse_ini(source.text).items():
        for option, value in section.options.items():
            where = f"{name}.{option}"
            if metadata and where == "options.python_requires":
                yield from _python(source, value, starts)
            elif (
                (metadata and name == "options" and option in _METADATA)
                or (metadata and name == "options.extras_require")
                or _DEPENDENCIES.fullmatch(option)
            ):
                yield from _requirements(source, value, starts, where)


def _requirements(
    source: SourceText, option: IniOption, starts: list[int], where: str
) -> Iterator[Pin]:
    for start, end in _places(source, option, starts):
        factors = _FACTORS.match(source.text, start, end)
        pin = source.requirement(factors.end() if factors else start, end, where)
        if pin is not None:
            yield pin


def _python(source: SourceText, option: IniOption, starts: list[int]) -> Iterator[Pin]:
    for start, end in _places(source, option, starts):
        yield source.pin("python", start, end, "options.python_requires", Style.PEP440)


def _places(source: SourceText, option: IniOption, starts: list[int]) -> Iterator[tuple[int, int]]:
    for index, piece in option.pieces:
        end = starts[index] + len(source.text[starts[index] : starts[index + 1]].rstrip())
        yield end - len(piece), end


def _line_starts(text: str) -> list[int]:
    """List the offsets of lines, as ``parse_ini`` counts them; the end of the text last."""
    starts = [len(text) - len(text.removeprefix(_BOM))]
    for line in text.removeprefix(_BOM).splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts
