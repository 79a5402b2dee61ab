"""LS307: an object, or a loop itself, is used after the loop that it belongs to was closed.

Each ``asyncio.run`` makes a new loop and closes it: a session, queue or connection of the
first one fails in the second with "attached to a different loop" or "Event loop is closed".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from loopscope.analysis.file.checks import FileCheck, position
from loopscope.analysis.file.facts import Position
from loopscope.analysis.file.functions import arguments, expects_error, names_in
from loopscope.analysis.file.names import Names
from loopscope.python_source.syntax_tree import NESTED, FunctionNode, own_nodes
from loopscope.rules.context import Rule, RuleContext, RuleResult, note


def check(context: RuleContext) -> Iterator[RuleResult]:
    for path, facts in context.files.items():
        for hazard in facts.hazards:
            if hazard.code != "LS307":
                continue
            if hazard.detail.startswith(_AFTER_CLOSE):
                name = hazard.detail.removeprefix(_AFTER_CLOSE).strip()
                message = f"{name} was closed above: run what is left before the close"
            else:
                message = (
                    f"{hazard.detail} belongs to the loop of an earlier asyncio.run(), which is "
                    "closed. Do both in one coroutine under one asyncio.run()"
                )
            yield note("LS307", path, hazard.line, message, hazard.column)


# -- what stands in a file ------------------------------------------------------------------

_AFTER_CLOSE = "after close"
# What holds on to the loop that it first met: by its class, or by what people call it.
_PRIMITIVES = frozenset(
    f"asyncio.{name}"
    for name in ("Queue", "Lock", "Event", "Semaphore", "BoundedSemaphore", "Condition", "Barrier")
)
_CONNECTED = re.compile(
    r"(?i)(session|client|queue|pool|conn|connection|websocket|engine|channel|redis)$"
)
_DOUBLE = re.compile(r"(?i)mock|fake|dummy|stub|testclient|test_client")


def dead_loops(node: FunctionNode, names: Names) -> Iterator[Position]:
    """Objects and loops that are used after the loop which they belong to was closed."""
    if isinstance(node, ast.AsyncFunctionDef):
        return
    yield from _used_after_close(node.body, names, {"event_loop"} & arguments(node))
    yield from _shared_by_runs(node, names)


def _used_after_close(
    body: Sequence[ast.stmt], names: Names, loops: set[str]
) -> Iterator[Position]:
    closed: set[str] = set()
    for statement in _straight(body):
        for child in ast.walk(statement):
            if (
                isinstance(child, ast.Call)
                and isinstance(child.func, ast.Attribute)
                and child.func.attr in ("run_until_complete", "run_forever")
                and isinstance(child.func.value, ast.Name)
                and child.func.value.id in closed
            ):
                yield position(child, f"{_AFTER_CLOSE} {child.func.value.id}")
        for child in ast.walk(statement):
            if isinstance(child, ast.Name) and not isinstance(child.ctx, ast.Load):
                closed.discard(child.id)
                loops.discard(child.id)
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=func)):
                if (names.resolve(func) or "").endswith(("_event_loop", "_running_loop")):
                    loops.add(name)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr))):
                if attr == "close" and name in loops:
                    closed.add(name)


def _straight(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run one after the other, out of ``with`` and ``try`` blocks.

    Those inside ``if`` and loops come as one statement; where an error is expected, nothing.
    """
    for statement in body:
        if isinstance(statement, NESTED) or expects_error(statement):
            continue
        if isinstance(statement, ast.With):
            yield from _straight(statement.body)
        elif isinstance(statement, ast.Try):
            if not statement.handlers:
                yield from _straight([*statement.body, *statement.orelse])
            yield from _straight(statement.finalbody)
        else:
            yield statement


def _shared_by_runs(node: FunctionNode, names: Names) -> Iterator[Position]:
    """Find a second ``asyncio.run`` that uses an object of the first one's loop."""
    runs = [
        child
        for statement in _straight(node.body)
        if not isinstance(statement, (ast.If, ast.For, ast.While, ast.Match))
        for child in (statement, *_own_nodes_of(statement))
        if isinstance(child, ast.Call)
        and names.resolve(child.func) == "asyncio.run"
        and child.args
    ]
    if len(runs) < 2:
        return
    bound = _bound_objects(node, names)
    nested = {item.name: item for item in node.body if isinstance(item, ast.AsyncFunctionDef)}
    met: set[str] = set()
    for run in runs:
        used = _names_of_run(run, nested)
        for name in sorted(used & met):
            yield position(run, name)
        made = {name for name, value in bound.items() if run in ast.walk(value)}
        met |= (used | made) & set(bound)


def _own_nodes_of(statement: ast.stmt) -> Sequence[ast.AST]:
    """List the expressions of one simple statement, lambdas left out."""
    return own_nodes(ast.Module([statement], []))


def _names_of_run(run: ast.Call, nested: dict[str, ast.AsyncFunctionDef]) -> set[str]:
    used = set(names_in(run.args[0]))
    for name in used & set(nested):
        inner = nested[name]
        own = {
            child.id
            for child in ast.walk(inner)
            if isinstance(child, ast.Name) and not isinstance(child.ctx, ast.Load)
        }
        used |= _awaited_names(inner) - own - arguments(inner)
    return used


def _awaited_names(function: ast.AsyncFunctionDef) -> set[str]:
    """Collect the names that the function awaits something of, or hands on.

    A plain method of a connected object, ``engine.in_transaction()``, does not touch its loop.
    """
    parts: list[ast.AST] = []
    for child in ast.walk(function):
        if isinstance(child, ast.AsyncWith):
            parts += [item.context_expr for item in child.items]
        elif isinstance(child, ast.AsyncFor) or (
            isinstance(child, ast.comprehension) and child.is_async
        ):
            parts.append(child.iter)
        elif isinstance(child, ast.Await):
            parts.append(child)
        elif isinstance(child, ast.Call):
            parts += [*child.args, *(item.value for item in child.keywords)]
    return {name for part in parts for name in names_in(part)}


def _bound_objects(node: FunctionNode, names: Names) -> dict[str, ast.expr]:
    """Local variables, set once, whose value holds on to a loop."""
    values: dict[str, ast.expr | None] = {}
    for child in own_nodes(node):
        if isinstance(child, ast.Name) and not isinstance(child.ctx, ast.Load):
            values[child.id] = None  # set once more, or not by a plain assignment
    seen: set[str] = set()
    for child in own_nodes(node):
        match child:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as value):
                values[name] = None if name in seen else value
                seen.add(name)
    return {
        name: value
        for name, value in values.items()
        if value is not None and _holds_loop(name, value, names)
    }


def _holds_loop(name: str, value: ast.expr, names: Names) -> bool:
    assert isinstance(value, ast.Call)
    if names.resolve(value.func) in _PRIMITIVES:
        return True
    text = ast.unparse(value)
    return not _DOUBLE.search(text) and bool(
        _CONNECTED.search(name) or _CONNECTED.search(ast.unparse(value.func))
    )


RULE = Rule(
    "LS307",
    "dead-loop",
    "something is used after its loop was closed",
    "any",
    check,
    file_check=FileCheck(
        dead_loops, words=(("run(", "run_until_complete"),), file_words=(("asyncio",),)
    ),
)
