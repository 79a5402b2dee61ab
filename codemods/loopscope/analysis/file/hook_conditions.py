"""Read what a collection hook asks of an item: ``is_async_test(item)``, its marks, its place."""

from __future__ import annotations

import ast
from collections.abc import Collection
from posixpath import dirname, normpath

from loopscope.analysis.file.constants import text_of, texts_of
from loopscope.analysis.file.mark_facts import ALWAYS, UNKNOWN, Ask, Condition, negated
from loopscope.analysis.file.names import Names, last_name
from loopscope.python_source.syntax_tree import FUNCTIONS

# Whether the item is an async test, or a test at all: only async tests are asked about.
_HOLDING = frozenset({"is_async_test", "iscoroutinefunction", "isasyncgenfunction", "hasattr"})
_PATHS = frozenset({"path", "fspath"})
_SAME = frozenset({"str", "as_posix", "resolve", "absolute", "Path", "abspath", "realpath"})
_TEXTS = {
    "nodeid": (Ask.ID_HOLDS, Ask.ID_STARTS),
    "name": (Ask.NAME_HOLDS, Ask.NAME_STARTS),
    "originalname": (Ask.NAME_HOLDS, Ask.NAME_STARTS),
    "path": (Ask.PATH_HOLDS, Ask.UNKNOWN),
}


