"""Read what the statements of a module, or of a class, make of its ``pytestmark``."""

from __future__ import annotations

import ast

from loopscope.analysis.file.mark_facts import Mark
from loopscope.analysis.file.marks import MarkReader

_NAME = "pytestmark"
Marks = tuple[Mark, ...]


def assigned_marks(node: ast.stmt, so_far: Marks, reader: MarkReader) -> Marks | None:
    """Return the marks after an assignment to ``pytestmark``; None where the node is no such.

    ``so_far`` are those before it, the first of them the closest.
    """
    match node:
        case (
            ast.Assign(targets=[ast.Name(id=name), *_], value=ast.expr() as value)
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
        ) if name == _NAME:
            reader.variables[_NAME] = so_far  # for [*pytestmark, mark]
            found = tuple(reader.marks_in(value, statement=node.lineno))
            del reader.variables[_NAME]
            return found
    return None


def added_marks(node: ast.stmt, so_far: Marks, reader: MarkReader) -> Marks:
    """Return the marks after a statement that may add to ``pytestmark``."""
    first = False
    match node:
        case ast.AugAssign(target=ast.Name(id=name), value=value) if name == _NAME:
            added = [value]
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="append" | "extend"), args=added
            )
        ) if name == _NAME:
            pass
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="insert"),
                args=[ast.Constant(value=0), *added],
            )
        ) if name == _NAME:
            first = True
        case _:
            return so_far
    marks = tuple(
        mark
        for item in added
        for mark in reader.marks_in(item, statement=node.lineno)
        if mark.name == "asyncio" or mark.reference
    )
    return (*marks, *so_far) if first else (*so_far, *marks)
