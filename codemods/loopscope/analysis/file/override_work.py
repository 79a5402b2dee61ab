"""The work of an override besides its loop: what an async fixture can do as it stands."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from loopscope.analysis.file.loop_branches import rebinds
from loopscope.analysis.file.loop_statements import RUNNING, LoopCode
from loopscope.analysis.file.names import Names, imports_of
from loopscope.analysis.file.other_loops import CONFIGURING, OtherLoops

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def is_work(node: ast.stmt, code: LoopCode, other: OtherLoops) -> bool:
    """Work that an async fixture can do as it stands, awaiting what the loop ran."""
    if isinstance(node, ast.FunctionDef) and not node.decorator_list:
        return not any(_drives(item) or code.closer(item) for item in ast.walk(node))
    if rebinds(node, code.loops, code.is_loop, code.names):
        return False
    stack: list[ast.AST] = [node]
    while stack:
        child = stack.pop()
        if isinstance(child, ast.Lambda):
            if any(_drives(item) or code.closer(item) for item in ast.walk(child)):
                return False
            continue
        if isinstance(child, (ast.Return, ast.Yield, ast.YieldFrom, *_DEFINITIONS)):
            return False
        # It would close the loop of the runner, or run it.
        if code.closer(child) or _drives(child):
            return False
        if isinstance(child, ast.Call):
            resolved = code.names.resolve(child.func) or ""
            if resolved == "asyncio.run" or other.configures(child):
                return False
            if _drives(child.func):
                if not _own(child, code):
                    return False
                stack += child.args
                continue
            configured = isinstance(child.func, ast.Attribute) and (
                child.func.attr in CONFIGURING and not code.is_loop(child.func.value)
            )
            if configured:
                return False
        stack += ast.iter_child_nodes(child)
    return True


def _drives(node: ast.AST) -> bool:
    """``loop.run_until_complete``, also where it is not called but handed on."""
    return isinstance(node, ast.Attribute) and node.attr in ("run_until_complete", "run_forever")


def _own(call: ast.Call, code: LoopCode) -> bool:
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "run_until_complete":
        return False
    return code.is_loop(call.func.value) and len(call.args) == 1


def shared_with_closed(
    body: Sequence[ast.stmt],
    before: Sequence[ast.stmt],
    closed: Sequence[ast.stmt],
    loops: Collection[str],
) -> tuple[int, str]:
    """Find what the work after the close shares with the rest of a body.

    Returns:
        How many statements of ``before``, none of which needs the loop, can go into one function
        with ``closed``. Where that is not possible, the name of a variable that both use.
    """
    rest = _statements(body).difference(closed)
    shared = _names(closed, ast.Load) & {*_bound(rest), *loops}
    if not shared:
        return 0, ""
    size, mine = 0, shared
    while more := [n for n, node in enumerate(before[size:], size + 1) if _used([node]) & mine]:
        size = max(more)
        mine = _bound(before[:size])
    if _used(rest.difference(before[:size])) & mine or not shared <= mine:
        return 0, min(shared)
    return (0, min(shared)) if _used(before[:size]) & {*loops} else (size, "")


def _statements(body: Sequence[ast.stmt]) -> set[ast.stmt]:
    """Collect the statements of a body, those in a ``try`` one by one."""
    found: set[ast.stmt] = set()
    for node in body:
        blocks = ("body", "handlers", "orelse", "finalbody") if isinstance(node, ast.Try) else ()
        parts = [part for block in blocks for part in getattr(node, block)]
        bodies = [part.body if isinstance(part, ast.ExceptHandler) else [part] for part in parts]
        found |= {inner for items in bodies for inner in _statements(items)} or {node}
    return found


def _names(nodes: Collection[ast.stmt], context: type[ast.expr_context]) -> set[str]:
    return {
        child.id
        for node in nodes
        for child in ast.walk(node)
        if isinstance(child, ast.Name) and isinstance(child.ctx, context)
    }


def _used(nodes: Collection[ast.stmt]) -> set[str]:
    return _names(nodes, ast.Load) | _bound(nodes)


def _bound(nodes: Collection[ast.stmt]) -> set[str]:
    """Name the variables, local functions and imports of some statements."""
    named = {node.name for node in nodes if isinstance(node, _DEFINITIONS)}
    return named | _names(nodes, ast.Store) | {f.name for n in nodes for f in imports_of(n)}


def is_bridge(body: Sequence[ast.stmt], names: Names) -> bool:
    """Recognize an async fixture that returns the running loop, with or without more work."""
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
                value = node.value
                if isinstance(value, ast.Call) and names.resolve(value.func) == RUNNING:
                    return True
                if isinstance(value, ast.Name):
                    return value.id in _running_names(body, names)
    return False


def _running_names(body: Sequence[ast.stmt], names: Names) -> set[str]:
    return {
        statement.targets[0].id
        for statement in body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and isinstance(statement.value, ast.Call)
        and names.resolve(statement.value.func) == RUNNING
    }
