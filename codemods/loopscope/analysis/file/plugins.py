"""The modules that ``pytest_plugins`` of a file makes plugins."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from loopscope.analysis.file.constants import texts_of
from loopscope.analysis.file.names import Names

_NAME = "pytest_plugins"
_COMPOUND = (ast.If, ast.Try, ast.With)


def read_plugins(body: Iterable[ast.stmt], names: Names) -> tuple[str, ...]:
    """List the plugins that a module names, also by additions to the list or under conditions.

    ``names.read`` gets the lines of the statements whose values are known.
    """
    found: dict[str, None] = {}
    for node, value in _values(body):
        texts = texts_of(value, names)
        if texts is not None:
            names.read.add(node.lineno)
            found.update(dict.fromkeys(texts))
        elif isinstance(value, (ast.List, ast.Tuple)):
            known = (texts_of(item, names) or () for item in value.elts)
            found.update((text, None) for texts in known for text in texts)
    return tuple(found)


def _values(body: Iterable[ast.stmt]) -> Iterator[tuple[ast.stmt, ast.expr]]:
    for node in body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                | ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value)
            ) if name == _NAME:
                yield node, _without_itself(value)
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name), attr="append" | "extend"),
                    args=[value],
                )
                | ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name), attr="insert"), args=[_, value]
                )
            ) if name == _NAME:
                yield node, value
        if isinstance(node, _COMPOUND):
            for part in ("body", "orelse", "finalbody"):
                yield from _values(getattr(node, part, ()))
            for handler in getattr(node, "handlers", ()):
                yield from _values(handler.body)


def _without_itself(value: ast.expr) -> ast.expr:
    """``pytest_plugins + ["more"]`` adds to what was said before."""
    match value:
        case ast.BinOp(left=ast.Name(id=name), op=ast.Add(), right=right) if name == _NAME:
            return right
        case ast.List(elts=[ast.Starred(value=ast.Name(id=name)), *rest]) if name == _NAME:
            return ast.List(rest, ast.Load())
    return value
