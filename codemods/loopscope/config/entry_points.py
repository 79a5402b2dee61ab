"""The modules that are pytest plugins once a project is installed: its pytest11 entry points."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from posixpath import basename
from typing import Any

from loopscope.config.formats import FormatError, decode, parse_ini, parse_toml
from loopscope.python_source.syntax_tree import parse_afresh

_GROUP = "pytest11"
EntryPoints = tuple[tuple[str, str], ...]
"""The declaring file and the dotted module of each."""


def plugin_entry_points(files: Mapping[str, bytes]) -> EntryPoints:
    """Read the entry points that the files of a project declare."""
    readers = {"pyproject.toml": _of_pyproject, "setup.cfg": _of_setup_cfg, "setup.py": _of_setup}
    found: dict[tuple[str, str], None] = {}
    for path, data in sorted(files.items()):
        reader = readers.get(basename(path))
        if reader is None or _GROUP.encode() not in data:
            continue
        try:
            values = list(reader(decode(data)))
        except (FormatError, SyntaxError, RecursionError, MemoryError):
            continue  # said elsewhere
        for value in values:
            module = value.partition(":")[0].partition("[")[0].strip()
            if module:
                found[path, module] = None
    return tuple(found)


def _of_pyproject(text: str) -> Iterator[str]:
    document = parse_toml(text)
    for keys in (("project", "entry-points"), ("tool", "poetry", "plugins")):
        table: Any = document
        for key in (*keys, _GROUP):
            table = table.get(key) if isinstance(table, dict) else None
        for value in table.values() if isinstance(table, dict) else ():
            if isinstance(value, str):
                yield value


def _of_setup_cfg(text: str) -> Iterator[str]:
    section = parse_ini(text).get("options.entry_points")
    option = section.options.get(_GROUP) if section is not None else None
    yield from _lines(option.value) if option is not None else ()


def _of_setup(text: str) -> Iterator[str]:
    """Read the literals of ``setup(entry_points={"pytest11": ["name = module"]})``."""
    for node in ast.walk(parse_afresh(text)):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == _GROUP:
                    for part in ast.walk(value):
                        if isinstance(part, ast.Constant) and isinstance(part.value, str):
                            yield from _lines(part.value)


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        _, equals, value = line.partition("=")
        if equals:
            yield value
