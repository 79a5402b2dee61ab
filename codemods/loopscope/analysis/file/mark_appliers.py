"""Code that marks classes: ``__init_subclass__``, decorators of the project, calls with a class.

They are read where they do nothing but set ``pytestmark`` of the class that they get.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from loopscope.analysis.file.mark_facts import Mark
from loopscope.analysis.file.marks import MarkReader
from loopscope.analysis.file.names import dotted
from loopscope.python_source.syntax_tree import FUNCTIONS, is_docstring

_Node = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class MarkAppliers:
    """Reads what marks the classes of one file; ``lines`` are those of what was understood."""

    reader: MarkReader
    lines: set[int] = field(default_factory=set)

    def subclass_marks(self, node: ast.ClassDef, ordinals: dict[ast.AST, int]) -> tuple[Mark, ...]:
        """Return the marks that ``__init_subclass__`` sets on each subclass."""
        for child in node.body:
            if isinstance(child, FUNCTIONS) and child.name == "__init_subclass__":
                found = self._marks_set(child, ordinals[child])
                if found:
                    self.lines.add(child.lineno)
                return found
        return ()

    def read_decorators(self, tree: ast.Module) -> None:
        """Note the functions that set marks plainly and stand nowhere but where that is read."""
        mentioned = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
        used = [
            dotted(item) or ""
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            for item in node.decorator_list
        ]
        used += [dotted(call.func) or "" for call, _ in calls_with_class(tree)]
        for node in tree.body:
            if not isinstance(node, FUNCTIONS) or not self._marks_set(node, 0):
                continue
            if mentioned.count(node.name) == used.count(node.name):
                self.lines.add(node.lineno)

    def _marks_set(self, function: _Node, ordinal: int) -> tuple[Mark, ...]:
        """Return the marks that a function sets on its first argument; () if it does more."""
        arguments = [*function.args.posonlyargs, *function.args.args]
        marks: list[Mark] = []
        for statement in function.body if arguments else ():
            value = _value_set(statement, arguments[0].arg)
            if value is None:
                if _does_nothing(statement, arguments[0].arg):
                    continue
                return ()
            marks += self.reader.marks_in(_added(value), ordinal=ordinal)
        if any(None in mark.keywords.values() for mark in marks):
            return ()
        return tuple(replace(mark, inside=True) for mark in marks)


def calls_with_class(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    """Yield ``mark_all(TestA)`` and ``TestA = mark_all(TestA)`` at module level."""
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    for statement in tree.body:
        if not isinstance(statement, (ast.Expr, ast.Assign)):
            continue
        match statement.value:
            case ast.Call(args=[ast.Name(id=name)], keywords=[]) as call if name in classes:
                targets = statement.targets if isinstance(statement, ast.Assign) else []
                if all(dotted(target) == name for target in targets):
                    yield call, name


def _value_set(statement: ast.stmt, name: str) -> ast.expr | None:
    """Return what ``cls.pytestmark = …`` or ``setattr(cls, "pytestmark", …)`` sets."""
    match statement:
        case ast.Assign(
            targets=[ast.Attribute(value=ast.Name(id=owner), attr="pytestmark")], value=value
        ) if owner == name:
            return value
        case ast.Expr(
            value=ast.Call(
                func=ast.Name(id="setattr"),
                args=[ast.Name(id=owner), ast.Constant(value="pytestmark"), value],
            )
        ) if owner == name:
            return value
    return None


def _added(value: ast.expr) -> ast.expr:
    """Leave out the marks that the class has already: ``[*cls.pytestmark, mark]``."""
    match value:
        case ast.BinOp(left=left, op=ast.Add(), right=right) if _has_them(left):
            return right
        case ast.List(elts=items) | ast.Tuple(elts=items):
            rest: Sequence[ast.expr] = [
                item
                for item in items
                if not (isinstance(item, ast.Starred) and _has_them(item.value))
            ]
            return ast.List(list(rest), ast.Load())
    return value


def _has_them(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(attr="pytestmark"):
            return True
        case ast.Call(func=ast.Name(id="getattr"), args=[_, ast.Constant(value="pytestmark"), *_]):
            return True
    return False


def _does_nothing(statement: ast.stmt, name: str) -> bool:
    """Whether a statement is a docstring, the call of ``super`` or the return of the class."""
    if is_docstring(statement) or isinstance(statement, ast.Pass):
        return True
    match statement:
        case ast.Return(value=ast.Name(id=owner)) if owner == name:
            return True
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super"))))
        ):
            return True
    return False
