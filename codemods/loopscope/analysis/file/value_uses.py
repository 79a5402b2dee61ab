"""What a function does with the values that it gets: mention, hand on, await."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator, Mapping

from loopscope.analysis.file.names import Names
from loopscope.python_source.syntax_tree import FunctionNode, walk


class Use(enum.IntEnum):
    """The strongest use of a value; ``max`` of two is the stronger one."""

    MENTIONED = 1
    PASSED = 2  # handed to a call, stored or returned as it is
    AWAITED = 3  # it, or what a call of it gives, is awaited, entered or iterated over


def uses_in(node: FunctionNode, names: Names) -> Mapping[str, Use]:
    """Map the names that a function mentions to their uses; attributes of self are ``self.x``."""
    aliases = dict(_aliases(node))
    found: dict[str, Use] = {}

    def note(name: str, use: Use) -> None:
        for one in (name, *_origins(name, aliases)):
            found[one] = max(use, found.get(one, use))

    for child in walk(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load):
            note(child.id, Use.MENTIONED)
        elif isinstance(child, ast.Attribute):
            name = _name(child)
            if name.startswith("self."):
                note(name, Use.MENTIONED)
        for value in _passed(child):
            if name := _name(value):
                note(name, Use.PASSED)
        for value in _awaited(child, names):
            if name := _root(value):
                note(name, Use.AWAITED)
    return found


def _aliases(node: FunctionNode) -> Iterator[tuple[str, str]]:
    """Map the variables to the name that they were taken from, if not by an await."""
    for child in walk(node):
        pairs: list[tuple[ast.expr, ast.expr]] = []
        match child:
            case ast.Assign(targets=targets, value=value):
                pairs = [(target, value) for target in targets]
            case ast.NamedExpr(target=target, value=value):
                pairs = [(target, value)]
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                pairs = [(target, value)]
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                pairs = [(target, value)]
            case ast.With(items=items) | ast.AsyncWith(items=items):
                pairs = [
                    (item.optional_vars, item.context_expr)
                    for item in items
                    if item.optional_vars is not None
                ]
        for target, value in pairs:
            root = _requested(value) or _root(value)
            for part in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
                if root and isinstance(part, ast.Name) and part.id != root:
                    yield part.id, root


def _requested(node: ast.expr) -> str:
    """Return the name in ``request.getfixturevalue("name")``."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="getfixturevalue"), args=[ast.Constant(value=str() as name)]
        ):
            return name
    return ""


def _origins(name: str, aliases: Mapping[str, str]) -> Iterator[str]:
    seen = {name}
    while (name := aliases.get(name, "")) and name not in seen:
        seen.add(name)
        yield name


def _name(node: ast.expr) -> str:
    """Return a plain name, or an attribute of the object itself."""
    if isinstance(node, ast.Name):
        return node.id
    if (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("self", "cls")
    ):
        return f"self.{node.attr}"
    return ""


def _root(node: ast.expr) -> str:
    """Return the name at the beginning of a chain of attributes, items and calls."""
    while True:
        if name := _name(node):
            return name
        if name := _requested(node):
            return name
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
            node = node.value
        else:
            return ""


def _passed(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Call(args=args, keywords=keywords):
            return [*args, *(keyword.value for keyword in keywords)]
        case ast.Return(value=ast.expr() as value) | ast.Yield(value=ast.expr() as value):
            return [value]
        case ast.List(elts=values) | ast.Tuple(elts=values) | ast.Set(elts=values):
            return values
        case ast.Dict(values=values):
            return values
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_], value=value):
            return [value]
    return []


def _awaited(node: ast.AST, names: Names) -> list[ast.expr]:
    match node:
        case ast.Await(value=value):
            return [value, *_arguments(value, names)]
        case ast.AsyncWith(items=items):
            return [item.context_expr for item in items]
        case ast.AsyncFor(iter=value):
            return [value]
        case ast.comprehension(iter=value, is_async=1):
            return [value]
        case ast.Call():
            return _arguments(node, names)
    return []


def _arguments(node: ast.expr, names: Names) -> list[ast.expr]:
    """List what is handed to a function of asyncio, which awaits it."""
    if not isinstance(node, ast.Call):
        return []
    origin = names.resolve(node.func) or ""
    if origin == "asyncio.sleep":
        return []
    if not origin.startswith("asyncio.") and not (
        isinstance(node.func, ast.Attribute) and node.func.attr in ("create_task", "start_soon")
    ):
        return []
    return [part for item in node.args for part in _elements(item)]


def _elements(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Starred):
        yield from _elements(node.value)
    elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        for item in node.elts:
            yield from _elements(item)
    elif isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)):
        yield node.elt
    elif not isinstance(node, ast.Attribute):
        yield node
