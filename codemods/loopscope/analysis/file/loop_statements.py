"""Tell lines that make or clean up a loop from all others, in the body of an override.

The facts behind the lists: ``asyncio.Runner`` (pytest-asyncio 1.1 and newer) cancels all
tasks, shuts down async generators and the default executor and closes the loop by itself.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Sequence

from loopscope.analysis.file.names import Names
from loopscope.analysis.file.override_facts import LoopMaking

Making = Callable[[ast.expr], "LoopMaking | None"]
"""Tells what a called function of the project does for an override."""

_POLICY = "asyncio.get_event_loop_policy()"
CREATORS = frozenset(
    {
        "asyncio.new_event_loop",
        "asyncio.get_event_loop",
        "asyncio.events.new_event_loop",
        "asyncio.events.get_event_loop",
        f"{_POLICY}.new_event_loop",
        f"{_POLICY}.get_event_loop",
    }
)
RUNNING = "asyncio.get_running_loop"
SETTERS = frozenset(
    {"asyncio.set_event_loop", "asyncio.events.set_event_loop", f"{_POLICY}.set_event_loop"}
)
_TASKS = frozenset({"asyncio.all_tasks", "asyncio.Task.all_tasks", "asyncio.tasks.all_tasks"})
_CANCEL_ALL = "asyncio.runners._cancel_all_tasks"
_CANCELS = "cancels pending tasks"
_SHUTDOWN = {
    "shutdown_asyncgens": "shuts down async generators",
    "shutdown_default_executor": "shuts down the executor",
}
_ONCE_MORE = "lets the loop run once more"
_KEEPS_OPEN = "closes the loop, which nothing else could"
_QUIET = frozenset({"is_closed", "is_running", "stop"})


class LoopCode:
    """Knows which local names hold the loop and its tasks, and what has been done with them."""

    def __init__(
        self, names: Names, arguments: Collection[str], making: Making = lambda _: None
    ) -> None:
        self.names = names
        self.helper = making
        # A super-override gets the loop that it builds on as its own argument.
        self.loops: set[str] = {"event_loop"} & set(arguments)
        self.tasks: set[str] = set()  # local names that hold its pending tasks
        self.policies: set[str] = set()
        self.finalizers: set[str] = set()  # local functions that clean the loop up
        self.made = bool(self.loops)
        self.yields = False
        self.returned: ast.expr | None = None  # what the override hands out
        self.closes = False
        self.debug = False
        self.sets_current = False
        self.closers: set[str] = set()  # names under which loop.close is kept
        self.stops = False  # call_soon(loop.stop): run_forever() then runs it once
        self.errors: set[str] = set()  # local names of caught exceptions
        self.dropped: list[str] = []  # clean-up that asyncio.Runner does by itself

    # -- statements ---------------------------------------------------------------------

    def redundant(self, node: ast.stmt) -> bool:
        match node:
            case ast.Pass() | ast.Import() | ast.ImportFrom() | ast.Raise(exc=None):
                return True
            case ast.Expr(value=ast.Constant()):
                return True
            case (
                ast.Expr(value=ast.Yield(value=value) | ast.YieldFrom(value=value))
                | ast.Return(value=value)
            ):
                whole = isinstance(node, ast.Expr) and isinstance(node.value, ast.YieldFrom)
                known = self._managed if whole else self.is_loop
                if value is None or not known(value):
                    return False
                self.yields, self.returned = True, value
                return True
            case ast.Expr(value=value):
                return self._redundant_call(value)
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                return self._assign(name, value)
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr=attribute)]):
                return name in self.loops and self._set(attribute, node.value)
            case ast.Try(handlers=handlers):
                return self._try(node, handlers)
            case ast.With(items=items):
                return all(self._manages(item) for item in items) and self._all(node.body)
            case ast.FunctionDef(name=name):
                return self._cleans_up(name, node)
            case ast.If(test=test):
                return self._about_loop(test) and self._all([*node.body, *node.orelse])
            case ast.For(target=ast.Name(id=name), iter=source):
                if not self._tasks(source):
                    return False
                self.tasks.add(name)
                return self._all(node.body)
        return False

    def _all(self, body: Sequence[ast.stmt]) -> bool:
        return all(self.redundant(statement) for statement in body)

    def _try(self, node: ast.Try, handlers: list[ast.ExceptHandler]) -> bool:
        caught = {
            name
            for handler in handlers
            for name in (
                [ast.unparse(item) for item in handler.type.elts]
                if isinstance(handler.type, ast.Tuple)
                else [ast.unparse(handler.type) if handler.type else ""]
            )
        }
        known = {"RuntimeError", "asyncio.CancelledError", "CancelledError", "Exception"}
        self.errors |= {handler.name for handler in handlers if handler.name}
        bodies = [node.body, node.orelse, node.finalbody, *(item.body for item in handlers)]
        # Around the yield it would catch what a test raises; elsewhere only the loop is used.
        harmless = caught <= known or not _yields(node)
        return harmless and all(self._all(body) for body in bodies)

    def _manages(self, item: ast.withitem) -> bool:
        """``with contextlib.suppress(…)``, ``with contextlib.closing(loop) as loop``.

        Or a context manager of the project that makes and closes the loop.
        """
        call, name = item.context_expr, item.optional_vars
        if not isinstance(call, ast.Call):
            return False
        origin = self.names.resolve(call.func)
        closing = origin == "contextlib.closing" and len(call.args) == 1
        if self._managed(call) or (closing and self.is_loop(call.args[0])):
            self.closes = True
            if isinstance(name, ast.Name):
                self.loops.add(name.id)
            return name is None or isinstance(name, ast.Name)
        return origin in ("contextlib.suppress", "warnings.catch_warnings")

    def _managed(self, node: ast.expr) -> bool:
        """Whether a call makes a plain loop that is closed when its block, or generator, ends."""
        if not isinstance(node, ast.Call) or node.args or node.keywords:
            return False
        if self.helper(node.func) is not LoopMaking.MANAGED:
            return False
        self.made = self.closes = True
        return True

    def _cleans_up(self, name: str, node: ast.FunctionDef) -> bool:
        """Recognize a function for ``request.addfinalizer`` that only cleans up the loop."""
        yields = any(isinstance(child, (ast.Yield, ast.Return)) for child in ast.walk(node))
        closed = self.closes
        redundant = not (yields or node.decorator_list) and self._all(node.body)
        self.closes = closed  # only when it is called
        if redundant:
            self.finalizers.add(name)
        return redundant

    def _set(self, attribute: str, value: ast.expr) -> bool:
        """``loop._close = loop.close``, ``loop.close = lambda: None``, and back again."""
        if self._kept_close(value):
            self.closers.add(attribute)
            return True
        nothing = isinstance(value, ast.Lambda) and isinstance(value.body, ast.Constant)
        return attribute == "close" and nothing and self._drops(_KEEPS_OPEN)

    def _kept_close(self, node: ast.expr) -> bool:
        """``loop.close`` itself, not called, or the name under which it is kept."""
        if isinstance(node, ast.Name):
            return node.id in self.closers
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
            return False
        return node.value.id in self.loops and node.attr in self.closers | {"close"}

    def _assign(self, name: str, value: ast.expr) -> bool:
        if self._kept_close(value):
            self.closers.add(name)
            return True
        if self.is_loop(value):
            self.loops.add(name)
            return True
        if self._tasks(value):
            self.tasks.add(name)
            return True
        if isinstance(value, ast.Call) and self.names.resolve(value) == _POLICY:
            self.policies.add(name)
            return True
        return False

    # -- expressions --------------------------------------------------------------------

    def is_loop(self, node: ast.expr) -> bool:
        """Whether the expression is the default kind of loop, new or current."""
        if isinstance(node, ast.Name):
            return node.id in self.loops
        if not isinstance(node, ast.Call) or node.args or node.keywords:
            return False
        known = self.names.resolve(node.func) in CREATORS | {RUNNING}
        if known or self._of_policy(node.func) or self.helper(node.func) is LoopMaking.PLAIN:
            self.made = True
            return True
        return False

    def _of_policy(self, func: ast.expr) -> bool:
        return (
            isinstance(func, ast.Attribute)
            and func.attr in ("new_event_loop", "get_event_loop")
            and isinstance(func.value, ast.Name)
            and func.value.id in self.policies
        )

    def _tasks(self, node: ast.expr) -> bool:
        """Whether the expression is the set of tasks of the loop."""
        if isinstance(node, ast.Name):
            return node.id in self.tasks
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
            return len(node.generators) == 1 and self._tasks(node.generators[0].iter)
        if isinstance(node, ast.Starred):
            return self._tasks(node.value)
        if not isinstance(node, ast.Call):
            return False
        if isinstance(node.func, ast.Name) and node.func.id in ("list", "set", "tuple"):
            return all(self._tasks(argument) for argument in node.args)
        return self.names.resolve(node.func) in _TASKS and self._only_loop(node)

    def _only_loop(self, node: ast.Call) -> bool:
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        return all(isinstance(value, ast.Name) and value.id in self.loops for value in values)

    def _about_loop(self, node: ast.expr) -> bool:
        """Recognize a condition on the loop or its tasks alone: ``if not loop.is_closed()``."""
        if isinstance(node, ast.UnaryOp):
            return self._about_loop(node.operand)
        if isinstance(node, ast.BoolOp):
            return all(self._about_loop(value) for value in node.values)
        if isinstance(node, ast.Name):
            return node.id in self.tasks | self.loops
        if self._about_error(node):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return node.func.attr in _QUIET | {"done", "cancelled"} and self._about_loop(
                node.func.value
            )
        return False

    def _about_error(self, node: ast.expr) -> bool:
        """``"no current event loop" in str(error)``."""
        names = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
        return bool(names & self.errors) and names <= self.errors | {"str"}

    def _redundant_call(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Call):
            return False
        if self.names.resolve(node.func) in SETTERS:
            self.sets_current = self.sets_current or any(map(self.is_loop, node.args))
            return all(
                self.is_loop(value) or (isinstance(value, ast.Constant) and value.value is None)
                for value in node.args
            )
        if self._kept_close(node.func):
            self.closes = True
            return True
        if self.names.resolve(node.func) == _CANCEL_ALL:
            return self._only_loop(node) and self._drops(_CANCELS)
        if not isinstance(node.func, ast.Attribute):
            return False
        method, receiver = node.func.attr, node.func.value
        if self.is_finalizer(ast.Expr(node)):
            self.closes = True
            return True
        if isinstance(receiver, ast.Name) and receiver.id in self.tasks:
            return method == "cancel" and self._drops(_CANCELS)
        if isinstance(receiver, ast.Name) and receiver.id in self.policies:
            return method == "set_event_loop"
        if not self.is_loop(receiver):
            return False
        return self._redundant_method(method, node)

    def is_finalizer(self, node: ast.stmt) -> bool:
        """``request.addfinalizer(loop.close)``, or the function that it gets."""
        if isinstance(node, ast.FunctionDef):
            return node.name in self.finalizers
        call = node.value if isinstance(node, ast.Expr) else None
        return (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr == "addfinalizer"
            and len(call.args) == 1
            and self.closer(call.args[0])
        )

    def closer(self, node: ast.AST) -> bool:
        """``loop.close``, called or handed on to be called, or a function that calls it."""
        if isinstance(node, ast.Name):
            return node.id in self.finalizers
        if isinstance(node, ast.Lambda):
            return isinstance(node.body, ast.Call) and self.closer(node.body.func)
        if not isinstance(node, ast.Attribute) or node.attr != "close":
            return False
        return self.is_loop(node.value)

    def _redundant_method(self, method: str, node: ast.Call) -> bool:
        if method == "close":
            self.closes = True
            return True
        if method in _QUIET:
            return True
        if method == "set_debug":
            given = [*node.args, *(one.value for one in node.keywords)]
            value = given[0] if given else None
            if isinstance(value, ast.Constant) and value.value is True:
                self.debug = True
                return True
            return isinstance(value, ast.Constant) and value.value is False
        if method == "run_until_complete" and len(node.args) == 1:
            return self._cleanup(node.args[0])
        if method in ("call_soon", "call_soon_threadsafe"):
            self.stops = [self._stopper(value) for value in node.args] == [True]
            return self.stops
        if method == "run_forever" and self.stops:
            self.stops = False
            return self._drops(_ONCE_MORE)
        return False

    def _stopper(self, node: ast.expr) -> bool:
        """``loop.stop``, handed on to be called."""
        return isinstance(node, ast.Attribute) and node.attr == "stop" and self.is_loop(node.value)

    def _cleanup(self, node: ast.expr) -> bool:
        """``loop.shutdown_asyncgens()``, ``asyncio.gather(*tasks)``, ``asyncio.sleep(0)``."""
        if not isinstance(node, ast.Call):
            return isinstance(node, ast.Name) and node.id in self.tasks
        if isinstance(node.func, ast.Attribute) and self.is_loop(node.func.value):
            reason = _SHUTDOWN.get(node.func.attr)
            return reason is not None and self._drops(reason)
        resolved = self.names.resolve(node.func)
        if resolved in ("asyncio.gather", "asyncio.wait"):
            return all(self._tasks(value) for value in node.args) and self._drops(
                "awaits cancelled tasks"
            )
        if resolved == "asyncio.sleep":
            return all(isinstance(value, ast.Constant) for value in node.args) and self._drops(
                _ONCE_MORE
            )
        return False

    def _drops(self, what: str) -> bool:
        self.dropped.append(what)
        return True


def _yields(node: ast.AST) -> bool:
    return any(isinstance(child, ast.Yield) for child in ast.walk(node))
