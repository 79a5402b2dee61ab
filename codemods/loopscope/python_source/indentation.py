"""Code moved to another depth: lines inside of strings stay, for they are part of a value."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from loopscope.python_source.syntax_tree import walk


def dedented(lines: Sequence[str], node: ast.stmt) -> str:
    """Return the source of a statement, without its indentation or a final line end.

    ``lines`` are those of the file, without line ends.
    """
    first, last = node.lineno, node.end_lineno or node.lineno
    text = lines[first - 1]
    return _without(lines[first - 1 : last], _margin(text), _inside(node, first))


def body_of(code: str) -> str:
    """Return the body of the only function in ``code``, on its own lines and dedented."""
    tree = ast.parse(code)
    lines = code.rstrip().split("\n")[1:]
    return _without(lines, _margin(next(line for line in lines if line.strip())), _inside(tree, 2))


def indented(code: str) -> str:
    """``code`` by four spaces deeper."""
    inside = _inside(ast.parse(code), 1)
    return "\n".join(
        line if number in inside or not line.strip() else f"    {line}"
        for number, line in enumerate(code.split("\n"))
    )


def _without(lines: Sequence[str], margin: int, inside: set[int]) -> str:
    return "\n".join(
        line if number in inside else line[min(margin, _margin(line)) :]
        for number, line in enumerate(lines)
    ).rstrip()


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _inside(tree: ast.AST, first: int) -> set[int]:
    """Find the indexes, from line ``first`` on, of the lines that start inside of a string."""
    return {
        line - first
        for node in walk(tree)
        if isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)))
        for line in range(node.lineno + 1, (node.end_lineno or 0) + 1)
    }
