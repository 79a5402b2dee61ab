"""Read which asyncio marks a collection hook adds to which items.

The hook of pytest-asyncio's own how-to (docs/loop-rules.md, Marks that a hook adds), in the
spellings that people give it: a generator expression, a list, ``filter``, a loop with ``if`` or
``continue``, a helper function.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from loopscope.analysis.file.constants import constants
from loopscope.analysis.file.hook_conditions import ConditionReader, parameters
from loopscope.analysis.file.mark_facts import (
    ALWAYS,
    UNKNOWN,
    AddedMark,
    Condition,
    Mark,
    both,
    negated,
)
from loopscope.analysis.file.marks import MarkReader
from loopscope.analysis.file.names import Names, imports_of, last_name, statements
from loopscope.python_source.syntax_tree import FUNCTIONS

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_ALL_ITEMS = "pytest_collection_modifyitems"
_ONE_ITEM = "pytest_itemcollected"
_COPIES = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter"})
_DEPTH = 3  # of helper functions that call each other


def added_marks(
    hook: _Function,
    ordinal: int,
    functions: Mapping[str, _Function],
    reader: MarkReader,
) -> tuple[AddedMark, ...]:
    """List the asyncio marks that a hook adds, in the order in which it does.

    Args:
        hook: The function.
        ordinal: Its number in the file.
        functions: Those of its module, by name.
        reader: Knows the marks that variables of the module hold.
    """
    walker = _Walker(ordinal, functions, reader)
    walker.enter(hook, reader.names)
    for name in parameters(hook):
        if hook.name == _ALL_ITEMS and name in ("items", "session"):
            walker.groups[name] = ALWAYS
        elif hook.name == _ONE_ITEM and name == "item":
            walker.conditions.items.add(name)
    walker.block(hook.body, ALWAYS)
    return tuple(walker.found)


class _Walker:
    """Follows the statements of one hook; ``groups`` are its variables that hold many items."""

    def __init__(
        self, ordinal: int, functions: Mapping[str, _Function], reader: MarkReader
    ) -> None:
        self._ordinal = ordinal
        self._functions = dict(functions)
        self._reader = reader
        self._depth = 0
        self.groups: dict[str, Condition] = {}
        self.found: list[AddedMark] = []

    def enter(self, function: _Function, names: Names) -> None:
        """Begin with a function: its own imports and variables."""
        inside = [bound for node in statements(function.body) for bound in imports_of(node)]
        self._names = names.with_local(inside, constants(function.body))
        self.conditions = ConditionReader(self._reader.path, self._names)
        self._other_names = names_of_other_marks(function)

    # -- statements ---------------------------------------------------------------------

    def block(self, body: Sequence[ast.stmt], here: Condition) -> Condition | None:
        """Follow statements; return the condition under which the next ones run, None: never."""
        for node in body:
            after = self._statement(node, here)
            if after is None:
                return None
            here = after
        return here

    def _statement(self, node: ast.stmt, here: Condition) -> Condition | None:
        match node:
            case ast.If():
                return self._branches(node, here)
            case ast.For(target=target, iter=around, body=body):
                group = self.group(around)
                if isinstance(target, ast.Name) and group is not None:
                    self.conditions.items.add(target.id)
                    self.block(body, both(here, group))
                else:
                    self.block(body, both(here, UNKNOWN))
            case ast.Continue() | ast.Return() | ast.Break() | ast.Raise():
                return None
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._assigned(name, value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                self._assigned(name, value)
            case ast.Expr(value=value):
                self._expression(value, here)
            case ast.With(body=body):
                return self.block(body, here)
            case ast.FunctionDef(name=name):
                self._functions[name] = node
            case ast.Try() | ast.While():
                for part in ("body", "orelse", "finalbody"):
                    self.block(getattr(node, part, ()), both(here, UNKNOWN))
                for handler in getattr(node, "handlers", ()):
                    self.block(handler.body, both(here, UNKNOWN))
        return here

    def _branches(self, node: ast.If, here: Condition) -> Condition | None:
        asked = self.conditions.read(node.test)
        no = negated(asked)
        ends = [self.block(node.body, both(here, asked)), self.block(node.orelse, both(here, no))]
        if None not in ends:
            return here
        left = [condition for condition in ends if condition is not None]
        return left[0] if left else None

    def _assigned(self, name: str, value: ast.expr) -> None:
        group = self.group(value)
        if group is not None:
            self.groups[name] = group
        elif name in self.conditions.values:
            self.conditions.values[name] = None
        else:
            self.conditions.values[name] = value

    def _expression(self, node: ast.expr, here: Condition) -> None:
        match node:
            case ast.ListComp(elt=inner, generators=[one]):
                group = self._comprehended(one)
                self._expression(inner, both(here, UNKNOWN if group is None else group))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="add_marker")):
                if name in self.conditions.items:
                    self._added(node, here)
            case ast.Call(func=ast.Name(id=name)) if name in self._functions:
                self._helped(node, self._functions[name], here)

    # -- groups of items --------------------------------------------------------------------

    def group(self, node: ast.expr) -> Condition | None:
        """Return the condition of the items that an expression yields; None: no items at all."""
        match node:
            case ast.Name(id=name):
                return self.groups.get(name)
            case ast.Attribute(value=ast.Name(id="session"), attr="items"):
                return self.groups.get("session")
            case ast.Call(func=ast.Name(id="filter"), args=[function, around]):
                group = self.group(around)
                return (
                    None if group is None else both(group, self.conditions.of_function(function))
                )
            case ast.Call(func=ast.Name(id=name), args=[around, *_]) if name in _COPIES:
                return self.group(around)
            case ast.Call(func=ast.Attribute(value=around, attr="copy"), args=[]):
                return self.group(around)
            case ast.Subscript(value=around, slice=part):
                whole = isinstance(part, ast.Slice) and not (part.lower or part.upper or part.step)
                group = self.group(around)
                return group if whole or group is None else both(group, UNKNOWN)
            case ast.ListComp(generators=[one]) | ast.GeneratorExp(generators=[one]):
                group = self._comprehended(one)
                same = ast.unparse(node.elt) == ast.unparse(one.target)
                return group if same else None
        return None

    def _comprehended(self, one: ast.comprehension) -> Condition | None:
        group = self.group(one.iter)
        if group is None or not isinstance(one.target, ast.Name):
            return None
        self.conditions.items.add(one.target.id)
        for asked in one.ifs:
            group = both(group, self.conditions.read(asked))
        return group

    # -- marks ------------------------------------------------------------------------------

    def _helped(self, call: ast.Call, helper: _Function, here: Condition) -> None:
        """Follow a helper function that gets the items, or one of them."""
        given = dict(zip(parameters(helper), call.args, strict=False))
        given |= {item.arg: item.value for item in call.keywords if item.arg}
        groups = {name: self.group(value) for name, value in given.items()}
        items = {
            name
            for name, value in given.items()
            if isinstance(value, ast.Name) and value.id in self.conditions.items
        }
        if self._depth == _DEPTH or not (items or any(groups.values())):
            return
        outer = self._names, self.conditions, self.groups, self._other_names
        values = {name: self.conditions.value(value) for name, value in given.items()}
        self.enter(helper, self._names)
        self.conditions.items = items
        self.conditions.values.update(values)
        self.groups = {name: group for name, group in groups.items() if group is not None}
        self._depth += 1
        self.block(helper.body, here)
        self._depth -= 1
        self._names, self.conditions, self.groups, self._other_names = outer

    def _added(self, call: ast.Call, here: Condition) -> None:
        if not call.args:
            named = [item.value for item in call.keywords if item.arg == "marker"]
            if not named:
                return
            call = ast.Call(call.func, named, [k for k in call.keywords if k.arg != "marker"])
        marker = self.conditions.value(call.args[0])
        if isinstance(marker, ast.IfExp):
            here = both(here, UNKNOWN)
        append = [*call.args[1:], *(item.value for item in call.keywords if item.arg == "append")]
        known = [self.conditions.value(item) for item in append]
        prepended = any(isinstance(item, ast.Constant) and not item.value for item in known)
        if any(not isinstance(item, ast.Constant) for item in known):
            here = both(here, UNKNOWN)
        for mark in self._marks(marker):
            if not mark.reference and mark.name != "asyncio":
                continue
            unread = set(mark.keywords) & {"loop_scope", "scope"} and mark.loop_scope is None
            condition = both(here, UNKNOWN) if unread else here
            self.found.append(AddedMark(mark, prepended, condition))

    def _marks(self, node: ast.expr) -> list[Mark]:
        if isinstance(node, ast.Constant):
            text = Mark(
                "asyncio", "", getattr(node, "lineno", 0), self._reader.path, self._ordinal
            )
            return [text] if node.value == "asyncio" else []
        if isinstance(node, ast.Name) and node.id in self._other_names:
            return []
        if isinstance(node, ast.IfExp):
            return [
                mark
                for side in (node.body, node.orelse)
                for mark in self._marks(self.conditions.value(side))
            ]
        if isinstance(node, ast.Call) and last_name(node.func) == "with_args":
            assert isinstance(node.func, ast.Attribute)
            node = ast.copy_location(ast.Call(node.func.value, node.args, node.keywords), node)
        reader = MarkReader(self._reader.path, self._names, self._reader.variables)
        return list(reader.marks_in(node, ordinal=self._ordinal))


def names_of_other_marks(function: _Function) -> frozenset[str]:
    """Name the variables of a function that hold names of other marks, whichever way it goes."""
    assigned: dict[str, list[ast.expr]] = defaultdict(list)
    stored: Counter[str] = Counter()
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            stored[node.id] += 1
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    assigned[target.id].append(node.value)
    return frozenset(
        name
        for name, values in assigned.items()
        if len(values) == stored[name] and all(map(_is_other, values))
    )


def _is_other(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value != "asyncio"
    )


def functions_of(body: Sequence[ast.stmt]) -> dict[str, _Function]:
    """Map the functions of a module to their names."""
    return {node.name: node for node in body if isinstance(node, FUNCTIONS)}
