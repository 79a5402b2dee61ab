"""Facts about one function that its definition alone shows."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from loopscope.analysis.file.function_bodies import NESTED, FunctionNode
from loopscope.python_source.syntax_tree import walk

_NO_ARGUMENTS = ("self", "cls")


def parameters(node: FunctionNode, method: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the parameters that pytest fills, and all of them."""
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = positional[: len(positional) - len(arguments.defaults)]
    required += [
        item
        for item, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is None
    ]
    names = [item.arg for item in required]
    static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)
    if names and ((method and not static) or names[0] in _NO_ARGUMENTS):
        names = names[1:]
    everything = [item.arg for item in [*positional, *arguments.kwonlyargs]]
    return tuple(names), tuple(everything)


def is_alias(node: FunctionNode) -> bool:
    """``def loop(event_loop): return event_loop``, the usual bridge to other plugins."""
    body = [item for item in node.body if not isinstance(item, ast.Expr) or _yields(item)]
    if len(body) != 1:
        return False
    last = body[0]
    value = last.value if isinstance(last, (ast.Return, ast.Expr)) else None
    value = value.value if isinstance(value, ast.Yield) else value
    return isinstance(value, ast.Name) and value.id == "event_loop"


def returns_call(node: FunctionNode) -> bool:
    """Recognize a ``def`` that returns the result of some call, such as a coroutine."""
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(item, ast.Return) and isinstance(item.value, ast.Call) for item in node.body
    )


def wraps_sync(node: FunctionNode) -> bool:
    """Recognize a decorator that puts a sync function around any function."""
    names = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
    if not names:
        return False
    returned = {
        item.value.id
        for item in node.body
        if isinstance(item, ast.Return) and isinstance(item.value, ast.Name)
    }
    return bool(names & returned) and not any(
        isinstance(item, ast.AsyncFunctionDef) for item in ast.walk(node)
    )


def decorated_by(node: FunctionNode) -> tuple[str, ...]:
    """List the decorators that are plain names, called or not."""
    decorators = (
        item.func if isinstance(item, ast.Call) else item for item in node.decorator_list
    )
    return tuple(item.id for item in decorators if isinstance(item, ast.Name))


def _yields(node: ast.Expr) -> bool:
    return isinstance(node.value, ast.Yield)


def is_generator(node: FunctionNode) -> bool:
    """Whether the function itself yields; the functions inside it do not count."""
    stack: list[ast.AST] = list(node.body)
    while stack:
        child = stack.pop()
        if isinstance(child, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(child, NESTED):
            stack.extend(ast.iter_child_nodes(child))
    return False


_OF_COROUTINES = frozenset(
    {"send", "throw", "close", "asend", "athrow", "aclose", "__await__", "__anext__", "__aiter__"}
)


def handed_on(node: FunctionNode, names: tuple[str, ...], lines: Sequence[str]) -> frozenset[str]:
    """List the arguments that a function passes on, returns or stores, unchanged."""
    body = "\n".join(lines[node.body[0].lineno - 1 : node.end_lineno])
    words = [name for name in names if name in body]
    if not words:
        return frozenset()
    return frozenset(
        value.id
        for child in walk(node)
        for value in _handed(child)
        if isinstance(value, ast.Name) and value.id in words
    )


def _handed(node: ast.AST) -> Sequence[ast.expr]:
    match node:
        case ast.Call(args=args, keywords=keywords):
            return [*args, *(keyword.value for keyword in keywords)]
        case ast.List(elts=values) | ast.Tuple(elts=values) | ast.Set(elts=values):
            return values
        case ast.Dict(values=values):
            return values
        case (
            ast.Assign(value=ast.expr() as value)
            | ast.AnnAssign(value=ast.expr() as value)
            | ast.NamedExpr(value=ast.expr() as value)
            | ast.Return(value=ast.expr() as value)
            | ast.Yield(value=ast.expr() as value)
            | ast.Starred(value=ast.expr() as value)
        ):
            return [value]
        case ast.Attribute(value=value, attr=name) if name in _OF_COROUTINES:
            return [value]
    return ()


def awaited(node: FunctionNode, names: tuple[str, ...], lines: Sequence[str]) -> frozenset[str]:
    """List the arguments that a function awaits, or iterates over asynchronously, unchanged."""
    own = lines[node.lineno - 1 : node.end_lineno]
    if not names or not any("await " in line or "async for " in line for line in own):
        return frozenset()
    values = [
        child.value if isinstance(child, ast.Await) else child.iter
        for child in walk(node)
        if isinstance(child, (ast.Await, ast.AsyncFor))
    ]
    return frozenset(
        value.id for value in values if isinstance(value, ast.Name) and value.id in names
    )
