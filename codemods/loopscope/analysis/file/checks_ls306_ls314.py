"""Tasks that outlive what they need (LS306), and tasks that cannot be cancelled (LS314)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from loopscope.analysis.file.names import Names, dotted
from loopscope.analysis.file.positions import (
    FunctionNode,
    Position,
    arguments,
    current_loops,
    is_current_loop,
    names_in,
    own_nodes,
    position,
)

_STARTERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
_CLOSERS = frozenset(
    {"close", "aclose", "disconnect", "stop", "shutdown", "terminate", "cleanup", "wait_closed"}
)
_GATHER = frozenset({"asyncio.gather", "asyncio.wait", "asyncio.shield"})
_CANCELLED = frozenset({"asyncio.CancelledError", "asyncio.exceptions.CancelledError"})
_TELLING = re.compile(r"(?i)log|print|warn")


# -- LS306 --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Started:
    """A task, or a collection of them, that a fixture starts before its yield.

    The lines are those after the yield at which something first happens to it.
    """

    node: ast.Call
    handles: set[str]  # the variables that hold it
    uses: frozenset[str]  # the names in the call that starts it
    cancelled: list[int] = field(default_factory=list)
    awaited: list[int] = field(default_factory=list)


def early_closes(node: FunctionNode, names: Names) -> Iterator[Position]:
    """Tasks whose resource is closed after the yield, before they are cancelled and awaited.

    A close that is followed by an await without a cancel is how a server is asked to end:
    no finding.
    """
    if not isinstance(node, ast.AsyncFunctionDef):
        return
    nodes = list(own_nodes(node))
    yields = [child.lineno for child in nodes if isinstance(child, ast.Yield)]
    if len(yields) != 1 or any(_asks_all_tasks(child, names) for child in nodes):
        return
    started = list(_started(node, nodes, names, yields[0]))
    for task in started:
        _follow(task, nodes, names, yields[0])
    closes = list(_closes(nodes, yields[0]))
    for task in started:
        for name, line in closes:
            if name in task.uses and not _in_order(task, line):
                how = "before it cancels and awaits the task"
                if not task.cancelled and not task.awaited:
                    how = "and never cancels and awaits the task"
                yield position(task.node, f"{name} {how}")
                break


def _in_order(task: _Started, close: int) -> bool:
    if not task.awaited:
        return False
    if not task.cancelled:
        return True
    return min(task.cancelled) <= close and min(task.awaited) <= close


def _asks_all_tasks(node: ast.AST, names: Names) -> bool:
    return isinstance(node, ast.Call) and names.resolve(node.func) == "asyncio.all_tasks"


def _started(
    node: FunctionNode, nodes: list[ast.AST], names: Names, until: int
) -> Iterator[_Started]:
    loops = current_loops(node, names) | ({"event_loop", "loop"} & arguments(node))
    holders: dict[ast.AST, set[str]] = {}
    for statement in nodes:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            func = statement.value.func
            if isinstance(func, ast.Attribute) and func.attr in ("append", "add"):
                targets = [func.value]  # tasks.append(asyncio.create_task(…))
        held = {item.id for item in targets if isinstance(item, ast.Name)}
        if targets and len(held) == len(targets):
            for child in ast.walk(statement):
                holders[child] = held
        elif isinstance(statement, (ast.Assign, ast.Expr)):
            bare = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
            for child in ast.walk(statement):
                # Kept where we do not follow it: as an attribute, by another function.
                kept = not (bare and child is statement.value)
                holders.setdefault(child, {""} if kept else set())
    for child in nodes:
        if isinstance(child, ast.Call) and child.lineno < until and _starts(child, loops, names):
            held = holders.get(child, {""})
            if "" not in held:
                uses = frozenset().union(*(names_in(item) for item in child.args))
                yield _Started(child, set(held), uses)


def _starts(call: ast.Call, loops: Iterable[str], names: Names) -> bool:
    if names.resolve(call.func) in _STARTERS:
        return True
    func = call.func
    return (
        isinstance(func, ast.Attribute)
        and func.attr == "create_task"
        and (
            is_current_loop(func.value, names)
            or (isinstance(func.value, ast.Name) and func.value.id in loops)
        )
    )


def _follow(task: _Started, nodes: list[ast.AST], names: Names, since: int) -> None:
    """Note where the task is cancelled and awaited after the yield."""
    for child in nodes:
        if isinstance(child, (ast.For, ast.comprehension)) and task.handles & names_in(child.iter):
            task.handles |= names_in(child.target)
    for child in nodes:
        if getattr(child, "lineno", 0) <= since:
            continue
        if isinstance(child, ast.Await) and task.handles & names_in(child.value):
            task.awaited.append(child.lineno)
        if not isinstance(child, ast.Call):
            continue
        func = child.func
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
            if func.value.id in task.handles and func.attr == "cancel":
                task.cancelled.append(child.lineno)
        elif names.resolve(func) not in _GATHER and any(
            task.handles & names_in(item) for item in child.args
        ):  # a helper: it may do both
            task.cancelled.append(child.lineno)
            task.awaited.append(child.lineno)


def _closes(nodes: list[ast.AST], since: int) -> Iterator[tuple[str, int]]:
    """Each variable that is closed after the yield, with the line at which it is."""
    for child in nodes:
        if isinstance(child, ast.AsyncWith) and child.lineno < since <= (child.end_lineno or 0):
            for item in child.items:
                if isinstance(item.optional_vars, ast.Name):
                    yield item.optional_vars.id, (child.end_lineno or 0) + 1
        elif (
            isinstance(child, ast.Call)
            and child.lineno > since
            and isinstance(child.func, ast.Attribute)
            and isinstance(child.func.value, ast.Name)
            and child.func.attr in _CLOSERS
        ):
            yield child.func.value.id, child.lineno


# -- LS314 --------------------------------------------------------------------------------


def swallowed_cancellations(node: FunctionNode, names: Names) -> Iterator[Position]:
    """Handlers that keep an endless loop of an async function going when it is cancelled."""
    for function in ast.walk(node):
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        nodes = list(own_nodes(function))
        cancelled = {
            dotted(child.func.value)
            for child in nodes
            if isinstance(child, ast.Call)
            and isinstance(child.func, ast.Attribute)
            and child.func.attr == "cancel"
        }
        for loop in nodes:
            if isinstance(loop, ast.While) and _is_endless(loop.test):
                for child in own_nodes(loop):
                    yield from _swallowed(child, names, cancelled)


def _is_endless(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def _swallowed(node: ast.AST, names: Names, cancelled: set[str | None]) -> Iterator[Position]:
    if isinstance(node, ast.Try) and _waits(node.body, cancelled):
        for handler in node.handlers:
            by_name, at_all = _catches(handler, names)
            if by_name or at_all:
                # A handler of everything may well keep the error and raise it later.
                quiet = by_name or all(_only_tells(item) for item in handler.body)
                if quiet and not _ends(handler.body) and not _ends(node.finalbody):
                    yield position(handler)
                return
    if isinstance(node, ast.With) and _waits(node.body, cancelled):
        for item in node.items:
            call = item.context_expr
            if (
                isinstance(call, ast.Call)
                and names.resolve(call.func) == "contextlib.suppress"
                and any(_names_cancellation(argument, names) for argument in call.args)
            ):
                yield position(node)


def _waits(body: Iterable[ast.stmt], cancelled: set[str | None]) -> bool:
    """Whether a cancellation can arrive in the body.

    Awaiting a task that the function has cancelled itself is the usual way to end that one.
    """
    for child in own_nodes(ast.Module(list(body), [])):
        if isinstance(child, (ast.AsyncFor, ast.AsyncWith)):
            return True
        if isinstance(child, ast.Await) and dotted(child.value) not in cancelled - {None}:
            return not any(
                isinstance(name, (ast.Name, ast.Attribute)) and dotted(name) in cancelled - {None}
                for name in ast.walk(child)
            )
    return False


def _catches(handler: ast.ExceptHandler, names: Names) -> tuple[bool, bool]:
    """Whether a handler catches a cancellation by its name, and whether by one for all."""
    if handler.type is None:
        return False, True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return (
        any(_names_cancellation(item, names) for item in types),
        any(dotted(item) == "BaseException" for item in types),
    )


def _names_cancellation(node: ast.expr, names: Names) -> bool:
    return names.resolve(node) in _CANCELLED


def _only_tells(node: ast.stmt) -> bool:
    """``pass``, ``continue``, or a call that prints or logs."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return bool(_TELLING.search(dotted(node.value.func) or ""))
    return isinstance(node, (ast.Pass, ast.Continue))


def _ends(body: Iterable[ast.stmt]) -> bool:
    """Whether some path through a handler leaves the loop."""
    return any(
        isinstance(child, (ast.Raise, ast.Return, ast.Break))
        for child in own_nodes(ast.Module(list(body), []))
    )
