"""The lines about an argument in a docstring."""

from __future__ import annotations

import re
from collections.abc import Callable

import libcst as cst

from loopscope.python_source.source import split_lines

_FIELD = r":(?:param|parameter|arg|argument|key|keyword|type)\s+(?:[^:]*\s)?\*{{0,2}}{name}\s*:"
_GOOGLE = r"\*{{0,2}}{name}\s*(?:\([^)]*\))?\s*:"
_SECTION = re.compile(r"\s*(?:Args|Arguments|Parameters|Params)\s*:\s*$")


def edit(node: cst.FunctionDef, change: Callable[[str], str]) -> cst.FunctionDef:
    """Apply ``change`` to the source of the docstring (a plain string literal), if any."""
    body = node.body.body
    first = body[0] if body else None
    small = first.body[0] if isinstance(first, cst.SimpleStatementLine) else first
    if not isinstance(small, cst.Expr) or not isinstance(small.value, cst.SimpleString):
        return node
    if "b" in small.value.prefix:
        return node
    text = change(small.value.value)
    if text == small.value.value:
        return node
    return node.with_deep_changes(small.value, value=text)


def without_argument(text: str, name: str) -> str:
    """Drop the line that documents ``name``, where that is one whole line."""
    lines = split_lines(text)
    field = re.compile(r"\s*" + _FIELD.format(name=re.escape(name)))
    google = re.compile(r"\s*" + _GOOGLE.format(name=re.escape(name)))
    for index in range(len(lines) - 2, 0, -1):  # neither the opening nor the closing line
        if index + 1 >= len(lines) or _continues(lines, index):
            continue
        if field.match(lines[index]):
            del lines[index]
        elif google.match(lines[index]):
            section = _section(lines, index)
            if section is not None:
                del lines[index]
                _drop_empty_section(lines, section)
    return "".join(lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _continues(lines: list[str], index: int) -> bool:
    following = lines[index + 1]
    return bool(following.strip()) and _indent(following) > _indent(lines[index])


def _section(lines: list[str], index: int) -> int | None:
    """Find the header of the section of arguments that contains this line."""
    for above in range(index - 1, -1, -1):
        line = lines[above]
        if line.strip() and _indent(line) < _indent(lines[index]):
            return above if _SECTION.match(line) else None
    return None


def _drop_empty_section(lines: list[str], header: int) -> None:
    """Drop a header that nothing stands under, and the blank line above it."""
    following = lines[header + 1]
    if following.strip() and _indent(following) > _indent(lines[header]):
        return
    del lines[header]
    if not lines[header - 1].strip() and header > 1:
        del lines[header - 1]
