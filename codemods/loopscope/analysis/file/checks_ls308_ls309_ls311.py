"""Patches of the loop's name (LS309), loop policies (LS311), asyncio in anyio code (LS308)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from loopscope.analysis.file.names import Names, dotted
from loopscope.analysis.file.positions import FunctionNode, Position, own_nodes, position

TRIO = "trio"
BOTH = "both backends"  # the function looks at which backend it runs on
_NAME = "get_event_loop"
# Calls that need asyncio's own loop when they are made or first awaited.
_ASYNCIO_ONLY = frozenset(
    f"asyncio.{name}"
    for name in (
        "sleep", "create_task", "ensure_future", "gather", "wait", "wait_for", "shield", "timeout",
        "timeout_at", "TaskGroup", "to_thread", "get_event_loop", "get_running_loop",
        "current_task", "all_tasks", "Queue", "Event", "Lock", "Semaphore", "Condition", "Future",
        "open_connection", "start_server", "create_subprocess_exec", "create_subprocess_shell",
        "as_completed", "Barrier", "BoundedSemaphore",
    )
)  # fmt: skip
_BACKEND = frozenset({"anyio_backend", "anyio_backend_name"})


# -- LS308 --------------------------------------------------------------------------------


def asyncio_calls(node: FunctionNode, names: Names) -> Iterator[Position]:
    """Find the first asyncio call of an async function, and whether a function names trio.

    A function that asks which backend it runs on knows what it does.
    """
    strings = {child.value for child in ast.walk(node) if isinstance(child, ast.Constant)}
    decorators = {
        child.value
        for item in node.decorator_list
        for child in ast.walk(item)
        if isinstance(child, ast.Constant)
    }
    if node.name == "anyio_backend" or "anyio_backend" in decorators:
        if TRIO in strings:
            yield position(node, TRIO)
        if node.name == "anyio_backend":
            return
    if not isinstance(node, ast.AsyncFunctionDef):
        return
    asks = {item.arg for item in (*node.args.args, *node.args.kwonlyargs)} & _BACKEND
    if asks or (strings - decorators) & {TRIO, "asyncio"}:
        return
    for child in own_nodes(node):
        if isinstance(child, ast.Call) and names.resolve(child.func) in _ASYNCIO_ONLY:
            yield position(child, names.resolve(child.func) or "")
            return


# -- LS309 --------------------------------------------------------------------------------


def patches(node: ast.AST, names: Names) -> Iterator[Position]:
    """Every replacement of ``get_event_loop``, with the dotted name that is replaced.

    A whole ``asyncio`` that is replaced (``patch("pkg.mod.asyncio")``) counts where the
    function sets up its ``get_event_loop``.
    """
    for child in ast.walk(node):
        if isinstance(child, ast.Call):
            target = _patched(child, names)
            if target is None:
                continue
            if target.endswith(f".{_NAME}") or (
                target.endswith(".asyncio") and _sets_up(node, names)
            ):
                yield position(child, target)
        elif isinstance(child, ast.Assign):
            for item in child.targets:
                if isinstance(item, ast.Attribute) and item.attr == _NAME:
                    target = names.resolve(item)
                    if target is not None:
                        yield position(child, target)


def _patched(call: ast.Call, names: Names) -> str | None:
    func = dotted(call.func) or ""
    method = func.rpartition(".")[2]
    first = call.args[0] if call.args else None
    if first is None or ("patch" not in func and method != "setattr"):
        return None
    text = first.value if isinstance(first, ast.Constant) else None
    if method == "multiple":
        if any(item.arg == _NAME for item in call.keywords):
            owner = text if isinstance(text, str) else names.resolve(first)
            return f"{owner}.{_NAME}" if owner else None
        return None
    if isinstance(text, str):
        return text
    if method in ("setattr", "object") and len(call.args) > 1:
        name, owner = call.args[1], names.resolve(first)
        if isinstance(name, ast.Constant) and name.value in (_NAME, "asyncio") and owner:
            return f"{owner}.{name.value}"
    return None


def _sets_up(node: ast.AST, names: Names) -> bool:
    """``mocked.get_event_loop.return_value = …``, where ``mocked`` is not asyncio itself."""
    return any(
        isinstance(child, ast.Attribute)
        and child.attr == _NAME
        and not (names.resolve(child) or "").startswith("asyncio.")
        for child in ast.walk(node)
    )


# -- LS311 --------------------------------------------------------------------------------

_POLICY_CALLS = frozenset(
    f"{module}.{name}"
    for module in ("asyncio", "asyncio.events")
    for name in ("get_event_loop_policy", "set_event_loop_policy")
)


def policies(node: ast.AST, names: Names) -> Iterator[Position]:
    """Every use of an event loop policy."""
    for child in ast.walk(node):
        if isinstance(child, (ast.Name, ast.Attribute)):
            name = names.resolve(child)
            if name in _POLICY_CALLS or _is_policy(name):
                yield position(child, name or "")


def _is_policy(name: str | None) -> bool:
    return (
        name is not None
        and name.endswith("EventLoopPolicy")
        and name.startswith(("asyncio.", "uvloop.", "winloop."))
    )
