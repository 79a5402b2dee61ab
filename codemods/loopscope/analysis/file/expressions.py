"""What an expression of a function may be, seen from its loop: see ``analysis/file/values.py``."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from loopscope.analysis.file.names import Names, dotted, keeps_nothing
from loopscope.analysis.file.value_words import (
    BUILTINS,
    COLLECTIONS,
    GENERATORS,
    GIVES_NOTHING,
    HANDS_ON,
    PLAIN_FIXTURES,
    UNKNOWN,
    Value,
    ValueKind,
    asyncio_word,
    is_container_type,
    is_holder_call,
    is_plain_call,
    is_plain_type,
    method_word,
    word_of,
)
from loopscope.python_source.syntax_tree import FunctionNode, walk

Values = frozenset[Value]
NOTHING: Values = frozenset()
SOMETHING: Values = frozenset({UNKNOWN})
_DEEPEST = 60


class Expressions:
    """Evaluates the expressions of one function, from what its variables were given so far."""

    def __init__(
        self, node: FunctionNode, names: Names, module: Mapping[str, ast.expr | None]
    ) -> None:
        self._names = names
        self._module = module
        self._local: dict[str, Values] = {}
        given = node.args
        self._arguments = {
            item.arg for item in (*given.posonlyargs, *given.args, *given.kwonlyargs)
        }
        self._depth = 0
        self.free = False  # whether an engine was made that belongs to no loop

    # -- variables ----------------------------------------------------------------------

    def is_local(self, name: str) -> bool:
        """Whether a name is a variable of the function itself."""
        return name in self._local

    def assign(self, name: str, values: Values) -> None:
        """Add what a variable may hold; its name may tell more than what it is given."""
        if UNKNOWN in values and (word := word_of(name)):
            values |= {Value(ValueKind.NAMED, word)}
        self._local[name] = self._local.get(name, NOTHING) | values

    def define(self, node: FunctionNode) -> None:
        """Let a variable hold a nested function: it keeps what it takes from around it."""
        self._local[node.name] = self._captured(node)

    def _captured(self, node: ast.AST) -> Values:
        own = {child.arg for child in walk(node) if isinstance(child, ast.arg)}
        found: Values = NOTHING
        for child in walk(node):
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load):
                if child.id in own:
                    continue
                if child.id in self._local:
                    found |= self._local[child.id]
                elif child.id in self._arguments:
                    found |= self._argument(child.id)
        return found

    def _argument(self, name: str) -> Values:
        if name in PLAIN_FIXTURES or name in ("self", "cls"):
            return NOTHING
        return frozenset({Value(ValueKind.ARGUMENT, name)})

    # -- expressions --------------------------------------------------------------------

    def value(self, node: ast.expr | None) -> Values:
        """Return what an expression may be, as far as it may belong to a loop."""
        if node is None:
            return NOTHING
        if self._depth > _DEEPEST:
            return SOMETHING
        self._depth += 1
        try:
            return self._value(node)
        finally:
            self._depth -= 1

    def _all(self, *nodes: ast.expr | None) -> Values:
        found: Values = NOTHING
        for node in nodes:
            found |= self.value(node)
        return found

    def _value(self, node: ast.expr) -> Values:
        match node:
            case ast.Constant() | ast.JoinedStr() | ast.Compare():
                return NOTHING
            case ast.Name(id=name):
                return self._name(name)
            case ast.Await(value=value) | ast.Starred(value=value) | ast.UnaryOp(operand=value):
                return self.value(value)
            case ast.NamedExpr(value=value) | ast.Subscript(value=value):
                return self.value(value)
            case (
                ast.Tuple(elts=items)
                | ast.List(elts=items)
                | ast.Set(elts=items)
                | ast.BoolOp(values=items)
                | ast.Dict(values=items)
            ):
                return self._all(*items)
            case ast.BinOp(left=one, right=other) | ast.IfExp(body=one, orelse=other):
                return self._all(one, other)
            case ast.Lambda():
                return self._captured(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Call():
                return self._call(node)
            case (
                ast.ListComp(elt=item)
                | ast.SetComp(elt=item)
                | ast.GeneratorExp(elt=item)
                | ast.DictComp(value=item)
            ):
                return self._comprehended(node.generators, item)
            case _:
                return SOMETHING

    def _comprehended(self, generators: list[ast.comprehension], item: ast.expr) -> Values:
        for one in generators:
            values = self.value(one.iter)
            for child in ast.walk(one.target):
                if isinstance(child, ast.Name):
                    self._local.setdefault(child.id, values)
        return self.value(item)

    def _name(self, name: str) -> Values:
        if name in self._local:
            return self._local[name]
        if name in self._arguments:
            return self._argument(name)
        if name in self._module:
            value = self._module[name]
            if value is None or name.isupper():
                return NOTHING  # a function or class of the module, or a constant
            return self._of_module(value)
        return NOTHING if name.isupper() else SOMETHING

    def _of_module(self, value: ast.expr) -> Values:
        """Return what a variable of the module holds: seen from nowhere, no fixture's value."""
        local, arguments = self._local, self._arguments
        self._local, self._arguments = {}, set()
        try:
            return self.value(value)
        finally:
            self._local, self._arguments = local, arguments

    def _attribute(self, node: ast.Attribute) -> Values:
        name = dotted(node) or ""
        if node.attr.isupper():
            return NOTHING
        if name.partition(".")[0] in PLAIN_FIXTURES:
            return NOTHING
        if name.startswith(("self.", "cls.")):
            return self._unknown(node.attr)
        return self.value(node.value)

    @staticmethod
    def _unknown(name: str) -> Values:
        word = word_of(name)
        return SOMETHING | {Value(ValueKind.NAMED, word)} if word else SOMETHING

    def _call(self, node: ast.Call) -> Values:
        origin = self._names.resolve(node.func) or dotted(node.func) or ""
        given = self._all(*node.args, *(keyword.value for keyword in node.keywords))
        if isinstance(node.func, ast.Attribute) and node.func.attr == "getfixturevalue":
            name = node.args[0] if node.args else None
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                return frozenset({Value(ValueKind.ARGUMENT, name.value)})
        if keeps_nothing(node):
            self.free = True
            return NOTHING
        if origin in GIVES_NOTHING:
            return NOTHING
        if origin in HANDS_ON:
            return self.value(node.args[-1] if origin == "typing.cast" else node.args[0])
        if word := asyncio_word(origin):
            return frozenset({Value(ValueKind.BOUND, word)})
        if isinstance(node.func, ast.Attribute):
            if word := method_word(node.func.attr):
                return frozenset({Value(ValueKind.BOUND, word)})
            root = dotted(node.func.value) or ""
            first = root.partition(".")[0]
            if not root or first in self._local or first in self._arguments:
                return self._method(node.func, given)
        if origin in BUILTINS or is_plain_call(origin):
            return NOTHING
        if origin in COLLECTIONS or is_holder_call(origin):
            return given
        if origin in self._local:
            return self._local[origin] or self._unknown(origin)
        if not origin:
            return SOMETHING | given
        return given | {Value(ValueKind.CALL, origin)}

    def _method(self, func: ast.Attribute, given: Values) -> Values:
        """Return what a method gives: nothing of a loop where neither object nor arguments are."""
        holder = self.value(func.value)
        if isinstance(func.value, ast.Name) and func.value.id in ("self", "cls"):
            return given | self._unknown(func.attr)
        if not holder and not given:
            return NOTHING
        word = word_of(func.attr)
        return holder | given | ({Value(ValueKind.NAMED, word)} if word else NOTHING) | SOMETHING

    # -- annotations --------------------------------------------------------------------

    def annotated(self, node: ast.expr) -> Values | None:
        """Return what an annotation says of a value; None where it says nothing."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value, mode="eval").body
            except SyntaxError:
                return None
        if isinstance(node, ast.Subscript):
            name = dotted(node.value) or ""
            items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            if name.rpartition(".")[2] in GENERATORS:
                last = "Coroutine" in name
                return self.annotated(items[-1] if last else items[0])
            if is_plain_type(name):
                return NOTHING
            return self._parts(items) if is_container_type(name) else self._type(node.value)
        if isinstance(node, ast.BinOp):
            return self._parts([node.left, node.right])
        return self._type(node)

    def _parts(self, items: list[ast.expr]) -> Values | None:
        found: Values = NOTHING
        for item in items:
            values = self.annotated(item)
            if values is None:
                return None
            found |= values
        return found

    def _type(self, node: ast.expr) -> Values | None:
        if isinstance(node, ast.Constant):  # None, or ... of a tuple
            return NOTHING
        name = self._names.resolve(node) or dotted(node) or ""
        if is_plain_type(name) or is_container_type(name):
            return NOTHING
        if word := asyncio_word(name):
            return frozenset({Value(ValueKind.BOUND, word)})
        if word := word_of(name):
            return frozenset({Value(ValueKind.NAMED, word)})
        return None
