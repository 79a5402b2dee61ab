"""String literals in setup.py and noxfile.py."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from loopscope.config.formats import FormatError
from loopscope.requirements.pin import Kind, Pin, Style
from loopscope.requirements.source_text import SourceText

_BOM = "\N{BYTE ORDER MARK}"
_OPENING = re.compile(r"[rRuU]?('''|\"\"\"|'|\")")
_NO_REQUIREMENTS = frozenset({
    "name", "keywords", "description", "long_description", "url", "packages", "py_modules",
    "entry_points", "classifiers",
})  # fmt: skip
_INSTALLS = frozenset({"install", "conda_install", "run", "run_install", "run_always"})


def read_python(source: SourceText) -> Iterator[Pin]:
    """Read the requirements among the strings; bare names only where requirements are listed.

    Raises:
        FormatError: The text is no Python.
    """
    try:
        tree = ast.parse(source.text.removeprefix(_BOM))
    except SyntaxError as error:
        raise FormatError(str(error.msg), error.lineno or 0) from None
    yield from _Finder(source).search(tree, listed=False)


class _Finder:
    """Walks the tree; ``listed`` says that a string stands in a list or in an install call."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.lines = [0]
        for line in re.finditer(r"\r\n|\r|\n", source.text):
            self.lines.append(line.end())

    def search(self, node: ast.AST, *, listed: bool) -> Iterator[Pin]:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from self.string(node, node.value, listed=listed)
        elif isinstance(node, ast.JoinedStr):
            first = node.values[0] if node.values else None
            if isinstance(first, ast.Constant):
                yield from self.odd(node, str(first.value))
        elif isinstance(node, ast.Dict):
            for value in node.values:
                yield from self.search(value, listed=False)
        elif isinstance(node, ast.keyword):
            if node.arg == "python_requires" and isinstance(node.value, ast.Constant):
                yield from self.python(node.value)
            elif node.arg not in _NO_REQUIREMENTS:
                yield from self.search(node.value, listed=False)
        else:
            inside = isinstance(node, (ast.List, ast.Tuple, ast.Set)) or _installs(node)
            for child in ast.iter_child_nodes(node):
                yield from self.search(child, listed=inside)

    def string(self, node: ast.expr, value: str, *, listed: bool) -> Iterator[Pin]:
        start = self.body(node, value)
        if start is None:
            yield from self.odd(node, value)
            return
        for line in re.finditer(r"[^\r\n]+", value):
            pin = self.source.requirement(start + line.start(), start + line.end())
            if pin is not None and (listed or "\n" in value or pin.kind is not Kind.ANY):
                yield pin

    def odd(self, node: ast.expr, value: str) -> Iterator[Pin]:
        """Recognize a requirement in parts: escapes, adjacent strings, f-strings."""
        pin = SourceText(self.source.path, value + "{}").requirement(0, len(value) + 2)
        if pin is not None and pin.kind is Kind.OTHER:
            yield replace(pin, line=node.lineno, start=self.offset(node))

    def python(self, node: ast.Constant) -> Iterator[Pin]:
        value = str(node.value)
        start = self.body(node, value)
        if start is not None:
            yield self.source.pin(
                "python", start, start + len(value), "python_requires", Style.PEP440
            )

    def body(self, node: ast.expr, value: str) -> int | None:
        """Find the start of the string's content, if the source spells it without escapes."""
        start = self.offset(node)
        opening = _OPENING.match(self.source.text, start)
        if not opening:
            return None
        end = opening.end() + len(value)
        plain = self.source.text[opening.end() : end] == value
        return opening.end() if plain and self.source.text.startswith(opening[1], end) else None

    def offset(self, node: ast.expr) -> int:
        line = self.lines[node.lineno - 1]
        if not line and self.source.text.startswith(_BOM):
            line = len(_BOM)
        # Columns count bytes of UTF-8.
        row = self.source.text[line : line + node.col_offset].encode()
        return line + len(row[: node.col_offset].decode())


def _installs(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _INSTALLS
    )
