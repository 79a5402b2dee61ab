"""Conda's environment.yml, with its list for pip.

Read line by line: block lists are what people and tools write, and every byte must stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loopscope.requirements.compatibility import WATCHED
from loopscope.requirements.pin import Pin, Style, normalised
from loopscope.requirements.source_text import SourceText

_LINE = re.compile(r"^([ \t]*)(-[ \t]+)?([^\r\n]*)", re.MULTILINE)
_ITEM = re.compile(r"""(["']?)(?:[\w./-]+::)?([A-Za-z0-9][\w.-]*?)(?![\w.-])[ \t]*""")
_VALUE = re.compile(r"[^\"'#]*?(?=[ \t]*(?:[\"']|[ \t]#|$))")


def read(source: SourceText) -> Iterator[Pin]:
    """Read the entries of ``dependencies``: conda's own, and pip's."""
    listed, pip = False, -1  # the indentation of the "pip:" entry, -1 outside of it
    for line in _LINE.finditer(source.text):
        indentation, dash, value = len(line[1]), line[2], line[3]
        if not value.strip() or value.startswith("#"):
            continue
        if not dash:
            listed = value.startswith("dependencies:") if not indentation else listed
            continue
        if indentation <= pip:
            pip = -1
        if not listed:
            continue
        if re.match(r"pip:\s*(?:#.*)?$", value):
            pip = indentation
        elif pip >= 0:
            yield from _pip(source, line.start(3), line.end(3))
        else:
            yield from _conda(source, line.start(3), line.end(3))


def _pip(source: SourceText, start: int, end: int) -> Iterator[Pin]:
    quote = source.text[start]
    if quote in "\"'":
        start += 1
        end = source.text.find(quote, start, end)
    pin = source.requirement(start, end, "dependencies.pip") if end > start else None
    if pin is not None:
        yield pin


def _conda(source: SourceText, start: int, end: int) -> Iterator[Pin]:
    name = _ITEM.match(source.text, start, end)
    if not name or normalised(name[2]) not in WATCHED:
        return
    value = _VALUE.match(source.text, name.end(), end)
    if value is None or not value[0]:
        first = last = name.end(2)
    else:
        first, last = value.span()
    yield source.pin(normalised(name[2]), first, last, "dependencies", Style.CONDA)
