"""Measure how deeply a piece of source is nested."""

from __future__ import annotations

import ast


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
