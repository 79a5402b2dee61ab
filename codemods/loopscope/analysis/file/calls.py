"""Find the calls that ask for the current loop, and how a loop argument is used."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loopscope.analysis.file.facts import LoopCall, LoopUse, Place, UseKind
from loopscope.analysis.file.names import Names, imports_of, statements
from loopscope.python_source.syntax_tree import FUNCTIONS, LEAVES, children, nodes_of, own

# Calls that give the current loop, or that take it silently.
CURRENT_LOOP = frozenset(
    {
        "asyncio.get_event_loop",
        "asyncio.events.get_event_loop",
        "asyncio.get_event_loop_policy().get_event_loop",
    }
)
CONSTRUCTORS = frozenset(
    f"asyncio.{name}"
    for name in (
        "Future", "Task", "StreamReader", "StreamReaderProtocol", "ensure_future", "gather",
        "shield", "wrap_future", "as_completed",
    )
)  # fmt: skip
_SYNC = (Place.SYNC, Place.NESTED, Place.LAMBDA)
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Lines:
    """Some lines of a file, to be asked whether any of them lies in a range."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._numbers = sorted(numbers)

    @classmethod
    def with_words(cls, words: Sequence[str], text: str) -> Lines:
        """Find the lines in which any of the words stands; faster than one expression for all."""
        numbers: list[int] = []
        for word in words:
            number, position = 1, 0
            found = text.find(word)
            while found >= 0:
                number += text.count("\n", position, found)
                numbers.append(number)
                position = text.find("\n", found)
                found = text.find(word, position) if position >= 0 else -1
        return cls(numbers)

    def __bool__(self) -> bool:
        return bool(self._numbers)

    def any_in(self, first: int, last: int) -> bool:
        """Whether there is one from ``first`` to ``last``, both included."""
        numbers = self._numbers
        if not numbers:
            return False
        index = bisect_left(numbers, first)
        return index < len(numbers) and numbers[index] <= last


@dataclass(slots=True)
class CallFinder:
    """Walks one file and keeps every call that asks for the current loop."""

    names: Names
    ordinals: Mapping[ast.AST, int]
    lines: Lines  # lines with a hit; only statements over one of them are walked
    found: list[LoopCall]
    at_once: frozenset[str] = frozenset()  # definitions of a function that it calls itself
    guarded: bool = False  # in a ``try`` that goes on without a loop

    def statement(
        self, node: ast.AST, place: Place, ordinal: int | None, owner: int | None
    ) -> None:
        """Look at a statement or expression that stands at ``place`` in ``ordinal``."""
        first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
        decorators = getattr(node, "decorator_list", ())
        first = min([first, *(item.lineno for item in decorators)])
        if first and not self.lines.any_in(first, last):
            return
        self.visit(node, place, ordinal, owner)

    def visit(
        self,
        node: ast.AST,
        place: Place,
        ordinal: int | None,
        owner: int | None,
        method: str = "",
    ) -> None:
        if isinstance(node, FUNCTIONS):
            self._function(node, place, ordinal, owner)
        elif isinstance(node, ast.ClassDef):
            for item in [*node.decorator_list, *node.bases, *node.keywords]:
                self.visit(item, place, ordinal, owner)
            outer, made = self.at_once, node.name in self.at_once
            self.at_once = frozenset({"__init__"} if made else ())
            for member in node.body:
                self.statement(member, Place.CLASS, ordinal, owner)
            self.at_once = outer
        elif isinstance(node, ast.Try):
            outer_try = self.guarded
            self.guarded = outer_try or _goes_on(node)
            for item in node.body:
                self.visit(item, place, ordinal, owner)
            self.guarded = outer_try
            for item in [*node.handlers, *node.orelse, *node.finalbody]:
                self.visit(item, place, ordinal, owner)
        elif isinstance(node, ast.Lambda):
            self.visit(node.args, place, ordinal, owner)
            self.visit(node.body, Place.LAMBDA, ordinal, owner)
        elif isinstance(node, ast.GeneratorExp):
            self._generator(node, place, ordinal, owner)
        elif isinstance(node, ast.Call):
            self._call(node, place, ordinal, owner, method)
            if isinstance(node.func, ast.Attribute):
                self.visit(node.func.value, place, ordinal, owner, node.func.attr)
            elif not isinstance(node.func, ast.Name):
                self.visit(node.func, place, ordinal, owner)
            for item in [*node.args, *node.keywords]:
                self.visit(item, place, ordinal, owner)
        else:
            self._below(node, place, ordinal, owner)

    def _below(self, node: ast.AST, place: Place, ordinal: int | None, owner: int | None) -> None:
        if self._is_kept_aside(node):
            return
        if isinstance(node, (ast.Name, ast.Attribute)):
            what = self.names.resolve(node)
            if what in CURRENT_LOOP:
                # Whoever gets the function itself calls it.
                if isinstance(node.ctx, ast.Load) and place in _SYNC:
                    self._found(what, node, Place.HANDED, ordinal, owner)
                return
        for child in children(node):
            if child.__class__ not in LEAVES or isinstance(child, ast.Name):
                self.visit(child, place, ordinal, owner)

    def _is_kept_aside(self, node: ast.AST) -> bool:
        """Whether the function is only compared, or kept for later, as who patches it does."""
        match node:
            case ast.Compare(left=left, comparators=[right]):
                return any(self.names.resolve(item) in CURRENT_LOOP for item in (left, right))
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                return name not in self.at_once and self.names.resolve(value) in CURRENT_LOOP
        return False

    def _function(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        place: Place,
        ordinal: int | None,
        owner: int | None,
    ) -> None:
        outside = Place.DEFAULT if place in (Place.MODULE, Place.CLASS) else place
        for item in [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]:
            self.visit(item, outside, ordinal, owner)
        mine = self.ordinals[node]
        if isinstance(node, ast.AsyncFunctionDef):
            inside = Place.ASYNC
        else:
            runs = ordinal is None or node.name in self.at_once
            inside = Place.SYNC if runs else Place.NESTED
        outer, beside, guarded = self.names, self.at_once, self.guarded
        self.guarded = False
        self.at_once = _called_names(node) if inside is Place.SYNC else frozenset()
        local = [found for child in statements(node.body) for found in imports_of(child)]
        if local:
            self.names = outer.with_local(local)
        for statement in node.body:
            self.statement(statement, inside, mine, mine if owner is None else owner)
        self.names, self.at_once, self.guarded = outer, beside, guarded

    def _generator(
        self, node: ast.GeneratorExp, place: Place, ordinal: int | None, owner: int | None
    ) -> None:
        # Only the first iterable is evaluated where the expression stands.
        self.visit(node.generators[0].iter, place, ordinal, owner)
        inner = [node.elt, *node.generators[0].ifs, *node.generators[1:]]
        for item in inner:
            self.visit(item, Place.GENERATOR, ordinal, owner)

    def _call(
        self, node: ast.Call, place: Place, ordinal: int | None, owner: int | None, method: str
    ) -> None:
        what = self.names.resolve(node.func)
        if what is None:
            return
        takes_loop = any(keyword.arg == "loop" for keyword in node.keywords)
        current = what in CURRENT_LOOP and not node.args and not node.keywords
        if current or (what in CONSTRUCTORS and not takes_loop):
            self._found(what, node.func, place, ordinal, owner, method)

    def _found(
        self,
        what: str,
        node: ast.expr,
        place: Place,
        ordinal: int | None,
        owner: int | None,
        method: str = "",
    ) -> None:
        self.found.append(
            LoopCall(
                what,
                ast.unparse(node),
                place,
                node.lineno,
                node.col_offset + 1,
                ordinal,
                owner,
                method,
                guarded=self.guarded,
            )
        )


