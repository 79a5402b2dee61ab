"""Branches of an override in which its loop is made: ``try``, ``if`` and what stands in them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Sequence

from loopscope.analysis.file.loop_statements import CREATORS, RUNNING
from loopscope.analysis.file.names import Names

_CAUGHT = frozenset({"RuntimeError", "Exception", "BaseException"})


def straight(body: Sequence[ast.stmt], names: Names) -> Iterator[ast.stmt]:
    """List the statements of a body, those of a ``try`` that takes one way in line.

    A ``try`` with only a ``finally`` is one. So is ``try: loop = asyncio.get_running_loop()``:
    no loop runs while an override makes one, so what handles the ``RuntimeError`` is what happens.
    """
    for statement in body:
        handler = _without_running_loop(statement, names)
        if handler is not None and isinstance(statement, ast.Try):
            yield from straight([*handler.body, *statement.finalbody], names)
        elif isinstance(statement, ast.Try) and not statement.handlers and not statement.orelse:
            yield from straight([*statement.body, *statement.finalbody], names)
        else:
            yield statement


def _without_running_loop(node: ast.stmt, names: Names) -> ast.ExceptHandler | None:
    """Return the handler that runs since no loop does, where it needs no error by name."""
    if not isinstance(node, ast.Try) or not _takes(node.body[0], {RUNNING}, names):
        return None
    for handler in node.handlers:
        caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if any(item is None or ast.unparse(item) in _CAUGHT for item in caught):
            return handler if handler.name is None else None
    return None


def _takes(node: ast.stmt, origins: set[str] | frozenset[str], names: Names) -> bool:
    """Whether the statement begins with a call of one of these functions."""
    value = getattr(node, "value", None)
    if isinstance(value, ast.Yield):
        value = value.value
    return isinstance(value, ast.Call) and names.resolve(value.func) in origins


_WINDOWS = {"sys.platform": ("win", "win32", "cygwin"), "os.name": ("nt",)}


def is_windows(test: ast.expr, names: Names) -> bool:
    """Whether a condition holds on Windows alone, such as ``sys.platform == "win32"``."""
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            return any(is_windows(value, names) for value in values)
        case ast.BoolOp(op=ast.Or(), values=values):
            return all(is_windows(value, names) for value in values)
        case ast.Compare(left=ast.Call(func=func, args=[]), ops=[ast.Eq()], comparators=[right]):
            return names.resolve(func) == "platform.system" and _says(right, ("Windows",))
        case ast.Compare(left=left, ops=[ast.Eq() | ast.In()], comparators=[right]):
            return _says(right, _WINDOWS.get(names.resolve(left) or "", ()))
        case ast.Call(func=ast.Attribute(value=left, attr="startswith"), args=[right]):
            return _says(right, _WINDOWS.get(names.resolve(left) or "", ()))
    return False


def _says(node: ast.expr, words: Collection[str]) -> bool:
    items = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
    return all(isinstance(item, ast.Constant) and item.value in words for item in items)


def can_be_repeated(node: ast.stmt, names: Names) -> bool:
    """Whether a factory can hold the statement: it neither yields nor takes the current loop."""
    return not any(
        isinstance(child, (ast.Yield, ast.YieldFrom)) or _is_current(child, names)
        for child in ast.walk(node)
    )


def takes_current(making: Sequence[ast.stmt], names: Names) -> ast.stmt | None:
    """Find the statement that takes the current loop, unless the last one does nothing else.

    There is none while the first loop is made.
    """
    for statement in making:
        last = statement is making[-1] and _is_current(
            getattr(statement, "value", None) or statement, names
        )
        if not last and any(_is_current(child, names) for child in ast.walk(statement)):
            return statement
    return None


def _is_current(node: ast.AST, names: Names) -> bool:
    if not isinstance(node, ast.Call):
        return False
    origin = names.resolve(node.func) or ""
    return origin in CREATORS and origin.endswith("get_event_loop")


def rebinds(
    node: ast.AST, loops: set[str], is_loop: Callable[[ast.expr], bool], names: Names
) -> bool:
    """Whether the code gives the name of the loop to one that an async fixture does not run on.

    What handles the absence of a current loop never runs in it, and may make the default kind.
    """

    def found(node: ast.AST, handles: bool) -> bool:
        if isinstance(node, ast.Try):
            current = _takes(node.body[0], {RUNNING}, names) or _is_current(
                getattr(node.body[0], "value", None) or node, names
            )
            parts = [*node.body, *node.orelse, *node.finalbody]
            return any(found(part, handles) for part in parts) or any(
                found(handler, handles or current) for handler in node.handlers
            )
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id in loops for target in targets):
                return not _harmless(node.value, handles)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            return node.id in loops
        return any(found(child, handles) for child in ast.iter_child_nodes(node))

    def _harmless(value: ast.expr, handles: bool) -> bool:
        if isinstance(value, ast.Constant):
            return value.value is None
        if isinstance(value, ast.Name):
            return value.id in loops
        running = _takes(ast.Expr(value), {RUNNING}, names) or _is_current(value, names)
        return running or (handles and is_loop(value))

    return found(node, False)
