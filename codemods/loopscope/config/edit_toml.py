"""Options in TOML text: set or removed by splicing, every other character stays.

Not by tomlkit: it puts a new key below the comment that belongs to the next table, and ends
its line with LF in a CRLF file.
"""

from __future__ import annotations

import json
from typing import Any

from loopscope.config.formats import append_block, insert_line, parse_toml_afresh, spaced
from loopscope.config.toml import Key, Layout, Path, layout


def content(text: str) -> dict[str, Any]:
    """Return the meaning of the text, to compare before with after; it may be changed."""
    return parse_toml_afresh(text)


def assign(text: str, table: str, name: str, value: str | bool) -> str:
    """Set the option ``name`` of ``table`` (dotted), which is made where it is missing."""
    path = tuple(table.split("."))
    found = layout(text)
    siblings = _siblings(found, path)
    written = _literal(value, _quote(text, siblings))
    for key in siblings:
        if key.path == (*path, name):
            start, end = key.value
            literal = _literal(value, _quote(text, [key]) or _quote(text, siblings))
            return text[:start] + literal + text[end:]
    if siblings:
        ours = [key for key in siblings if key.path[len(path)].startswith("asyncio_")]
        return _insert(text, path, (ours or siblings)[-1], name, written)
    for key in found.keys:
        if key.path == path:  # an empty inline table
            start, end = key.value
            return f"{text[:start]}{{ {name} = {written} }}{text[end:]}"
    if path in found.headers:
        indentation = _line(text, found.headers[path])[2]
        at = _line(text, found.headers[path])[1]
        return insert_line(text, at, f"{indentation}{name} = {written}")
    return append_block(text, [f"[{table}]", f"{name} = {written}"])


def remove(text: str, table: str, name: str) -> str:
    """Remove the option ``name``, with the comment on its line."""
    path = tuple(table.split("."))
    found = layout(text)
    for key in _siblings(found, path):
        if key.path == (*path, name):
            if key.inline:
                return _remove_inline(text, found, key)
            start, end, _ = _line(text, key.start, key.value[1])
            return text[:start] + text[end:]
    return text


def _siblings(found: Layout, path: Path) -> list[Key]:
    """List the keys that are written directly in the table ``path``, dotted ones too."""
    size = len(path)
    return [
        key
        for key in found.keys
        if len(key.table) <= size < len(key.path) and key.path[:size] == path
    ]


def _insert(text: str, path: Path, model: Key, name: str, value: str) -> str:
    """Put ``name = value`` after ``model``, written as it is."""
    last = model.parts[len(path) - len(model.table)]  # where the option's own name starts
    prefix = text[model.start : last]
    delimiter = text[model.end : model.value[0]]
    line = prefix + spaced(name, text[last : model.end], delimiter) + value
    if model.inline:
        return f"{text[: model.value[1]]}, {line}{text[model.value[1] :]}"
    _, end, indentation = _line(text, model.start, model.value[1])
    return insert_line(text, end, indentation + line)


def _remove_inline(text: str, found: Layout, key: Key) -> str:
    row = [other for other in found.keys if other.inline and other.table == key.table]
    place = row.index(key)
    if place + 1 < len(row):
        return text[: key.start] + text[row[place + 1].start :]
    start = row[place - 1].value[1] if place else key.start
    return text[:start] + text[key.value[1] :]


def _line(text: str, start: int, end: int | None = None) -> tuple[int, int, str]:
    """Start, end (after the newline) and indentation of the line or lines of a statement."""
    first = text.rfind("\n", 0, start) + 1
    newline = text.find("\n", start if end is None else end)
    indentation = text[first:start]
    indentation = indentation[: len(indentation) - len(indentation.lstrip())]
    return first, len(text) if newline < 0 else newline + 1, indentation


def _quote(text: str, keys: list[Key]) -> str:
    """Return the quote that most strings (or arrays of them) begin with; "" if there are none."""
    first = [text[slice(*key.value)].lstrip("[ \t\r\n")[:1] for key in keys]
    single, double = first.count("'"), first.count('"')
    return "'" if single > double else '"' if double else ""


def _literal(value: str | bool, quote: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if quote == "'" and value.isprintable() and "'" not in value:
        return f"'{value}'"
    return json.dumps(value, ensure_ascii=False)
