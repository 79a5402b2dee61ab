"""Read one class into facts: its marks, its fields, and the code of a project that marks it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace

from loopscope.analysis.file.calls import CONSTRUCTORS, CURRENT_LOOP
from loopscope.analysis.file.facts import Class, Function, LoopCall, Place
from loopscope.analysis.file.function_reader import FunctionReader
from loopscope.analysis.file.mark_appliers import MarkAppliers, calls_with_class
from loopscope.analysis.file.mark_facts import Mark
from loopscope.analysis.file.marks import added_marks, assigned_marks
from loopscope.analysis.file.names import Names, dotted, last_name
from loopscope.analysis.file.parsed_file import ParsedFile
from loopscope.python_source.syntax_tree import FUNCTIONS


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
                bases=tuple(file.names.resolve(base) or dotted(base) or "" for base in node.bases),
                # Decorators add to what the body has set, so they are less close.
                marks=(*marks, *file.decorator_marks(node)),
                pytestmark=pytestmark,
                has_init="__init__" in names,
                takes=fields[0],
                builds=fields[1],
                subclass_marks=self.appliers.subclass_marks(node, file.ordinals)
                if "__init_subclass__" in names
                else (),
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
