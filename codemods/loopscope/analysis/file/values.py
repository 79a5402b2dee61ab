"""What the functions of one file give, store and use: how far it may belong to an event loop.

What a function gives is a set of values. A value that belongs to no loop is in none: numbers,
texts, paths, and collections of them are the empty set. What calls and arguments stand for,
only the suite knows: see ``analysis/suite/loop_values.py``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import NamedTuple

from loopscope.analysis.file.constants import constants
from loopscope.analysis.file.expressions import Expressions
from loopscope.analysis.file.names import Names, aliases, imports_of, module_imports, statements
from loopscope.analysis.file.value_uses import Use, uses_in
from loopscope.analysis.file.value_words import Value, ValueKind
from loopscope.frozen import frozen
from loopscope.python_source.syntax_tree import (
    DEFINITIONS,
    FUNCTIONS,
    NESTED,
    FunctionNode,
    own_nodes,
    parse,
)

__all__ = ["FileValues", "FunctionValues", "Stored", "Use", "Value", "ValueKind"]


class Stored(NamedTuple):
    """Something that a function leaves outside of itself.

    ``root`` is the name that leads to it: ``self.conn``, ``pool`` (of a module), ``app``.
    """

    root: str
    value: Value


@frozen
class FunctionValues:
    """What one function gives, stores and uses."""

    gives: frozenset[Value] = frozenset()
    stores: frozenset[Stored] = frozenset()
    sets: frozenset[Stored] = frozenset()  # those in a variable that ``global`` names
    runs: str = ""  # "task" or "server": what goes on on its loop while others use the value
    uses: Mapping[str, Use] = field(default_factory=dict)  # by name, or self.name


class FileValues:
    """The functions of one file that stand outside of other functions.

    Each is read when it is asked for: of most files few ever are.

    Raises:
        SyntaxError, RecursionError, MemoryError: As with ``parse``.
    """

    def __init__(self, text: str) -> None:
        tree = parse(text)
        imports = module_imports(tree)
        self._names = Names([*imports, *aliases(tree.body, Names(imports))], constants(tree.body))
        self._module = _module_names(tree)
        definitions = [node for node in statements(tree.body) if isinstance(node, DEFINITIONS)]
        outside = set(statements(tree.body, inside=False))
        self._nodes = {
            ordinal: node
            for ordinal, node in enumerate(definitions)
            if isinstance(node, FUNCTIONS) and node in outside
        }
        self._known: dict[int, FunctionValues] = {}

    def of(self, ordinal: int) -> FunctionValues:
        """Return what one function gives, stores and uses: nothing, where there is none."""
        known = self._known.get(ordinal)
        if known is None:
            node = self._nodes.pop(ordinal, None)
            reader = _FunctionReader(node, self._names, self._module) if node else None
            known = self._known[ordinal] = reader.read() if reader else FunctionValues()
        return known


def _module_names(tree: ast.Module) -> Mapping[str, ast.expr | None]:
    """Map the names of the module to what is assigned to them; None for definitions."""
    found: dict[str, ast.expr | None] = {}
    for node in tree.body:
        if isinstance(node, DEFINITIONS):
            found[node.name] = None
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = node.value
    return found


_ADDING = frozenset(
    {"append", "add", "put", "put_nowait", "insert", "extend", "update", "set", "setdefault",
     "register", "push"}
)  # fmt: skip
_ENGINE = {Value(ValueKind.NAMED, "engine")}
_SETATTR = ("setattr", "setitem")


class _FunctionReader:
    """Reads one function: its assignments in the order in which they are written."""

    def __init__(
        self, node: FunctionNode, names: Names, module: Mapping[str, ast.expr | None]
    ) -> None:
        self.node = node
        local = [item for child in statements([node]) for item in imports_of(child)]
        self.names = names.with_local(local) if local else names
        self.expressions = Expressions(node, self.names, module)
        self.globals: set[str] = set()
        self.gives: set[Value] = set()
        self.stores: set[Stored] = set()

    def read(self) -> FunctionValues:
        nodes = [
            child for child in own_nodes(self.node) if isinstance(child, (ast.stmt, ast.expr))
        ]
        for child in sorted(nodes, key=lambda child: (child.lineno, child.col_offset)):
            self._read(child)
        if self.node.returns is not None:
            said = self.expressions.annotated(self.node.returns)
            if said is not None:
                known = {v for v in self.gives if v.kind is ValueKind.BOUND}
                free = self.expressions.free and not self.gives
                self.gives = known | (said - _ENGINE if free else said)
        return FunctionValues(
            frozenset(self.gives),
            frozenset(self.stores),
            frozenset(item for item in self.stores if item.root in self.globals),
            _goes_on(self.node, self.names),
            uses_in(self.node, self.names),
        )

    def _read(self, node: ast.stmt | ast.expr) -> None:
        value = self.expressions.value
        match node:
            case ast.Global(names=names):
                self.globals.update(names)
            case ast.Assign(targets=targets, value=given):
                for target in targets:
                    self._assign(target, value(given), given)
            case ast.AnnAssign(target=target, value=ast.expr() as given):
                said = self.expressions.annotated(node.annotation)
                self._assign(target, value(given) if said is None else said, given)
            case ast.AugAssign(target=target, value=given):
                self._assign(target, value(given), given)
            case ast.NamedExpr(target=target, value=given):
                self._assign(target, value(given), given)
            case ast.With(items=items) | ast.AsyncWith(items=items):
                for item in items:
                    if item.optional_vars is not None:
                        given = item.context_expr
                        self._assign(item.optional_vars, value(given), given)
            case ast.For(target=target, iter=given) | ast.AsyncFor(target=target, iter=given):
                self._assign(target, value(given), given)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.expressions.define(node)
            case ast.Return(value=ast.expr() as given) | ast.Yield(value=ast.expr() as given):
                self.gives |= value(given)
            case ast.Call():
                self._call(node)

    def _assign(self, target: ast.expr, values: frozenset[Value], given: ast.expr) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            parts = given.elts if isinstance(given, (ast.Tuple, ast.List)) else []
            for number, part in enumerate(target.elts):
                if len(parts) == len(target.elts):
                    values = self.expressions.value(parts[number])
                self._assign(part, values, given)
            return
        if isinstance(target, ast.Starred):
            self._assign(target.value, values, given)
        elif isinstance(target, ast.Name):
            if target.id in self.globals:
                self._store(target.id, values)
            self.expressions.assign(target.id, values)
        elif isinstance(target, (ast.Attribute, ast.Subscript)):
            self._put(target, values)

    def _put(self, target: ast.expr, values: frozenset[Value]) -> None:
        """Note what is put into something: a local holds it from now on."""
        root = root_of(target)
        if not root:
            return
        name = root.partition(".")[0]
        if self.expressions.is_local(name):
            self.expressions.assign(name, values)
        else:
            self._store(root, values)

    def _store(self, root: str, values: frozenset[Value]) -> None:
        self.stores.update(Stored(root, value) for value in values)

    def _call(self, node: ast.Call) -> None:
        func = node.func
        if isinstance(func, ast.Attribute) and func.attr in _ADDING:
            for item in (*node.args, *(keyword.value for keyword in node.keywords)):
                values = self.expressions.value(item)
                known = (ValueKind.BOUND, ValueKind.NAMED)
                self._put(func.value, frozenset(v for v in values if v.kind in known))
            return
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        if name in _SETATTR and len(node.args) >= 3:
            self._put(node.args[0], self.expressions.value(node.args[2]))


def root_of(node: ast.expr) -> str:
    """Return the name that leads to a place; of an object that holds the test, with the attribute.

    ``self.conn`` and ``request.cls.conn`` are both ``self.conn``.
    """
    chain: list[str] = []
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        if isinstance(node, ast.Attribute):
            chain.append(node.attr)
        node = node.func if isinstance(node, ast.Call) else node.value
    if not isinstance(node, ast.Name):
        return ""
    chain.append(node.id)
    chain.reverse()
    if chain[:1] == ["request"] and chain[1:2] in (["cls"], ["instance"]):
        chain = ["self", *chain[2:]]
    if chain[0] in ("self", "cls"):
        return ".".join(["self", *chain[1:2]])
    return chain[0]


_STARTS_TASK = frozenset({"create_task", "ensure_future", "start_soon"})
_STARTS_SERVER = frozenset({"start_server", "start_unix_server", "create_server"})


def _goes_on(node: FunctionNode, names: Names) -> str:
    """Name what the function starts, and has not awaited where it gives its value."""
    if not isinstance(node, ast.AsyncFunctionDef):
        return ""
    nodes = list(own_nodes(node))
    ends = [child.lineno for child in nodes if isinstance(child, (ast.Yield, ast.Return))]
    last = min(ends, default=0)
    awaited = {id(child.value) for child in nodes if isinstance(child, ast.Await)}
    before = {name for child in nodes if _is_awaited(child, last) for name in _names_of(child)}
    tasks = set()
    for child, target in _calls(nodes):
        name = child.func.attr if isinstance(child.func, ast.Attribute) else ""
        name = name or (names.resolve(child.func) or "").rpartition(".")[2]
        if child.lineno > last or not name:
            continue
        if name in _STARTS_SERVER:
            return "server"
        if name in _STARTS_TASK and id(child) not in awaited and target not in before:
            tasks.add(name)
    return "task" if tasks else ""


def _calls(nodes: list[ast.AST]) -> Iterator[tuple[ast.Call, str]]:
    """List calls with the variable that their value is assigned to."""
    targets = {
        id(node.value): node.targets[0].id
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for node in nodes:
        if isinstance(node, ast.Call):
            yield node, targets.get(id(node), "")


def _is_awaited(node: ast.AST, last: int) -> bool:
    return isinstance(node, ast.Await) and node.lineno < last


def _names_of(node: ast.AST) -> Iterator[str]:
    stack = [node]
    while stack:
        child = stack.pop()
        if isinstance(child, ast.Name):
            yield child.id
        if not isinstance(child, NESTED):
            stack += ast.iter_child_nodes(child)
