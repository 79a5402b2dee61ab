"""The work of an override besides its loop: what an async fixture can do as it stands."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from loopscope.analysis.file.loop_branches import rebinds
from loopscope.analysis.file.loop_statements import RUNNING, LoopCode
from loopscope.analysis.file.names import Names
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
        if code.closer(child):  # it would close the loop of the runner
            return False
        if isinstance(child, ast.Call):
            resolved = code.names.resolve(child.func) or ""
            if resolved == "asyncio.run" or other.configures(child):
                return False
            if _drives(child) and not _own(child, code):
                return False
            configured = isinstance(child.func, ast.Attribute) and (
                child.func.attr in CONFIGURING and not code.is_loop(child.func.value)
            )
            if configured:
                return False
        stack += ast.iter_child_nodes(child)
    return True


def _drives(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("run_until_complete", "run_forever")
    )


def _own(call: ast.Call, code: LoopCode) -> bool:
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "run_until_complete":
        return False
    return code.is_loop(call.func.value) and len(call.args) == 1


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
