"""Read the body of an ``event_loop`` override, to tell its other work from making a loop."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace

from loopscope.analysis.file.loop_branches import (
    can_be_repeated,
    rebinds,
    straight,
    takes_current,
)
from loopscope.analysis.file.loop_factories import (
    ParamsError,
    read_params,
    read_variant,
    unparsed,
    with_param,
)
from loopscope.analysis.file.loop_statements import RUNNING, SETTERS, LoopCode, Making
from loopscope.analysis.file.names import Names, dotted, imports_of
from loopscope.analysis.file.override_facts import BodyKind, LoopMaking, LoopVariant, OverrideBody
from loopscope.python_source.syntax_tree import dedented, is_docstring, with_comments

POLICY_SETTERS = frozenset(
    {
        "asyncio.set_event_loop_policy",
        "asyncio.events.set_event_loop_policy",
        "nest_asyncio.apply",
        "uvloop.install",
        "winloop.install",
    }
)
_CONFIGURING = ("set_exception_handler", "set_task_factory", "set_default_executor")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

_DEBUG = (
    "it switches debug mode on for loops of its own kind. In the place of what a loop factory sets"
    " there the runner sets what asyncio_debug says: set that option, without set_debug here"
)
_BY_TESTS = (
    "tests give it its parameters (parametrize). Return one loop factory for each from a"
    " pytest_asyncio_loop_factories hook, and name in mark.asyncio(loop_factories=[...]) those"
    " that a test wants"
)


def read_override(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    names: Names,
    origin: str,
    lines: Sequence[str],
    keywords: Mapping[str, ast.expr] | None = None,
    making: Making = lambda _: None,
) -> OverrideBody:
    """Sort an override by what its body does.

    ``origin`` is its fixture decorator, ``lines`` those of the file, ``keywords`` those of the
    call that makes it a fixture, where no decorator does; ``making`` knows what the functions
    do that it calls.
    """
    arguments = tuple(item.arg for item in node.args.args if item.arg not in ("self", "cls"))
    reading = _Reading(names.with_local(_local_imports(node)), arguments, lines, making=making)
    if isinstance(node, ast.AsyncFunctionDef):
        if origin == "pytest_asyncio.fixture" and reading.is_bridge(node.body):
            return OverrideBody(BodyKind.BRIDGE)
        return OverrideBody(BodyKind.OTHER, "it is an async function", node.lineno)
    try:
        params = read_params(node, names, keywords)
    except ParamsError as error:
        return OverrideBody(BodyKind.OTHER, str(error), node.lineno)
    if params is None and "request.param" in ast.unparse(node):
        return OverrideBody(BodyKind.OTHER, _BY_TESTS, node.lineno)
    if params is None:
        reading.read(node.body)
        return reading.result(node)
    bodies = [_with_param(node, names, arguments, making, *param) for param in params]
    for body in bodies:
        if body.kind is not BodyKind.FACTORY:
            reason = body.reason or "it has params, and does more than making loops"
            return OverrideBody(BodyKind.OTHER, reason, node.lineno)
    return replace(bodies[0], variants=tuple(body.variants[0] for body in bodies))


def _with_param(
    node: ast.FunctionDef,
    names: Names,
    arguments: tuple[str, ...],
    making: Making,
    key: str,
    value: ast.expr,
) -> OverrideBody:
    """Return the override as it is for one of its params."""
    reading = _Reading(names.with_local(_local_imports(node)), arguments, (), key, making)
    reading.makers.add(ast.unparse(value))
    reading.read(with_param(node, value))
    return reading.result(node)


def _local_imports(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list:  # type: ignore[type-arg]
    return [found for child in node.body for found in imports_of(child)]


class _Reading(LoopCode):
    """Walks the statements of an override and sorts each of them."""

    def __init__(
        self,
        names: Names,
        arguments: tuple[str, ...],
        lines: Sequence[str],
        key: str = "",
        making: Making = lambda _: None,
    ) -> None:
        super().__init__(names, arguments, making)
        self.lines = lines
        self.arguments = arguments
        self.key = key  # of one of several variants
        self.makers: set[str] = set()  # source of callables that are known to make loops
        self.owned: frozenset[str] = frozenset()  # local names of what it hands out and closes
        self.factory = bool(key)
        self.problem: tuple[int, str] | None = None
        self.work: dict[str, list[ast.stmt]] = {"before": [], "after": [], "closed": []}
        self.debugging: list[ast.stmt] = []
        self.settings: list[ast.stmt] = []  # of the loop, before the yield
        self.making: list[ast.stmt] = []  # all that stands before the yield, in order

    def read(self, body: Sequence[ast.stmt]) -> None:
        """Sort the statements; a ``try`` that takes one way is read as a straight line."""
        phase = "before"
        self.owned = _owned(body)
        for statement in straight(body, self.names):
            yielded, closed, debug = self.yields, self.closes, self.debug
            redundant = self.redundant(statement) or self._hands_out(statement)
            if self.debug and not debug:
                self.debugging.append(statement)
            if redundant and self.yields and not yielded:
                phase = "after"
                continue
            if phase == "before" and not self._needless(statement):
                self.making.append(statement)
            if redundant:
                if self.closes and not closed and phase == "after":
                    phase = "closed"
                continue
            if phase == "before" and self._makes_loop(statement):
                self.factory = True
            elif phase == "before" and self._sets_up(statement):
                self.settings.append(statement)
                self.work[phase].append(statement)
            elif self._is_work(statement):
                self.work[phase].append(statement)
            elif self.problem is None:
                self.problem = (
                    statement.lineno,
                    f"it does more than making a loop: {_first(statement)}",
                )

    def result(self, node: ast.FunctionDef) -> OverrideBody:
        """Return the reading of the whole body."""
        if self.problem is not None:
            return OverrideBody(BodyKind.OTHER, self.problem[1], self.problem[0])
        if not self.yields or not (self.made or self.factory):
            return OverrideBody(BodyKind.OTHER, "it returns no loop that it makes", node.lineno)
        if self.factory:  # what makes the loop sets it up, too
            self.work["before"] = [s for s in self.work["before"] if s not in self.settings]
        worked = any(self.work.values())
        if self.factory and self.debug:
            line = self.debugging[0].lineno if self.lines else node.lineno
            return OverrideBody(BodyKind.OTHER, _DEBUG, line)
        if self.factory and worked:
            first = next(item for items in self.work.values() for item in items)
            reason = f"it makes a loop of another kind and does more: {_first(first)}"
            return OverrideBody(BodyKind.OTHER, reason, first.lineno)
        early = takes_current(self.making, self.names) if self.factory else None
        if early is not None:
            reason = f"it may return the current loop or one of another kind: {_first(early)}"
            return OverrideBody(BodyKind.OTHER, reason, early.lineno)
        kind = BodyKind.DEBUG if self.debug else BodyKind.PLAIN
        kind = BodyKind.FACTORY if self.factory else BodyKind.WORK if worked else kind
        mine = [*self.making, ast.Expr(self.returned)] if self.factory and self.returned else []
        used = {
            child.id
            for items in (mine, *self.work.values())
            for item in items
            for child in ast.walk(item)
            if isinstance(child, ast.Name)
        }
        return OverrideBody(
            kind,
            line=node.lineno,
            dropped=tuple(dict.fromkeys(self.dropped)),
            variable=next(iter(sorted(self.loops - {"event_loop"})), ""),
            before=self._texts([*self.debugging, *self.work["before"]]),
            after=self._texts(self.work["after"]),
            closed=self._texts(self.work["closed"]),
            docstring=self._docstring(node) if kind is BodyKind.WORK else "",
            sets_current=self.sets_current,
            parameters=tuple(name for name in self.arguments if name in used),
            variants=(self._variant(),) if self.factory or self._only_settings() else (),
        )

    def _only_settings(self) -> bool:
        """Whether all its work is done by a function that makes the loop, too."""
        return (
            bool(self.settings)
            and self.work["before"] == self.settings
            and not (self.work["after"] or self.work["closed"])
        )

    def _variant(self) -> LoopVariant:
        assert self.returned is not None
        return read_variant(self.key, self.making, self.returned, self.names, self._texts)

    def _texts(self, nodes: Sequence[ast.stmt]) -> tuple[str, ...]:
        """Return the source of the statements, dedented, without a final line end.

        Those in which a param took the place of its name stand in no line.
        """
        if not self.lines:
            return unparsed(nodes)
        return tuple(with_comments(self.lines, node) for node in nodes)

    def _docstring(self, node: ast.FunctionDef) -> str:
        """Return a docstring that says more than the one line that it is an event loop."""
        first = node.body[0]
        text = dedented(self.lines, first) if is_docstring(first) and self.lines else ""
        return text if "\n" in (ast.get_docstring(node) or "") else ""

    # -- what is neither redundant nor unknown ------------------------------------------

    def _makes_loop(self, node: ast.stmt) -> bool:
        """Whether the statement makes, or prepares for, a loop of another kind."""
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as value)
            ):
                if self._foreign_loop(value, owned=name in self.owned):
                    self.loops.add(name)
                    return True
                return False
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr="close")]):
                return name in self.loops
            case ast.Expr(value=ast.Call() as call):
                return self._configures(call)
            case ast.If(body=body, orelse=orelse):
                return self._all_make(node, [*body, *orelse])
            case ast.Try(body=body, orelse=orelse, finalbody=final, handlers=handlers):
                handling = [item for handler in handlers for item in handler.body]
                return self._all_make(node, [*body, *orelse, *final, *handling])
        return False

    def _all_make(self, node: ast.stmt, branches: Sequence[ast.stmt]) -> bool:
        """Whether the branches of the statement make a loop, and do nothing else."""
        inner = list(straight(branches, self.names))
        return can_be_repeated(node, self.names) and all(
            self._makes_loop(item) or self.redundant(item) for item in inner
        )

    def _sets_up(self, node: ast.stmt) -> bool:
        """Whether the statement sets the loop up in a way that a running one can be set up."""
        match node:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name))]):
                return name in self.loops
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method))
            ):
                return name in self.loops and method in _CONFIGURING
        return False

    def _needless(self, node: ast.stmt) -> bool:
        """List the parts that a function which only makes the loop can do without."""
        return is_docstring(node) or self._sets(node) or self.is_finalizer(node)

    def _hands_out(self, node: ast.stmt) -> bool:
        """Whether the statement yields or returns a loop of another kind that it makes."""
        match node:
            case (
                ast.Expr(value=ast.Yield(value=ast.Call() as call))
                | ast.Return(value=ast.Call() as call)
            ) if self._foreign_loop(call):
                self.yields, self.returned, self.factory = True, call, True
                return True
        return False

    def _foreign_loop(self, call: ast.Call, *, owned: bool = False) -> bool:
        if any(
            isinstance(child, ast.Name) and child.id in self.arguments for child in ast.walk(call)
        ):
            return False
        if owned or ast.unparse(call.func) in self.makers or self.helper(call.func) is not None:
            return True
        name = (self.names.resolve(call.func) or ast.unparse(call.func)).rpartition(".")[2]
        return name == "new_event_loop" or name.endswith(("EventLoop", "Loop"))

    def _sets(self, node: ast.stmt) -> bool:
        """``asyncio.set_event_loop(…)``, which whoever runs the loop does by himself."""
        return (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and self.names.resolve(node.value.func) in SETTERS
        )

    def _configures(self, call: ast.Call) -> bool:
        """``set_event_loop_policy(…)``, ``nest_asyncio.apply()``, a function that calls those."""
        resolved = self.names.resolve(call.func) or ""
        return resolved in POLICY_SETTERS or self._decides(call)

    def _decides(self, call: ast.Call) -> bool:
        """Whether it calls a function that decides of what kind loops are, or says so."""
        made = self.helper(call.func)
        if made is not None:
            return made is LoopMaking.POLICY
        resolved = self.names.resolve(call.func) or dotted(call.func) or ""
        word = resolved.rpartition(".")[2].lower()
        return not resolved.startswith("asyncio.") and ("uvloop" in word or "policy" in word)

    def _is_work(self, node: ast.stmt) -> bool:
        """Work that an async fixture can do as it stands, awaiting what the loop ran."""
        if isinstance(node, ast.FunctionDef) and not node.decorator_list:
            return not any(self._drives(item) or self.closer(item) for item in ast.walk(node))
        if rebinds(node, self.loops, self.is_loop, self.names):
            return False
        stack: list[ast.AST] = [node]
        while stack:
            child = stack.pop()
            if isinstance(child, ast.Lambda):
                if any(self._drives(item) or self.closer(item) for item in ast.walk(child)):
                    return False
                continue
            if isinstance(child, (ast.Return, ast.Yield, ast.YieldFrom, *_DEFINITIONS)):
                return False
            if self.closer(child):  # it would close the loop of the runner
                return False
            if isinstance(child, ast.Call):
                resolved = self.names.resolve(child.func) or ""
                if resolved == "asyncio.run" or self._configures(child):
                    return False
                if self._drives(child) and not self._own(child):
                    return False
                configured = isinstance(child.func, ast.Attribute) and (
                    child.func.attr in _CONFIGURING and not self.is_loop(child.func.value)
                )
                if configured:
                    return False
            stack += ast.iter_child_nodes(child)
        return True

    def _drives(self, node: ast.AST) -> bool:
        return (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("run_until_complete", "run_forever")
        )

    def _own(self, call: ast.Call) -> bool:
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "run_until_complete":
            return False
        return self.is_loop(call.func.value) and len(call.args) == 1

    # -- ours ---------------------------------------------------------------------------

    def is_bridge(self, body: Sequence[ast.stmt]) -> bool:
        """Recognize an async fixture that returns the running loop, with or without more work."""
        for statement in body:
            for node in ast.walk(statement):
                if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
                    value = node.value
                    if isinstance(value, ast.Call) and self.names.resolve(value.func) == RUNNING:
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
        and names.resolve(statement.value.func) == RUNNING
    }


def _owned(body: Sequence[ast.stmt]) -> frozenset[str]:
    """Find the names that are yielded and closed: they hold a loop that was made here."""
    nodes = [node for statement in body for node in ast.walk(statement)]
    yielded = {
        node.value.id
        for node in nodes
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Name)
    }
    closed = {
        node.func.value.id
        for node in nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "close"
        and isinstance(node.func.value, ast.Name)
    }
    return frozenset(yielded & closed)


def _first(node: ast.stmt) -> str:
    """Shorten the first line of a statement for a message."""
    text = ast.unparse(node).splitlines()[0]
    return text if len(text) <= 60 else text[:57] + "..."
