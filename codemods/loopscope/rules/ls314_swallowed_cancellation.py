"""LS314: a task that goes on when it is cancelled.

``asyncio.Runner`` (pytest-asyncio 1.1 and newer) cancels all tasks when a loop's scope ends and
waits for them: an endless loop that swallows CancelledError hangs the run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from loopscope.analysis.file.checks import FileCheck, position
from loopscope.analysis.file.facts import Position
from loopscope.analysis.file.names import Names, dotted
from loopscope.python_source.syntax_tree import FunctionNode, own_nodes
from loopscope.rules.context import Rule, RuleContext, RuleResult, note


def check(context: RuleContext) -> Iterator[RuleResult]:
    if not context.model.uses_plugin:
        return
    for path, facts in context.files.items():
        for hazard in facts.hazards:
            if hazard.code == "LS314":
                yield note(
                    "LS314",
                    path,
                    hazard.line,
                    "this endless loop swallows CancelledError: a task in it cannot be "
                    "cancelled, and the close of its event loop hangs. Raise it again, or leave "
                    "the loop",
                    hazard.column,
                )


# -- what stands in a file ------------------------------------------------------------------

_CANCELLED = frozenset({"asyncio.CancelledError", "asyncio.exceptions.CancelledError"})
_TELLING = re.compile(r"(?i)log|print|warn")


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
            if not isinstance(loop, ast.While) or not _is_endless(loop):
                continue
            leaving = _before_the_end(loop)
            for child in own_nodes(loop):
                reaps = isinstance(child, ast.Try) and _reaps(child, loop)
                if not reaps and id(child) not in leaving:
                    yield from _swallowed(child, names, cancelled)


def _is_endless(loop: ast.While) -> bool:
    test = loop.test
    return isinstance(test, ast.Constant) and bool(test.value) and not _is_left(loop.body)


def _is_left(body: list[ast.stmt]) -> bool:
    """Whether a round of the loop that meets no error is the last one."""
    last = body[-1]
    if isinstance(last, ast.Try):
        return any(_is_left(part) for part in (last.body, last.orelse) if part)
    if isinstance(last, (ast.With, ast.AsyncWith)):
        return _is_left(last.body)
    return isinstance(last, (ast.Break, ast.Return, ast.Raise))


def _before_the_end(loop: ast.While) -> set[int]:
    """List the nodes of blocks that leave the loop at their end, as a handler that cleans up."""
    found: set[int] = set()
    for child in own_nodes(loop):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(child, field, None)
            if (
                isinstance(block, list)
                and block
                and isinstance(block[-1], (ast.Raise, ast.Return))
            ):
                found.update(map(id, own_nodes(ast.Module(block, []))))
    return found


def _reaps(node: ast.Try, loop: ast.While) -> bool:
    """Whether a loop waits for tasks that end by themselves, and can be cancelled elsewhere."""
    match node.body:
        case [ast.Expr(value=ast.Await(value=ast.Name()))]:
            inside = {id(child) for child in ast.walk(node)}
            return any(
                isinstance(child, (ast.Await, ast.AsyncWith, ast.AsyncFor))
                and id(child) not in inside
                for child in own_nodes(loop)
            )
    return False


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


RULE = Rule(
    "LS314",
    "swallowed-cancellation",
    "a task swallows CancelledError",
    "1.1",
    check,
    file_check=FileCheck(
        swallowed_cancellations,
        words=(("while ",), ("Cancelled", "BaseException", "except:")),
    ),
)
