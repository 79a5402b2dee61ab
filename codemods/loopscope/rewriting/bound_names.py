"""The names that a file binds by import at module level, and those that it uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from loopscope.python_source.syntax_tree import parse, walk

_WORD = re.compile(r"[^\W\d]\w*")
_TYPE_COMMENT = re.compile(r"#\s*type:(?!\s*ignore)([^#\n]*)")
# Calls whose string arguments name types or fixtures.
_NAMING_CALLS = frozenset(
    {"cast", "TypeVar", "NewType", "ForwardRef", "usefixtures", "getfixturevalue"}
)

_NAMING = (
    ast.arg, ast.FunctionDef, ast.AsyncFunctionDef, ast.AnnAssign, ast.Assign, ast.AugAssign,
    ast.Subscript, ast.Call,
)  # fmt: skip


def bound_names(tree: ast.Module) -> set[str]:
    """List the names that imports at module level bind; none under ``if``, ``try`` or ``def``."""
    return {
        bound_name(statement, alias)
        for statement in tree.body
        if isinstance(statement, (ast.Import, ast.ImportFrom))
        for alias in statement.names
    }


def bound_name(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    """Return the name that one part of an import binds: ``a`` for ``import a.b``."""
    if alias.asname is not None or isinstance(statement, ast.ImportFrom):
        return alias.asname or alias.name
    return alias.name.partition(".")[0]


@lru_cache(maxsize=4)
def used_names(text: str) -> frozenset[str]:
    """Collect every name that the file may use, also in strings.

    Variables, arguments (they name fixtures), ``__all__``, types in strings and in comments.

    Raises:
        SyntaxError: this Python cannot parse ``text``.
    """
    names: set[str] = set()
    for node in walk(parse(text)):
        if isinstance(node, ast.Name):  # most of them
            names.add(node.id)
        elif isinstance(node, _NAMING):
            names.update(_names_in(node))
    for comment in _TYPE_COMMENT.findall(text):
        names.update(_WORD.findall(comment))
    return frozenset(names)


def _names_in(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.arg):
        yield node.arg
        yield from _quoted(node.annotation)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from _quoted(node.returns)
    elif isinstance(node, ast.AnnAssign):
        yield from _quoted(node.annotation)
        yield from _exported(node.target, node.value)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _exported(target, node.value)
    elif isinstance(node, ast.AugAssign):
        yield from _exported(node.target, node.value)
    elif isinstance(node, ast.Subscript):
        yield from _quoted(node.slice)
    elif isinstance(node, ast.Call):
        yield from _called(node)


def _called(node: ast.Call) -> Iterator[str]:
    func = node.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if name in _NAMING_CALLS:
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            yield from _quoted(argument)
    root = func.value if isinstance(func, ast.Attribute) else None  # __all__.extend([...])
    if isinstance(root, ast.Name):
        for argument in node.args:
            yield from _exported(root, argument)


def _exported(target: ast.expr, value: ast.expr | None) -> Iterator[str]:
    if isinstance(target, ast.Name) and target.id == "__all__":
        yield from _quoted(value)


def _quoted(node: ast.expr | None) -> Iterator[str]:
    """Collect the words of the strings below ``node``."""
    if node is None:
        return
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield from _WORD.findall(inner.value)