def _goes_on(node: ast.Try) -> bool:
    """Whether a ``try`` catches what a missing loop raises, and does not raise it again."""
    for handler in node.handlers:
        caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        names = {ast.unparse(item) if item is not None else "Exception" for item in caught}
        if names & {"RuntimeError", "Exception", "BaseException"}:
            return not any(isinstance(item, ast.Raise) for item in ast.walk(handler))
    return False


def _called_names(node: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """List the plain names that the function's own body calls."""
    return frozenset(
        call.func.id for call in own(node, ast.Call) if isinstance(call.func, ast.Name)
    )


def loop_uses(
    node: ast.FunctionDef | ast.AsyncFunctionDef, name: str = "event_loop"
) -> tuple[LoopUse, ...]:
    """Find every mention of the argument ``name`` in the body of ``node``."""
    found: list[LoopUse] = []

    def visit(child: ast.AST, nested: bool, calls: str | None) -> None:
        if isinstance(child, ast.Name) and child.id == name:
            if not isinstance(child.ctx, ast.Load):
                kind = UseKind.STORE
            elif nested:
                kind = UseKind.NESTED
            else:
                kind = UseKind.CALL if calls else UseKind.VALUE
            found.append(LoopUse(kind, child.lineno, calls or ""))
            return
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute):
            visit(child.func.value, nested, child.func.attr)
            for item in [*child.args, *child.keywords]:
                visit(item, nested, None)
            return
        if isinstance(child, (*FUNCTIONS, ast.Lambda)):
            body = child.body if isinstance(child.body, list) else [child.body]
            outside = [*getattr(child, "decorator_list", ()), child.args]
            for item in outside:
                visit(item, nested, None)
            for item in body:
                visit(item, True, None)
            return
        nested = nested or isinstance(child, (ast.GeneratorExp, ast.ClassDef))
        for item in ast.iter_child_nodes(child):
            visit(item, nested, None)

    for statement in node.body:
        visit(statement, False, None)
    return tuple(found)


_RUNNERS = frozenset({"asyncio.run", "asyncio.Runner", "anyio.run", "trio.run", "uvloop.run"})


def drives_loops(node: ast.AST, names: Names) -> bool:
    """Whether a function runs some loop by itself, other than the one it got as argument."""
    handed: frozenset[str] | None = None
    for child in nodes_of(node):
        if isinstance(child, ast.Call) and names.resolve(child.func) in _RUNNERS:
            return True
        # Mentioned is enough: ``run = loop.run_until_complete``.
        if isinstance(child, ast.Attribute) and child.attr in (
            "run_until_complete",
            "run_forever",
        ):
            receiver = child.value
            own = isinstance(receiver, ast.Name) and receiver.id == "event_loop"
            current = False
            if isinstance(receiver, ast.Call):
                handed = _other_names(node, names) if handed is None else handed
                by_name = isinstance(receiver.func, ast.Name) and receiver.func.id in handed
                current = by_name or names.resolve(receiver.func) in CURRENT_LOOP
            if child.attr == "run_forever" or not (own or current):
                return True
    return False


def _other_names(node: ast.AST, names: Names) -> frozenset[str]:
    """List the variables that hold the function for the current loop: ``get = get_event_loop``."""
    return frozenset(
        target.id
        for child in nodes_of(node)
        if isinstance(child, ast.Assign) and names.resolve(child.value) in CURRENT_LOOP
        for target in child.targets
        if isinstance(target, ast.Name)
    )
