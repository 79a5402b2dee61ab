"""Read the body of an ``event_loop`` override: what does it do besides making a loop?

The facts behind the lists: ``asyncio.Runner`` (pytest-asyncio 1.1 and newer) cancels all
tasks, shuts down async generators and the default executor and closes the loop by itself.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from textwrap import dedent

from loopscope.facts.model import BodyKind, OverrideBody, PolicyBody
from loopscope.facts.names import Names, imports_of

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
_RUNNING = "asyncio.get_running_loop"
_SETTERS = frozenset(
    {"asyncio.set_event_loop", "asyncio.events.set_event_loop", f"{_POLICY}.set_event_loop"}
)
_TASKS = frozenset({"asyncio.all_tasks", "asyncio.Task.all_tasks", "asyncio.tasks.all_tasks"})
_SHUTDOWN = {
    "shutdown_asyncgens": "shuts down async generators",
    "shutdown_default_executor": "shuts down the executor",
}
_QUIET = frozenset({"is_closed", "is_running", "stop"})
_CONFIGURING = ("set_exception_handler", "set_task_factory", "set_default_executor")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def read_override(
    node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names, origin: str, lines: Sequence[str]
) -> OverrideBody:
    """Sort an override by what its body does.

    ``origin`` is its fixture decorator, ``lines`` those of the file.
    """
    arguments = tuple(item.arg for item in node.args.args if item.arg not in ("self", "cls"))
    reading = _Reading(names.with_local(_local_imports(node)), arguments, lines)
    if isinstance(node, ast.AsyncFunctionDef):
        if origin == "pytest_asyncio.fixture" and reading.is_bridge(node.body):
            return OverrideBody(BodyKind.BRIDGE)
        return OverrideBody(BodyKind.OTHER, "it is an async function", node.lineno)
    reading.read(node.body)
    return reading.result(node)


def read_policy(node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names) -> PolicyBody:
    """The policy that an ``event_loop_policy`` override returns."""
    body = [item for item in node.body if not _is_docstring(item)]
    last = body[0] if len(body) == 1 else None
    value = last.value if isinstance(last, (ast.Return, ast.Expr)) else None
    value = value.value if isinstance(value, ast.Yield) else value
    if isinstance(value, ast.Call) and not any(
        isinstance(child, ast.Name) and child.id in {item.arg for item in node.args.args}
        for child in ast.walk(value)
    ):
        return PolicyBody(ast.unparse(value), names.resolve(value.func) or "")
    return PolicyBody("", "")


def _local_imports(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list:  # type: ignore[type-arg]
    return [found for child in node.body for found in imports_of(child)]


class _Reading:
    """Walks the statements of an override and sorts each of them."""

    def __init__(self, names: Names, arguments: tuple[str, ...], lines: Sequence[str]) -> None:
        self.names = names
        self.lines = lines
        self.arguments = arguments
        # A super-override gets the loop that it builds on as its own argument.
        self.loops: set[str] = {"event_loop"} & set(arguments)
        self.tasks: set[str] = set()  # local names that hold its pending tasks
        self.policies: set[str] = set()
        self.made = bool(self.loops)
        self.yields = False
        self.debug = False
        self.factory = False
        self.dropped: list[str] = []
        self.problem: tuple[int, str] | None = None
        self.closes = False
        self.work: dict[str, list[ast.stmt]] = {"before": [], "after": [], "closed": []}
        self.sets_current = False
        self.debugging: list[ast.stmt] = []
        self.making: list[ast.stmt] = []  # all that stands before the yield, in order

    def read(self, body: Sequence[ast.stmt]) -> None:
        """Sort the statements; a ``try: … yield … finally: …`` is read as a straight line."""
        phase = "before"
        for statement in _straight(body):
            yielded, closed, debug = self.yields, self.closes, self.debug
            redundant = self._redundant(statement)
            if self.debug and not debug:
                self.debugging.append(statement)
            if redundant and self.yields and not yielded:
                phase = "after"
                continue
            if phase == "before" and not _is_docstring(statement) and not self._sets(statement):
                self.making.append(statement)
            if redundant:
                if self.closes and not closed and phase == "after":
                    phase = "closed"
                continue
            if phase == "before" and self._makes_loop(statement):
                self.factory = True
            elif self._is_work(statement):
                self.work[phase].append(statement)
            elif self.problem is None:
                self.problem = (
                    statement.lineno,
                    f"it does more than making a loop: {_first(statement)}",
                )

    def result(self, node: ast.FunctionDef) -> OverrideBody:
        """The reading of the whole body."""
        if self.problem is not None:
            return OverrideBody(BodyKind.OTHER, self.problem[1], self.problem[0])
        if not self.yields or not (self.made or self.factory):
            return OverrideBody(BodyKind.OTHER, "it returns no loop that it makes", node.lineno)
        worked = any(self.work.values())
        if self.factory and worked:
            first = next(item for items in self.work.values() for item in items)
            reason = f"it makes a loop of another kind and does more: {_first(first)}"
            return OverrideBody(BodyKind.OTHER, reason, first.lineno)
        kind = BodyKind.DEBUG if self.debug else BodyKind.PLAIN
        kind = BodyKind.FACTORY if self.factory else BodyKind.WORK if worked else kind
        used = {
            child.id
            for items in (self.making if self.factory else [], *self.work.values())
            for item in items
            for child in ast.walk(item)
            if isinstance(child, ast.Name)
        }
        making = self.making if self.factory else [*self.debugging, *self.work["before"]]
        return OverrideBody(
            kind,
            line=node.lineno,
            dropped=tuple(dict.fromkeys(self.dropped)),
            variable=next(iter(sorted(self.loops - {"event_loop"})), ""),
            before=self._texts(making),
            after=self._texts(self.work["after"]),
            closed=self._texts(self.work["closed"]),
            returns=_returns(node),
            sets_current=self.sets_current,
            parameters=tuple(name for name in self.arguments if name in used),
        )

    def _texts(self, nodes: Sequence[ast.stmt]) -> tuple[str, ...]:
        """The source of the statements, dedented, without a final line end."""
        return tuple(
            dedent("\n".join(self.lines[node.lineno - 1 : node.end_lineno])).rstrip()
            for node in nodes
        )

    # -- what is neither redundant nor unknown ------------------------------------------

    def _makes_loop(self, node: ast.stmt) -> bool:
        """Whether the statement makes, or prepares for, a loop of another kind."""
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as value):
                if self._foreign_loop(value):
                    self.loops.add(name)
                    return True
                return False
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name))]):
                return name in self.loops
            case ast.Expr(value=ast.Call() as call):
                return self._configures(call)
            case ast.If(body=body, orelse=orelse):
                return all(
                    self._makes_loop(item) or self._redundant(item) for item in [*body, *orelse]
                )
        return False

    def _foreign_loop(self, call: ast.Call) -> bool:
        if any(
            isinstance(child, ast.Name) and child.id in self.arguments for child in ast.walk(call)
        ):
            return False
        name = (self.names.resolve(call.func) or ast.unparse(call.func)).rpartition(".")[2]
        return name == "new_event_loop" or name.endswith(("EventLoop", "Loop"))

    def _sets(self, node: ast.stmt) -> bool:
        """``asyncio.set_event_loop(…)``, which whoever runs the loop does by himself."""
        return (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and self.names.resolve(node.value.func) in _SETTERS
        )

    def _configures(self, call: ast.Call) -> bool:
        """``set_event_loop_policy(…)``, ``loop.set_task_factory(…)``, ``nest_asyncio.apply()``."""
        resolved = self.names.resolve(call.func) or ""
        if resolved in ("asyncio.set_event_loop_policy", "nest_asyncio.apply", "uvloop.install"):
            return True
        func = call.func
        return (
            isinstance(func, ast.Attribute)
            and func.attr in _CONFIGURING
            and isinstance(func.value, ast.Name)
            and func.value.id in self.loops
        )

    def _is_work(self, node: ast.stmt) -> bool:
        """Work that an async fixture can do as it stands, awaiting what the loop ran."""
        for child in ast.walk(node):
            if isinstance(child, (ast.Return, ast.Yield, ast.YieldFrom, *_DEFINITIONS)):
                return False
            if isinstance(child, ast.Call):
                resolved = self.names.resolve(child.func) or ""
                if resolved in ("asyncio.run", "asyncio.set_event_loop_policy"):
                    return False
                if isinstance(child.func, ast.Attribute) and (
                    child.func.attr in ("run_forever", *_CONFIGURING)
                    or (child.func.attr == "run_until_complete" and not self._own(child))
                ):
                    return False
        return True

    def _own(self, call: ast.Call) -> bool:
        assert isinstance(call.func, ast.Attribute)
        return self._loop(call.func.value) and len(call.args) == 1

    # -- statements ---------------------------------------------------------------------

    def _redundant(self, node: ast.stmt) -> bool:
        match node:
            case ast.Pass() | ast.Import() | ast.ImportFrom():
                return True
            case ast.Expr(value=ast.Constant()):
                return True
            case ast.Expr(value=ast.Yield(value=value)) | ast.Return(value=value):
                if value is None or not self._loop(value):
                    return False
                self.yields = True
                return True
            case ast.Expr(value=value):
                return self._redundant_call(value)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                return self._assign(name, value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                return self._assign(name, value)
            case ast.Try(handlers=handlers):
                return self._try(node, handlers)
            case ast.With(items=items):
                return all(self._suppress(item) for item in items) and self._all(node.body)
            case ast.If(test=test):
                return self._about_loop(test) and self._all([*node.body, *node.orelse])
            case ast.For(target=ast.Name(id=name), iter=source):
                if not self._tasks(source):
                    return False
                self.tasks.add(name)
                return self._all(node.body)
        return False

    def _all(self, body: Sequence[ast.stmt]) -> bool:
        return all(self._redundant(statement) for statement in body)

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
        bodies = [node.body, node.orelse, node.finalbody, *(item.body for item in handlers)]
        return caught <= known and all(self._all(body) for body in bodies)

    def _suppress(self, item: ast.withitem) -> bool:
        call = item.context_expr
        return isinstance(call, ast.Call) and self.names.resolve(call.func) in (
            "contextlib.suppress",
            "contextlib.closing",
            "warnings.catch_warnings",
        )

    def _assign(self, name: str, value: ast.expr) -> bool:
        if self._loop(value):
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

    def _loop(self, node: ast.expr) -> bool:
        """Whether the expression is the default kind of loop, new or current."""
        if isinstance(node, ast.Name):
            return node.id in self.loops
        if not isinstance(node, ast.Call) or node.args or node.keywords:
            return False
        if self.names.resolve(node.func) in CREATORS | {_RUNNING} or self._of_policy(node.func):
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
        """A condition that only looks at the loop or its tasks: ``if not loop.is_closed()``."""
        if isinstance(node, ast.UnaryOp):
            return self._about_loop(node.operand)
        if isinstance(node, ast.BoolOp):
            return all(self._about_loop(value) for value in node.values)
        if isinstance(node, ast.Name):
            return node.id in self.tasks | self.loops
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return node.func.attr in _QUIET | {"done", "cancelled"} and self._about_loop(
                node.func.value
            )
        return False

    def _redundant_call(self, node: ast.expr) -> bool:
        if not isinstance(node, ast.Call):
            return False
        if self.names.resolve(node.func) in _SETTERS:
            self.sets_current = True
            return all(
                self._loop(value) or (isinstance(value, ast.Constant) and value.value is None)
                for value in node.args
            )
        if not isinstance(node.func, ast.Attribute):
            return False
        method, receiver = node.func.attr, node.func.value
        if isinstance(receiver, ast.Name) and receiver.id in self.tasks:
            return method == "cancel" and self._drops("cancels pending tasks")
        if isinstance(receiver, ast.Name) and receiver.id in self.policies:
            return method == "set_event_loop"
        if not self._loop(receiver):
            return False
        return self._redundant_method(method, node)

    def _redundant_method(self, method: str, node: ast.Call) -> bool:
        if method == "close":
            self.closes = True
            return True
        if method in _QUIET:
            return True
        if method == "set_debug":
            value = node.args[0] if node.args else None
            if isinstance(value, ast.Constant) and value.value is True:
                self.debug = True
                return True
            return isinstance(value, ast.Constant) and value.value is False
        if method == "run_until_complete" and len(node.args) == 1:
            return self._cleanup(node.args[0])
        return False

    def _cleanup(self, node: ast.expr) -> bool:
        """``loop.shutdown_asyncgens()``, ``asyncio.gather(*tasks)``, ``asyncio.sleep(0)``."""
        if not isinstance(node, ast.Call):
            return isinstance(node, ast.Name) and node.id in self.tasks
        if isinstance(node.func, ast.Attribute) and self._loop(node.func.value):
            reason = _SHUTDOWN.get(node.func.attr)
            return reason is not None and self._drops(reason)
        resolved = self.names.resolve(node.func)
        if resolved in ("asyncio.gather", "asyncio.wait"):
            return all(self._tasks(value) for value in node.args) and self._drops(
                "awaits cancelled tasks"
            )
        if resolved == "asyncio.sleep":
            return all(isinstance(value, ast.Constant) for value in node.args) and self._drops(
                "lets the loop run once more"
            )
        return False

    def _drops(self, what: str) -> bool:
        self.dropped.append(what)
        return True

    # -- ours ---------------------------------------------------------------------------

    def is_bridge(self, body: Sequence[ast.stmt]) -> bool:
        """An async fixture that hands out the running loop, with or without more work."""
        for statement in body:
            for node in ast.walk(statement):
                if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
                    value = node.value
                    if isinstance(value, ast.Call) and self.names.resolve(value.func) == _RUNNING:
                        return True
                    if isinstance(value, ast.Name):
                        return value.id in _running_names(body, self.names)
        return False


def _running_names(body: Sequence[ast.stmt], names: Names) -> set[str]:
    return {
        statement.targets[0].id
        for statement in body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and isinstance(statement.value, ast.Call)
        and names.resolve(statement.value.func) == _RUNNING
    }


def _straight(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body, those of a ``try`` with nothing but a ``finally`` in line."""
    for statement in body:
        if isinstance(statement, ast.Try) and not statement.handlers and not statement.orelse:
            yield from _straight(statement.body)
            yield from _straight(statement.finalbody)
        else:
            yield statement


def _returns(node: ast.FunctionDef) -> bool:
    return any(isinstance(item, ast.Return) for item in node.body)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _first(node: ast.stmt) -> str:
    """The first line of a statement, shortened for a message."""
    text = ast.unparse(node).splitlines()[0]
    return text if len(text) <= 60 else text[:57] + "..."
