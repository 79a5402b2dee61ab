"""String literals in setup.py and noxfile.py."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from loopscope.config.formats import FormatError
from loopscope.python_source.syntax_tree import parse_afresh
from loopscope.requirements.compatibility import Version
from loopscope.requirements.pin import Kind, Pin, Style
from loopscope.requirements.source_text import SourceText

_BOM = "\N{BYTE ORDER MARK}"
_OPENING = re.compile(r"[rRuU]?('''|\"\"\"|'|\")")
_NO_REQUIREMENTS = frozenset({
    "name", "keywords", "description", "long_description", "url", "packages", "py_modules",
    "entry_points", "classifiers",
})  # fmt: skip
_LINE = re.compile(r"[^\r\n]+")
_PYTHON = re.compile(r"(?:pypy|python)?-?([23])\.(\d{1,2})")
_LISTS = ("_requires", "_require")
_INSTALLS = frozenset({"install", "conda_install", "run", "run_install", "run_always"})


def read_python(source: SourceText) -> Iterator[Pin]:
    """Read the requirements among the strings; bare names only where requirements are listed.

    Raises:
        FormatError: The text is no Python.
    """
    yield from _Finder(source).search(_parse(source.text), listed=False)


def session_pythons(text: str) -> Iterator[tuple[int, tuple[Version, ...]]]:
    """Yield the line and the Pythons of each nox session that names some.

    Raises:
        FormatError: The text is no Python.
    """
    tree = _parse(text)
    lists = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.keyword) or node.arg not in ("python", "py"):
            continue
        value = node.value
        if isinstance(value, ast.Name):
            value = lists.get(value.id, value)
        versions = {
            (int(found[1]), int(found[2]))
            for inner in ast.walk(value)
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
            for found in [_PYTHON.fullmatch(inner.value)]
            if found
        }
        if versions:
            yield value.lineno, tuple(sorted(versions))


def _parse(text: str) -> ast.Module:
    try:
        return parse_afresh(text.removeprefix(_BOM))
    except SyntaxError as error:
        raise FormatError(str(error.msg), error.lineno or 0) from None


class _Finder:
    """Walks the tree; ``listed`` says that a string stands in a list or in an install call."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.where = ""  # the list or session that the strings stand in
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
            for key, value in zip(node.keys, node.values, strict=True):
                with self.inside(f"extras_require.{_text(key)}" if _text(key) else ""):
                    yield from self.search(value, listed=False)
        elif isinstance(node, ast.keyword):
            if node.arg == "python_requires" and isinstance(node.value, ast.Constant):
                yield from self.python(node.value)
            elif node.arg not in _NO_REQUIREMENTS:
                with self.inside(node.arg if (node.arg or "").endswith(_LISTS) else ""):
                    yield from self.search(node.value, listed=False)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            with self.inside(f"def {node.name}"):
                for child in ast.iter_child_nodes(node):
                    yield from self.search(child, listed=False)
        else:
            inside = isinstance(node, (ast.List, ast.Tuple, ast.Set)) or _installs(node)
            for child in ast.iter_child_nodes(node):
                yield from self.search(child, listed=inside)

    @contextmanager
    def inside(self, where: str | None) -> Iterator[None]:
        """Let the strings that are found meanwhile stand in a list of that name."""
        before = self.where
        self.where = where or before
        yield
        self.where = before

    def string(self, node: ast.expr, value: str, *, listed: bool) -> Iterator[Pin]:
        body = self.body(node, value)
        if body is None:
            yield from self.odd(node, value)
            return
        for line in _LINE.finditer(self.source.text, *body):
            pin = self.source.requirement(*line.span(), self.where)
            if pin is not None and (listed or "\n" in value or pin.kind is not Kind.ANY):
                yield pin

    def odd(self, node: ast.expr, value: str) -> Iterator[Pin]:
        """Recognize a requirement in parts: escapes, adjacent strings, f-strings."""
        lines = value.splitlines()
        for line in lines:
            pin = SourceText(self.source.path, line + "{}").requirement(0, len(line) + 2)
            if pin is not None and pin.kind is Kind.OTHER and (pin.specifier or len(lines) == 1):
                yield replace(pin, line=node.lineno, start=self.offset(node))

    def python(self, node: ast.Constant) -> Iterator[Pin]:
        value = str(node.value)
        body = self.body(node, value)
        if body is not None:
            yield self.source.pin("python", *body, "python_requires", Style.PEP440)

    def body(self, node: ast.expr, value: str) -> tuple[int, int] | None:
        """Find the ends of the string's content, if the source spells it without escapes."""
        start = self.offset(node)
        opening = _OPENING.match(self.source.text, start)
        if not opening:
            return None
        for spelled in (value, value.replace("\n", "\r\n")):
            end = opening.end() + len(spelled)
            plain = self.source.text[opening.end() : end] == spelled
            if plain and self.source.text.startswith(opening[1], end):
                return opening.end(), end
        return None

    def offset(self, node: ast.expr) -> int:
        line = self.lines[node.lineno - 1]
        if not line and self.source.text.startswith(_BOM):
            line = len(_BOM)
        # Columns count bytes of UTF-8.
        row = self.source.text[line : line + node.col_offset].encode()
        return line + len(row[: node.col_offset].decode())


def _text(node: ast.expr | None) -> str:
    found = node.value if isinstance(node, ast.Constant) else None
    return found if isinstance(found, str) else ""


def _installs(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _INSTALLS
    )
