"""LS306: a fixture closes a resource while tasks that it started still use it.

A loop that lives longer than a test gives such tasks time to run into the closed resource;
``asyncio.Runner`` cancels them only when the loop's scope ends (pytest-asyncio 1.1 and newer).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from loopscope.analysis.file.checks import FileCheck, position
from loopscope.analysis.file.facts import Position
from loopscope.analysis.file.functions import arguments, current_loops, is_current_loop, names_in
from loopscope.analysis.file.names import Names
from loopscope.python_source.syntax_tree import FunctionNode, own_nodes
from loopscope.rules.context import Rule, RuleContext, RuleResult, note


def check(context: RuleContext) -> Iterator[RuleResult]:
    for path, facts in context.files.items():
        fixtures = {
            function.ordinal: function
            for function in facts.functions
            if function.fixture is not None
        }
        for hazard in facts.hazards:
            if hazard.code == "LS306" and hazard.ordinal in fixtures:
                name, _, how = hazard.detail.partition(" ")
                yield note(
                    "LS306",
                    path,
                    hazard.line,
                    f"{fixtures[hazard.ordinal].qualname} starts this task and closes {name} "
                    f"{how}. After the yield cancel the task, await it, then close {name}",
                    hazard.column,
                )


# -- what stands in a file ------------------------------------------------------------------

_STARTERS = frozenset({"asyncio.create_task", "asyncio.ensure_future"})
_CLOSERS = frozenset(
    {"close", "aclose", "disconnect", "stop", "shutdown", "terminate", "cleanup", "wait_closed"}
)
_GATHER = frozenset({"asyncio.gather", "asyncio.wait", "asyncio.shield"})


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


RULE = Rule(
    "LS306",
    "early-close",
    "a fixture closes a resource before it ends the tasks that use it",
    "1.1",
    check,
    file_check=FileCheck(early_closes, words=(("create_task", "ensure_future"), ("yield",))),
)
