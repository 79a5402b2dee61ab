"""Read one class into facts: its marks, its fields, and the code of a project that marks it.

Code that marks classes (``__init_subclass__``, decorators of the project, calls with a class) is
read where it does nothing but set ``pytestmark``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from loopscope.analysis.file.calls import CONSTRUCTORS, CURRENT_LOOP
from loopscope.analysis.file.facts import Class, Function, LoopCall, Place
from loopscope.analysis.file.function_reader import FunctionReader
from loopscope.analysis.file.mark_facts import Mark
from loopscope.analysis.file.marks import MarkReader, added_marks, assigned_marks
from loopscope.analysis.file.names import Names, dotted, last_name
from loopscope.analysis.file.parsed_file import ParsedFile
from loopscope.python_source.syntax_tree import FUNCTIONS, is_docstring, walk

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
        setting = [
            node for node in tree.body if isinstance(node, FUNCTIONS) and self._marks_set(node, 0)
        ]
        if not setting:
            return
        nodes = list(walk(tree))
        mentioned = [node.id for node in nodes if isinstance(node, ast.Name)]
        used = [
            dotted(item) or ""
            for node in nodes
            if isinstance(node, ast.ClassDef)
            for item in node.decorator_list
        ]
        used += [dotted(call.func) or "" for call, _ in calls_with_class(tree)]
        for node in setting:
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


class ClassReader:
    """Reads the classes of one file; what stands in them goes to its functions and variables."""

    def __init__(
        self,
        file: ParsedFile,
        function_reader: FunctionReader,
        functions: list[Function],
        variables: dict[str, tuple[str, ...]],
    ) -> None:
        self.classes: list[Class] = []
        self.appliers = MarkAppliers(file.mark_reader)
        self._file = file
        self._function_reader = function_reader
        self._functions = functions
        self._variables = variables
        self._factories = file.lines_with("actory")

    def read(self, node: ast.ClassDef, parent: int | None, prefix: str, conditional: bool) -> None:
        """Read a class at module level or inside another class, with its methods."""
        file = self._file
        ordinal = file.ordinals[node]
        qualname = f"{prefix}{node.name}"
        marks: tuple[Mark, ...] = ()
        pytestmark = None
        second_names: dict[str, str] = {}
        for child in node.body:
            assigned = assigned_marks(child, marks, file.mark_reader)
            if assigned is not None:
                marks, pytestmark = assigned, child.lineno
                continue
            marks = added_marks(child, marks, file.mark_reader)
            if not isinstance(child, ast.Assign) or not isinstance(child.targets[0], ast.Name):
                continue
            if isinstance(child.value, ast.Call):
                self._function_reader.note_import(child)
            if child.targets[0].id.startswith("test"):
                self._variables[f"{qualname}.{child.targets[0].id}"] = file.refers(
                    child, child.lineno
                )
                second_names[child.targets[0].id] = dotted(child.value) or ""
            if file.may_mark:
                name = f"{qualname}.{child.targets[0].id}"
                file.mark_reader.assigned(name, child.value, child.lineno)
        names = {child.name for child in node.body if isinstance(child, FUNCTIONS)}
        lines = (node.lineno, node.end_lineno or node.lineno)
        fields = (
            class_factories(node, ordinal, file.names)
            if self._factories.any_in(*lines)
            else ((), ())
        )
        self.classes.append(
            Class(
                ordinal=ordinal,
                name=node.name,
                qualname=qualname,
                line=node.lineno,
                parent=parent,
                bases=tuple(_base_name(base, file.names) for base in node.bases),
                made_of=tuple(dict.fromkeys(_made_of(node, file.names))),
                # Decorators add to what the body has set, so they are less close.
                marks=(*marks, *file.decorator_marks(node)),
                pytestmark=pytestmark,
                has_init="__init__" in names,
                takes=fields[0],
                builds=fields[1],
                subclass_marks=self.appliers.subclass_marks(node, file.ordinals)
                if "__init_subclass__" in names
                else (),
                second_names=second_names,
                refers=tuple(
                    name
                    for child in node.body
                    if not isinstance(child, (*FUNCTIONS, ast.ClassDef))
                    for name in file.refers(child, child.lineno)
                ),
            )
        )
        self._members(node.body, ordinal, f"{qualname}.", conditional)

    def _members(
        self, body: Iterable[ast.stmt], ordinal: int, prefix: str, conditional: bool
    ) -> None:
        for child in body:
            if isinstance(child, FUNCTIONS):
                self._functions.append(
                    self._function_reader.read(child, ordinal, prefix, conditional)
                )
            elif isinstance(child, ast.ClassDef):
                self.read(child, ordinal, prefix, conditional)
            elif isinstance(child, (ast.If, ast.Try)):
                self._members([*child.body, *child.orelse], ordinal, prefix, True)

    def read_code_that_marks(self) -> None:
        """Read decorators and calls of the project that mark classes."""
        if not self._file.may_mark or not self.classes:
            return
        if "pytestmark" in self._file.text:
            self.appliers.read_decorators(self._file.tree)
        for call, name in calls_with_class(self._file.tree):
            added = tuple(self._file.mark_reader.marks_in(call.func))
            self.classes = [
                replace(cls, marks=(*added, *cls.marks)) if cls.qualname == name else cls
                for cls in self.classes
            ]


_KEYWORDS = ("default_factory", "factory")
FACTORY = "Factory"  # attr.Factory(make)


def class_factories(
    node: ast.ClassDef, ordinal: int, names: Names
) -> tuple[tuple[LoopCall, ...], tuple[str, ...]]:
    """Return what takes the current loop when an object is made, and the names of all else."""
    takes: list[LoopCall] = []
    builds: list[str] = []
    for child in node.body:
        if not isinstance(child, (ast.Assign, ast.AnnAssign)) or child.value is None:
            continue
        for factory in _factories(child.value):
            for func in _called(factory):
                what = names.resolve(func) or ""
                if what in CURRENT_LOOP | CONSTRUCTORS:
                    spelled = ast.unparse(func)
                    place = (Place.SYNC, func.lineno, func.col_offset + 1)
                    takes.append(LoopCall(what, spelled, *place, ordinal, ordinal))
                else:
                    builds.append(what or dotted(func) or "")
    return tuple(takes), tuple(filter(None, builds))


def _factories(value: ast.expr) -> Iterator[ast.expr]:
    for child in ast.walk(value):
        if isinstance(child, ast.keyword) and child.arg in _KEYWORDS:
            yield child.value
        elif isinstance(child, ast.Call) and last_name(child.func) == FACTORY and child.args:
            yield child.args[0]


def _called(factory: ast.expr) -> Iterator[ast.expr]:
    """Yield what runs when a factory is called: itself, or the calls in a lambda."""
    if isinstance(factory, ast.Lambda):
        yield from (child.func for child in ast.walk(factory.body) if isinstance(child, ast.Call))
    else:
        yield factory


def _base_name(base: ast.expr, names: Names) -> str:
    """Return the dotted name of a base class, or of what it is taken from: ``Base[int]``."""
    named = base.value if isinstance(base, (ast.Subscript, ast.Starred)) else base
    return names.resolve(named) or dotted(named) or ""


def _made_of(node: ast.ClassDef, names: Names) -> Iterator[str]:
    """Yield the names that the calls mention by which bases are made: ``class TestA(make(B))``."""
    for base in node.bases:
        for child in walk(base) if isinstance(base, ast.Call) else ():
            if isinstance(child, (ast.Name, ast.Attribute)):
                yield names.resolve(child) or dotted(child) or ""