class ConditionReader:
    """Reads the conditions of one hook; ``items`` are the variables that hold an item."""

    def __init__(self, path: str, names: Names) -> None:
        self._path = path
        self._names = names
        self.items: set[str] = set()
        self.values: dict[str, ast.expr | None] = {}  # local variables, None: set more than once

    def value(self, node: ast.expr) -> ast.expr:
        """Return what a local variable or a constant holds, else the expression itself."""
        for _ in range(5):
            known = self.values.get(node.id) if isinstance(node, ast.Name) else None
            known = known or self._names.constant(node)
            if known is None:
                break
            node = known
        return node

    def read(self, node: ast.expr) -> Condition:
        """Read an expression that decides whether an item is marked."""
        if isinstance(node, ast.Name) and node.id not in self.items:
            node = self.value(node)
        match node:
            case ast.Constant(value=value):
                return ALWAYS if value else negated(ALWAYS)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return negated(self.read(operand))
            case ast.BoolOp(op=op, values=values):
                ask = Ask.BOTH if isinstance(op, ast.And) else Ask.EITHER
                return Condition(ask, "", tuple(self.read(value) for value in values))
            case ast.NamedExpr(value=value):
                return self.read(value)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._compared(left, op, right)
            case ast.Call():
                return self._called(node)
        return UNKNOWN

    def of_function(self, node: ast.expr) -> Condition:
        """Read the function of a ``filter``."""
        node = self.value(node)
        if isinstance(node, ast.Lambda) and len(node.args.args) == 1:
            self.items.add(node.args.args[0].arg)
            return self.read(node.body)
        return ALWAYS if self._last(node) in _HOLDING else UNKNOWN

    def _last(self, func: ast.expr) -> str:
        return (self._names.resolve(func) or last_name(func)).rpartition(".")[2]

    def _compared(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Condition:
        if isinstance(right, ast.Constant) and right.value is None:
            if isinstance(op, (ast.Is, ast.Eq)):
                return negated(self.read(left))
            return self.read(left) if isinstance(op, (ast.IsNot, ast.NotEq)) else UNKNOWN
        if not isinstance(op, (ast.In, ast.NotIn)):
            return UNKNOWN
        found = self._inside(left, right)
        return (
            negated(found) if isinstance(op, ast.NotIn) and found.ask is not Ask.UNKNOWN else found
        )

    def _inside(self, left: ast.expr, right: ast.expr) -> Condition:
        """Read ``"slow" in item.keywords``, ``"/e2e/" in str(item.path)`` and the like."""
        if isinstance(right, ast.Attribute) and right.attr == "parents":
            folder = self._folder(left)
            held = self._attribute(right.value) == "path"
            return Condition(Ask.BELOW, folder) if held and folder is not None else UNKNOWN
        text = text_of(self.value(left), self._names)
        if text is None:
            return UNKNOWN
        if isinstance(right, ast.Attribute) and right.attr == "keywords":
            parts = (Condition(Ask.MARKED, text), Condition(Ask.PART, text))
            return Condition(Ask.EITHER, "", parts) if self._is_item(right.value) else UNKNOWN
        if isinstance(right, ast.Attribute) and right.attr == "parts":
            held = self._attribute(right.value) == "path"
            return Condition(Ask.PATH_HOLDS, f"/{text}/") if held else UNKNOWN
        attribute = self._attribute(right)
        return Condition(_TEXTS[attribute][0], text) if attribute in _TEXTS else UNKNOWN

    def _called(self, call: ast.Call) -> Condition:
        name = self._last(call.func)
        if name in _HOLDING or (
            name == "isinstance" and call.args and self._is_item(call.args[0])
        ):
            return ALWAYS
        if name in ("any", "bool", "list", "next", "len") and call.args:
            return self._any(call.args[0])
        if not isinstance(call.func, ast.Attribute):
            return UNKNOWN
        owner = call.func.value
        if name in ("get_closest_marker", "iter_markers"):
            given = [*call.args, *(item.value for item in call.keywords if item.arg == "name")]
            text = text_of(self.value(given[0]), self._names) if given else None
            known = text is not None and self._is_item(owner)
            return Condition(Ask.MARKED, text or "") if known else UNKNOWN
        if name == "is_relative_to" and call.args and self._attribute(owner) == "path":
            folder = self._folder(call.args[0])
            return Condition(Ask.BELOW, folder) if folder is not None else UNKNOWN
        if name == "startswith" and call.args:
            return self._starts(owner, call.args[0])
        return UNKNOWN

    def _starts(self, owner: ast.expr, start: ast.expr) -> Condition:
        attribute = self._attribute(owner)
        if attribute == "path":
            folder = self._folder(start)
            return Condition(Ask.BELOW, folder) if folder is not None else UNKNOWN
        if attribute not in _TEXTS:
            return UNKNOWN
        start = self.value(start)
        text = text_of(start, self._names)
        texts = texts_of(start, self._names) or () if text is None else (text,)
        parts = tuple(Condition(_TEXTS[attribute][1], one) for one in texts)
        return Condition(Ask.EITHER, "", parts) if parts else UNKNOWN

    def _any(self, node: ast.expr) -> Condition:
        """Read ``any(mark.name == "slow" for mark in item.iter_markers())`` and the like."""
        match node:
            case ast.GeneratorExp(generators=[ast.comprehension(iter=around, ifs=[])], elt=asked):
                pass
            case ast.GeneratorExp(generators=[ast.comprehension(iter=around, ifs=[asked])]):
                pass
            case ast.Call():
                return self._called(node)
            case _:
                return UNKNOWN
        marks = (
            isinstance(around, ast.Call)
            and last_name(around.func) == "iter_markers"
            and isinstance(around.func, ast.Attribute)
            and self._is_item(around.func.value)
            and not around.args
        )
        match asked:
            case ast.Compare(left=ast.Attribute(attr="name"), ops=[ast.Eq()], comparators=[right]):
                text = text_of(self.value(right), self._names)
                return Condition(Ask.MARKED, text) if marks and text is not None else UNKNOWN
        return UNKNOWN

    # -- items and places ------------------------------------------------------------------

    def _is_item(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self.items

    def _attribute(self, node: ast.expr) -> str:
        """Return the attribute of the item that an expression is, "path" for all kinds of path."""
        node = self.value(node) if isinstance(node, ast.Name) else node
        while True:
            match node:
                case ast.Call(func=func, args=[inner]) if last_name(func) in _SAME:
                    node = inner
                case ast.Call(func=ast.Attribute(value=inner, attr=name), args=[]) if (
                    name in _SAME
                ):
                    node = inner
                case ast.Attribute(value=inner, attr="strpath"):
                    node = inner
                case ast.Attribute(value=value, attr=name) if self._is_item(value):
                    return "path" if name in _PATHS else name
                case _:
                    return ""

    def _folder(self, node: ast.expr) -> str | None:
        """Return the folder, from the root of the suite, that ``Path(__file__).parent`` is."""
        node = self.value(node) if isinstance(node, ast.Name) else node
        match node:
            case ast.Name(id="__file__"):
                return self._path
            case ast.Call(func=func, args=[inner]) if last_name(func) in _SAME:
                found = self._folder(inner)
            case ast.Call(func=func, args=[inner]) if last_name(func) == "dirname":
                found = _parent(self._folder(inner))
            case ast.Call(func=ast.Attribute(value=inner, attr=name), args=[]) if name in _SAME:
                found = self._folder(inner)
            case ast.Attribute(value=inner, attr="parent"):
                found = _parent(self._folder(inner))
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                found, name = self._folder(left), text_of(self.value(right), self._names) or ".."
                found = normpath(f"{found}{name}") + "/" if found is not None else None
                return (
                    None if found is None or found.startswith("..") else found.removeprefix("./")
                )
            case _:
                return None
        return found


def _parent(folder: str | None) -> str | None:
    """Return the folder above, with a slash at the end; "" for the root, None above it."""
    if folder is None or folder == "":
        return None
    above = dirname(folder.rstrip("/"))
    return f"{above}/" if above else ""


def parameters(node: ast.AST) -> Collection[str]:
    """List the names of the parameters of a function."""
    assert isinstance(node, FUNCTIONS)
    found = node.args
    return [arg.arg for arg in (*found.posonlyargs, *found.args, *found.kwonlyargs)]
