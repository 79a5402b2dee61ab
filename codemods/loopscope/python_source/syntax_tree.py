"""Syntax trees of source text: parsed once while a file is worked on, and walked quickly."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

# Characters; a tree takes two hundred times the memory of its text.
_LONGEST_KEPT = 500_000
_LEAVES = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)


def parse(text: str) -> ast.Module:
    """Parse ``text``; the tree may be shared, so nobody may change it.

    The edits of one file look at few texts, many times: as it was, edited, with its imports.

    Raises:
        SyntaxError: this Python cannot parse ``text``.
        RecursionError, MemoryError: it is nested too deeply, or too large.
    """
    return _kept(text) if len(text) < _LONGEST_KEPT else ast.parse(text)


@lru_cache(maxsize=4)
def _kept(text: str) -> ast.Module:
    return ast.parse(text)


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes from ``node`` down, in no order; contexts and operators may be missing.

    Twice as fast as ``ast.walk``.
    """
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                stack += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, _LEAVES):
                stack.append(value)


def depth(text: str) -> int:
    """Count the levels of the syntax tree: an expression of N terms has about N.

    Raises:
        SyntaxError: this Python cannot parse ``text``.
        RecursionError, MemoryError: there are more levels than it can count.
    """
    level: list[ast.AST] = [ast.parse(text)]
    count = 0
    while level:
        count += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return count


def is_docstring(node: ast.stmt) -> bool:
    """Whether a statement is a constant, which does nothing wherever it stands."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
