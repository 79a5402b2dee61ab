"""What runs in the body of a function, and which loops and names stand in it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from loopscope.analysis.file.calls import CURRENT_LOOP
from loopscope.analysis.file.names import Names

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
RUNNING_LOOP = frozenset({"asyncio.get_running_loop", "asyncio.events.get_running_loop"})
_QUIET = ("raises", "suppress")  # pytest.raises, contextlib.suppress, assertRaises


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run with the function's own body: no nested functions or classes."""
    stack: list[ast.AST] = list(getattr(node, "body", ()))[::-1]
    while stack:
        child = stack.pop()
        yield child
        if not isinstance(child, NESTED):
            stack.extend(list(ast.iter_child_nodes(child))[::-1])


def is_current_loop(node: ast.expr, names: Names) -> bool:
    """``asyncio.get_event_loop()``, ``asyncio.get_running_loop()`` and the like."""
    return (
        isinstance(node, ast.Call)
        and not node.args
        and names.resolve(node.func) in CURRENT_LOOP | RUNNING_LOOP
    )


def current_loops(node: ast.AST, names: Names) -> frozenset[str]:
    """Find the variables of a function that never hold anything but the current loop."""
    stored: Counter[str] = Counter()
    current: Counter[str] = Counter()
    for child in ast.walk(node):
        if isinstance(child, ast.Name) and not isinstance(child.ctx, ast.Load):
            stored[child.id] += 1
        elif isinstance(child, ast.arg):
            stored[child.arg] += 1
        elif (
            isinstance(child, ast.Assign)
            and len(child.targets) == 1
            and isinstance(child.targets[0], ast.Name)
            and is_current_loop(child.value, names)
        ):
            current[child.targets[0].id] += 1
    return frozenset(name for name, number in current.items() if stored[name] == number)


def expects_error(node: ast.AST) -> bool:
    """Whether the statement is a ``with pytest.raises(…)`` or ``with suppress(…)``."""
    if not isinstance(node, (ast.With, ast.AsyncWith)):
        return False
    for item in node.items:
        call = item.context_expr
        func = call.func if isinstance(call, ast.Call) else call
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        if name.lower().endswith(_QUIET) or name.startswith("assertRaises"):
            return True
    return False


def arguments(node: FunctionNode) -> frozenset[str]:
    """List the names of all parameters."""
    return frozenset(child.arg for child in ast.walk(node.args) if isinstance(child, ast.arg))


def names_in(node: ast.AST) -> frozenset[str]:
    """Collect the names that are read or written in a node."""
    return frozenset(child.id for child in ast.walk(node) if isinstance(child, ast.Name))
