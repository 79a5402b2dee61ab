"""Names that a file uses and nothing in it defines."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

_ALWAYS = frozenset(dir(builtins)) | {"__file__", "__path__", "__class__", "__annotations__"}


def undefined_names(source: str) -> dict[str, int]:
    """Each such name with the first line that uses it.

    A name counts as defined if any scope of the file binds it, and with a star import all do.

    Raises:
        SyntaxError: ``source`` is no Python.
    """
    used: dict[str, int] = {}
    bound: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            used[node.id] = min(node.lineno, used.get(node.id, node.lineno))
        else:
            bound.update(_bound(node))
    if "*" in bound:
        return {}
    return {name: line for name, line in used.items() if name not in bound | _ALWAYS}


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).split(".")[0]
    elif isinstance(node, (ast.Global, ast.Nonlocal)):
        yield from node.names
    else:  # functions, classes, except clauses, patterns, type parameters
        for field in ("name", "rest"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield value
