"""The names that a module hands out to ``from module import *``, by its ``__all__``."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from loopscope.python_source.syntax_tree import walk


def exported_names(body: Iterable[ast.stmt]) -> tuple[str, ...] | None:
    """Return the names in ``__all__``; None where there is none, or where it is not all read."""
    found: list[str] = []
    known = False
    for statement in body:
        if not any(
            isinstance(node, ast.Name) and node.id == "__all__" for node in walk(statement)
        ):
            continue
        names = list(_added(statement))
        if None in names:
            return None
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            found, known = [], True
        found += filter(None, names)
    return tuple(found) if known else None


def _added(statement: ast.stmt) -> Iterator[str | None]:
    """Yield what a statement puts into ``__all__``, and None for what is not read."""
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id="__all__")], value=value)
            | ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.expr() as value)
            | ast.AugAssign(target=ast.Name(id="__all__"), op=ast.Add(), value=value)
            | ast.Expr(ast.Call(ast.Attribute(ast.Name("__all__"), "append" | "extend"), [value]))
        ):
            items = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
            for item in items:
                known = isinstance(item, ast.Constant) and isinstance(item.value, str)
                yield ast.literal_eval(item) if known else None
        case _:
            yield None
