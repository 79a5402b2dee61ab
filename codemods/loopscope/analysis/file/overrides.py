"""Read the body of an ``event_loop`` override, to tell its other work from making a loop."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from loopscope.analysis.file.loop_branches import chosen_by_item, straight, takes_current
from loopscope.analysis.file.loop_factories import (
    ParamsError,
    read_params,
    read_variant,
    unparsed,
    with_param,
)
from loopscope.analysis.file.loop_kinds import DEFAULT
from loopscope.analysis.file.loop_statements import SETTERS, LoopCode, Making
from loopscope.analysis.file.names import Names, imports_of
from loopscope.analysis.file.other_loops import OtherLoops
from loopscope.analysis.file.override_facts import BodyKind, LoopVariant, OverrideBody
from loopscope.analysis.file.override_work import is_bridge, is_work, shared_with_closed
from loopscope.python_source.syntax_tree import dedented, is_docstring, with_comments

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
        if origin == "pytest_asyncio.fixture" and is_bridge(node.body, reading.names):
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
    if any(body.debug != bodies[0].debug for body in bodies):
        reason = "only some of its params switch debug mode on, and asyncio_debug is one for all"
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
    local, makers = names.with_local(_local_imports(node)), (ast.unparse(value),)
    reading = _Reading(local, arguments, (), key, making, makers)
    reading.read(with_param(node, value))
    return reading.result(node)


def _local_imports(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list:  # type: ignore[type-arg]
    return [found for child in node.body for found in imports_of(child)]


class _Reading:
    """Walks the statements of an override and sorts each of them."""

    def __init__(
        self,
        names: Names,
        arguments: tuple[str, ...],
        lines: Sequence[str],
        key: str = "",
        making: Making = lambda _: None,
        makers: Collection[str] = (),
    ) -> None:
        self.names = names
        self.code = LoopCode(names, arguments, making)
        self.lines = lines
        self.arguments = arguments
        self.key = key  # of one of several variants
        self.other = OtherLoops(self.code, arguments, makers)
        self.other.found = bool(key)
        self.problem: tuple[int, str] | None = None
        self.work: dict[str, list[ast.stmt]] = {"before": [], "after": [], "closed": []}
        self.debugging: list[ast.stmt] = []
        self.settings: list[ast.stmt] = []  # of the loop, before the yield
        self.early: list[ast.stmt] = []  # the first work, before its loop is the current one
        self.making: list[ast.stmt] = []  # all that stands before the yield, in order
        self.windows: list[ast.stmt] = []  # what sets a policy on Windows alone
        self.policies: list[ast.stmt] = []  # what gives the current policy a name

    def read(self, body: Sequence[ast.stmt]) -> None:
        """Sort the statements; a ``try`` that takes one way is read as a straight line."""
        phase = "before"
        self.other.owned = _owned(body)
        for statement in straight(body, self.names):
            yielded, closed, debug = self.code.yields, self.code.closes, self.code.debug
            redundant = self.code.redundant(statement) or self.other.hands_out(statement)
            debugs = self.code.debug and not debug
            if debugs:
                self.debugging.append(statement)
            if redundant and self.code.yields and not yielded:
                phase = "after"
                continue
            if phase == "before" and not (debugs or self._needless(statement)):
                self.making.append(statement)
            if redundant:
                if self._names_policy(statement):
                    self.policies.append(statement)
                if self.code.closes and not closed and phase == "after":
                    phase = "closed"
                continue
            if phase == "before" and self.other.makes(statement):
                if self.other.sets_policy_on_windows(statement):
                    self.windows.append(statement)
                else:
                    self.other.found = True
            elif phase == "before" and self.other.sets_up(statement):
                self.settings.append(statement)
                self.work[phase].append(statement)
            elif is_work(statement, self.code, self.other):
                self.work[phase].append(statement)
                if len(self.early) + 1 == len(self.work["before"]) and not self.code.sets_current:
                    self.early.append(statement)
            elif self.problem is None:
                self.problem = (statement.lineno, _problem(statement))

    def result(self, node: ast.FunctionDef) -> OverrideBody:
        """Return the reading of the whole body."""
        if self.problem is not None:
            line, reason = self.problem
            return OverrideBody(BodyKind.OTHER, reason, line, sets_current=self.code.sets_current)
        if not self.code.yields or not (self.code.made or self.other.found):
            return OverrideBody(BodyKind.OTHER, "it returns no loop that it makes", node.lineno)
        windows = [] if self.other.found or _local_imports(node) else self.windows
        more = self.debugging or any(self.work.values())  # settings are work, too
        self.other.found = self.other.found or bool(self.windows and not (windows and more))
        if self.other.found:  # what makes the loop sets it up, too
            self.work["before"] = [s for s in self.work["before"] if s not in self.settings]
        if self.other.found and not any(map(self._uses_loop, self.work["before"])):
            self.work["before"] = []  # what stands before the loop is made, or beside that
        if any(map(self._uses_policy, [*self.work["before"], *self.work["after"]])):
            self.work["before"] = [*self.policies, *self.work["before"]]
        worked = any(self.work.values())
        always = [isinstance(one, ast.Expr) for one in self.debugging]
        if self.other.found and self.code.debug and not (always and all(always)):
            reason = "it switches debug mode on in one of several ways, for loops of its own kind"
            return OverrideBody(BodyKind.OTHER, reason, node.lineno)
        if self.other.found and worked:
            first = next(item for items in self.work.values() for item in items)
            reason = f"it makes a loop of another kind and does more: {_first(first)}"
            return OverrideBody(BodyKind.OTHER, reason, first.lineno)
        early = takes_current(self.making, self.names) if self.other.found else None
        if early is not None:
            reason = f"it may return the current loop or one of another kind: {_first(early)}"
            return OverrideBody(BodyKind.OTHER, reason, early.lineno)
        kind = BodyKind.DEBUG if self.code.debug else BodyKind.PLAIN
        kind = BodyKind.FACTORY if self.other.found else BodyKind.WORK if worked else kind
        mine = (
            [*self.making, ast.Expr(self.code.returned)]
            if self.other.found and self.code.returned
            else []
        )
        used = {
            child.id
            for items in (mine, *self.work.values())
            for item in items
            for child in ast.walk(item)
            if isinstance(child, ast.Name)
        }
        if mine and not used.isdisjoint(("self", "cls")):
            reason = "it makes a loop of another kind out of an attribute of its class"
            return OverrideBody(BodyKind.OTHER, reason, node.lineno)
        size, torn = 0, ""
        if self.work["closed"]:
            size, torn = shared_with_closed(
                node.body, self.early, self.work["closed"], self.code.loops
            )
        variants = self._variants(windows)
        if any(variant.condition for variant in variants):
            used.discard("request")
        return OverrideBody(
            kind,
            line=node.lineno,
            dropped=tuple(dict.fromkeys(self.code.dropped)),
            variable=next(iter(sorted(self.code.loops - {"event_loop"})), ""),
            before=self._texts([*self.debugging, *self.work["before"][size:]]),
            after=self._texts(self.work["after"]),
            closed=self._texts(self.work["closed"]),
            around=self._texts(self.work["before"][:size]),
            torn=torn,
            docstring=self._docstring(node) if kind is BodyKind.WORK else "",
            sets_current=self.code.sets_current,
            parameters=tuple(name for name in self.arguments if name in used),
            variants=variants,
            windows=self._texts(windows),
            debug=self.code.debug,
        )

    def _only_settings(self) -> bool:
        """Whether all its work is done by a function that makes the loop, too."""
        return (
            bool(self.settings)
            and self.work["before"] == self.settings
            and not (self.work["after"] or self.work["closed"])
        )

    def _variants(self, windows: Sequence[ast.stmt]) -> tuple[LoopVariant, ...]:
        if not (self.other.found or self._only_settings()):
            return ()
        assert self.code.returned is not None
        cases = [] if self.key else chosen_by_item(self.making, self.code.returned)
        if cases:
            return tuple(
                replace(
                    read_variant(self.key, body, value, self.names, self._texts),
                    condition=condition,
                )
                for condition, body, value in cases
            )
        found = read_variant(self.key, self.making, self.code.returned, self.names, self._texts)
        return (replace(found, kind=DEFAULT) if windows else found,)

    def _uses_loop(self, node: ast.stmt) -> bool:
        """Whether a statement does something with the loop that the override hands out."""
        return any(
            isinstance(child, ast.Name) and child.id in self.code.loops for child in ast.walk(node)
        )

    def _names_policy(self, node: ast.stmt) -> bool:
        return (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in self.code.policies
        )

    def _uses_policy(self, node: ast.stmt) -> bool:
        return any(
            isinstance(child, ast.Name) and child.id in self.code.policies
            for child in ast.walk(node)
        )

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

    def _needless(self, node: ast.stmt) -> bool:
        """List the parts that a function which only makes the loop can do without."""
        return is_docstring(node) or self._sets(node) or self.code.is_finalizer(node)

    def _sets(self, node: ast.stmt) -> bool:
        """``asyncio.set_event_loop(…)``, which whoever runs the loop does by himself."""
        return (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and self.names.resolve(node.value.func) in SETTERS
        )


def _problem(node: ast.stmt) -> str:
    match node:
        case ast.Expr(value=ast.Yield(value=None)) | ast.Return(value=None):
            return "it hands out no loop"
    return f"it does more than making a loop: {_first(node)}"


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
