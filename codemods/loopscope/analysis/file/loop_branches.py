"""Branches of an override in which its loop is made: ``try``, ``if`` and what stands in them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Sequence
from copy import deepcopy

from loopscope.analysis.file.loop_statements import CREATORS, RUNNING
from loopscope.analysis.file.names import Names

_CAUGHT = frozenset({"RuntimeError", "Exception", "BaseException"})


def straight(body: Sequence[ast.stmt], names: Names) -> Iterator[ast.stmt]:
    """List the statements of a body, those of a ``try`` that takes one way in line.

    A ``try`` with only a ``finally`` is one. So is ``try: loop = asyncio.get_running_loop()``:
    no loop runs while an override makes one, so what handles the ``RuntimeError`` is what happens.
    """
    for statement in body:
        handler = _without_running_loop(statement, names)
        if handler is not None and isinstance(statement, ast.Try):
            yield from straight([*handler.body, *statement.finalbody], names)
        elif isinstance(statement, ast.Try) and not statement.handlers and not statement.orelse:
            yield from straight([*statement.body, *statement.finalbody], names)
        else:
            yield statement


def _without_running_loop(node: ast.stmt, names: Names) -> ast.ExceptHandler | None:
    """Return the handler that runs since no loop does, where it needs no error by name."""
    if not isinstance(node, ast.Try) or not _takes(node.body[0], {RUNNING}, names):
        return None
    for handler in node.handlers:
        caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if any(item is None or ast.unparse(item) in _CAUGHT for item in caught):
            return handler if handler.name is None else None
    return None


def _takes(node: ast.stmt, origins: set[str] | frozenset[str], names: Names) -> bool:
    """Whether the statement begins with a call of one of these functions."""
    value = getattr(node, "value", None)
    if isinstance(value, ast.Yield):
        value = value.value
    return isinstance(value, ast.Call) and names.resolve(value.func) in origins


_WINDOWS = {"sys.platform": ("win", "win32", "cygwin"), "os.name": ("nt",)}


def is_windows(test: ast.expr, names: Names) -> bool:
    """Whether a condition holds on Windows alone, such as ``sys.platform == "win32"``."""
    match test:
        case ast.BoolOp(op=ast.And(), values=values):
            return any(is_windows(value, names) for value in values)
        case ast.BoolOp(op=ast.Or(), values=values):
            return all(is_windows(value, names) for value in values)
        case ast.Compare(left=ast.Call(func=func, args=[]), ops=[ast.Eq()], comparators=[right]):
            return names.resolve(func) == "platform.system" and _says(right, ("Windows",))
        case ast.Compare(left=left, ops=[ast.Eq() | ast.In()], comparators=[right]):
            return _says(right, _WINDOWS.get(names.resolve(left) or "", ()))
        case ast.Call(func=ast.Attribute(value=left, attr="startswith"), args=[right]):
            return _says(right, _WINDOWS.get(names.resolve(left) or "", ()))
    return False


def _says(node: ast.expr, words: Collection[str]) -> bool:
    items = node.elts if isinstance(node, (ast.Tuple, ast.List, ast.Set)) else [node]
    return all(isinstance(item, ast.Constant) and item.value in words for item in items)


def can_be_repeated(node: ast.stmt, names: Names) -> bool:
    """Whether a factory can hold the statement: it neither yields nor takes the current loop."""
    return not any(
        isinstance(child, (ast.Yield, ast.YieldFrom)) or _is_current(child, names)
        for child in ast.walk(node)
    )


# What is the same in the item that a loop factory hook gets: it has no params yet.
_OF_ITEM = ("cls", "module", "function", "keywords", "config")
_CALLS_OF_ITEM = ("get_closest_marker", "iter_markers")
_Branch = tuple[ast.expr | None, list[ast.stmt], ast.expr]


def chosen_by_item(
    making: Sequence[ast.stmt], returned: ast.expr
) -> list[tuple[str, list[ast.stmt], ast.expr]]:
    """Split what makes a loop by a question for the test that requests it.

    Returns:
        For each branch the condition, asked of ``item``, "" for the last one; the statements and
        the value of the branch. Nothing where something else is asked, or more is done.
    """
    found: list[_Branch] = []
    match [*making], returned:
        case [ast.If() as node], ast.Name():
            found = [(test, body, returned) for test, body in _branches(node)]
        case [ast.Assign(targets=[ast.Name(id=name)], value=ast.IfExp() as value)], ast.Name(
            id=handed
        ) if name == handed:
            found = [(value.test, [], value.body), (None, [], value.orelse)]
        case [], ast.IfExp() as value:
            found = [(value.test, [], value.body), (None, [], value.orelse)]
    conditions = [_asked_of_item(test) if test is not None else "" for test, _, _ in found]
    parts = [part for _, body, value in found for part in (*body, value)]
    if not (found and all(conditions[:-1])) or any(map(_mentions_request, parts)):
        return []
    return [
        (condition, body, value)
        for condition, (_, body, value) in zip(conditions, found, strict=True)
    ]


def _branches(node: ast.If) -> Iterator[tuple[ast.expr | None, list[ast.stmt]]]:
    yield node.test, node.body
    match node.orelse:
        case [ast.If() as inner]:
            yield from _branches(inner)
        case orelse:
            yield None, orelse


def _mentions_request(node: ast.AST) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "request" for one in ast.walk(node))


def _asked_of_item(test: ast.expr) -> str:
    """Write a condition on the requesting test as one on ``item``, "" where that may differ."""
    asked = _ItemConditions()
    text = ast.unparse(asked.visit(deepcopy(test)))
    return text.replace("'", '"') if asked.found and not asked.differs else ""


class _ItemConditions(ast.NodeTransformer):
    """Puts ``item`` in the place of ``request`` and ``request.node``."""

    def __init__(self) -> None:
        self.found = False
        self.differs = False  # from what the item of the hook says

    def visit_Call(self, node: ast.Call) -> ast.AST:
        match node:
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Attribute(value=owner, attr="name"), attr="startswith"
                ),
                args=[ast.Constant(value=str() as text)],
            ) if _is_node(owner) and "[" not in text:
                return self._item(ast.Attribute(owner, "name", ast.Load()), node)
            case ast.Call(func=ast.Attribute(value=owner, attr=name) as method) if (
                _is_node(owner) and name in _CALLS_OF_ITEM
            ):
                return self._item(method, node)
        return self.generic_visit(node)

    def _item(self, node: ast.Attribute, call: ast.Call) -> ast.Call:
        """Ask the item by a call whose arguments are the same."""
        self.found = True
        self.differs = self.differs or any(map(_mentions_request, call.args))
        func = ast.Attribute(ast.Name("item", ast.Load()), node.attr, ast.Load())
        whole = func if node is call.func else ast.Attribute(func, "startswith", ast.Load())
        return ast.Call(whole, call.args, call.keywords)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        owner = node.value
        request = isinstance(owner, ast.Name) and owner.id == "request"
        if (request or _is_node(owner)) and (
            node.attr in _OF_ITEM or (node.attr == "originalname" and not request)
        ):
            self.found = True
            return ast.Attribute(ast.Name("item", ast.Load()), node.attr, node.ctx)
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        self.differs = self.differs or node.id in ("request", "item")
        return node


def _is_node(node: ast.expr) -> bool:
    return ast.unparse(node) == "request.node"


def takes_current(making: Sequence[ast.stmt], names: Names) -> ast.stmt | None:
    """Find the statement that takes the current loop, unless the last one does nothing else.

    There is none while the first loop is made.
    """
    for statement in making:
        last = statement is making[-1] and _is_current(
            getattr(statement, "value", None) or statement, names
        )
        if not last and any(_is_current(child, names) for child in ast.walk(statement)):
            return statement
    return None


def _is_current(node: ast.AST, names: Names) -> bool:
    if not isinstance(node, ast.Call):
        return False
    origin = names.resolve(node.func) or ""
    return origin in CREATORS and origin.endswith("get_event_loop")


def rebinds(
    node: ast.AST, loops: set[str], is_loop: Callable[[ast.expr], bool], names: Names
) -> bool:
    """Whether the code gives the name of the loop to one that an async fixture does not run on.

    What handles the absence of a current loop never runs in it, and may make the default kind.
    """

    def found(node: ast.AST, handles: bool) -> bool:
        if isinstance(node, ast.Try):
            current = _takes(node.body[0], {RUNNING}, names) or _is_current(
                getattr(node.body[0], "value", None) or node, names
            )
            parts = [*node.body, *node.orelse, *node.finalbody]
            return any(found(part, handles) for part in parts) or any(
                found(handler, handles or current) for handler in node.handlers
            )
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id in loops for target in targets):
                return not _harmless(node.value, handles)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            return node.id in loops
        return any(found(child, handles) for child in ast.iter_child_nodes(node))

    def _harmless(value: ast.expr, handles: bool) -> bool:
        if isinstance(value, ast.Constant):
            return value.value is None
        if isinstance(value, ast.Name):
            return value.id in loops
        running = _takes(ast.Expr(value), {RUNNING}, names) or _is_current(value, names)
        return running or (handles and is_loop(value))

    return found(node, False)
