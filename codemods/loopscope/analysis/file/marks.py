"""Read marks: as decorators, in variables, in parameters, and in the ``pytestmark`` of a scope."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from loopscope.analysis.file.constants import Unknown, text_of, texts_of, value_of
from loopscope.analysis.file.mark_facts import Mark
from loopscope.analysis.file.names import Names, dotted, is_getattr
from loopscope.python_source.syntax_tree import walk

_MARK = "pytest.mark."
_MOST = 2000  # marks that one variable holds
_ASYNCIO = "pytest.mark.asyncio"
_PLUGINS = ("pytest", "pytest_asyncio")


@dataclass(slots=True)
class MarkReader:
    """Reads the marks of one file; ``variables`` grow as its statements are read."""

    path: str
    names: Names
    variables: dict[str, tuple[Mark, ...]] = field(default_factory=dict)

    def marks_in(
        self, node: ast.expr, *, ordinal: int | None = None, statement: int | None = None
    ) -> Iterator[Mark]:
        """Read the marks that a decorator, or the value of a ``pytestmark``, applies.

        A name from another file becomes a mark that only refers to it.
        """
        if isinstance(node, (ast.List, ast.Tuple)):
            for item in node.elts:
                yield from self.marks_in(item, ordinal=ordinal, statement=statement)
            return
        if isinstance(node, ast.BinOp):
            for side in (node.left, node.right):
                yield from self.marks_in(side, ordinal=ordinal, statement=statement)
            return
        if isinstance(node, (ast.Starred, ast.Subscript)):
            yield from self.marks_in(node.value, ordinal=ordinal, statement=statement)
            return
        call = node if isinstance(node, ast.Call) else None
        func = call.func if call else node
        if call is not None and is_getattr(call):
            call, func = None, node
        resolved = self.names.resolve(func)
        more = call is not None and call.keywords and resolved  # keywords for a mark
        held = self.variables.get(dotted(func) or "")
        if held is not None and not more:
            yield from held
            return
        if resolved is None or not resolved.startswith(_MARK):
            yield from self._reference(func, ordinal, statement)
            return
        yield self._mark(resolved[len(_MARK) :], func, call, ordinal, statement)

    def param_marks(self, decorators: Sequence[ast.expr], ordinal: int) -> Iterator[Mark]:
        """Read the marks of single parameters: ``pytest.param(…, marks=…)`` or by name."""
        for decorator in decorators:
            if not isinstance(decorator, ast.Call) or len(decorator.args) < 1:
                continue
            if self.names.resolve(decorator.func) == f"{_MARK}parametrize":
                for value in [*decorator.args[1:], *(item.value for item in decorator.keywords)]:
                    yield from self._in_params(value, ordinal=ordinal)

    def _in_params(
        self, node: ast.expr, *, ordinal: int | None = None, statement: int | None = None
    ) -> Iterator[Mark]:
        for child in ast.walk(node):
            if isinstance(child, ast.keyword) and child.arg == "marks":
                for mark in self.marks_in(child.value, ordinal=ordinal, statement=statement):
                    own = mark.ordinal is not None and mark.ordinal == ordinal
                    yield replace(mark, inside=True) if own else mark
            elif isinstance(child, ast.Name):
                if child.id in self.variables:
                    yield from (mark for mark in self.variables[child.id] if mark.inside)
                else:
                    yield from self._reference(child, ordinal)

    def _reference(
        self, node: ast.expr, ordinal: int | None, statement: int | None = None
    ) -> Iterator[Mark]:
        name = self.names.resolve(node) or (node.id if isinstance(node, ast.Name) else "")
        if name and name.partition(".")[0] not in _PLUGINS:
            yield self._mark("", node, None, ordinal, statement, reference=name)

    def assigned(self, name: str, value: ast.expr, line: int) -> None:
        """Keep the marks that a module-level variable holds, whatever it may be.

        Raises:
            MemoryError: They are so many that they were made to take all memory.
        """
        marks = tuple(islice(self.marks_in(value, statement=line), _MOST))
        if len(marks) == _MOST:
            raise MemoryError
        if isinstance(value, ast.Call) and not any(mark.name for mark in marks):
            marks = ()
        if not any(mark.name == "asyncio" for mark in marks):
            marks += tuple(self._mentioned(value, None, line))
        if marks:
            self.variables[name] = marks

    def applied(self, node: ast.FunctionDef | ast.AsyncFunctionDef, ordinal: int) -> None:
        """Keep the asyncio marks in the body of a helper that may be used as a decorator.

        Under whatever condition they stand: they are meant for async tests.
        """
        found = [mark for item in node.body for mark in self._mentioned(item, ordinal, None)]
        if found:
            self.variables[node.name] = tuple(found)

    def _mentioned(
        self, node: ast.AST, ordinal: int | None, statement: int | None
    ) -> Iterator[Mark]:
        """Find the asyncio marks anywhere in a statement or expression."""
        calls: dict[ast.expr, ast.Call] = {}
        for child in walk(node):
            if isinstance(child, ast.Call):
                calls[child.func] = child
            if not isinstance(child, (ast.Name, ast.Attribute)):
                continue
            if isinstance(child, ast.Name) and child.id in self.variables:
                yield from (m for m in self.variables[child.id] if m.name == "asyncio")
            elif self.names.resolve(child) == _ASYNCIO:
                call = calls.get(child)
                yield self._mark("asyncio", child, call, ordinal, statement, inside=True)

    def _mark(
        self,
        name: str,
        func: ast.expr,
        call: ast.Call | None,
        ordinal: int | None,
        statement: int | None,
        *,
        inside: bool = False,
        reference: str = "",
    ) -> Mark:
        return Mark(
            name=name,
            spelled=dotted(func) or "",
            line=func.lineno,
            path=self.path,
            ordinal=ordinal,
            statement=statement,
            strings=tuple(self._strings(call)),
            computed=any(
                not isinstance(item, ast.Constant) for item in (call.args if call else ())
            ),
            constants=self._constants(call) if name == "usefixtures" else {},
            keywords=self._keywords(call),
            inside=inside,
            reference=reference,
        )

    def _strings(self, call: ast.Call | None) -> Iterator[str]:
        for value in call.args if call else ():
            if isinstance(value, ast.Constant):
                if isinstance(value.value, str):
                    yield value.value
            elif isinstance(value, ast.Starred):
                yield from texts_of(value.value, self.names) or ()
            else:
                text = text_of(value, self.names)
                if text is not None:
                    yield text

    def _constants(self, call: ast.Call | None) -> Mapping[str, tuple[str, ...]]:
        """Map the arguments that constants give, as they are written, to their texts."""
        found: dict[str, tuple[str, ...]] = {}
        for value in call.args if call else ():
            if not isinstance(value, ast.Constant):
                inner = value.value if isinstance(value, ast.Starred) else value
                found[ast.unparse(inner)] = texts_of(inner, self.names) or ()
        return found

    def _keywords(self, call: ast.Call | None) -> Mapping[str, str | None]:
        found: dict[str, str | None] = {}
        for item in call.keywords if call else ():
            if isinstance(item.value, ast.Constant):
                found[item.arg or ""] = str(item.value.value)
            elif item.arg:
                found[item.arg] = text_of(item.value, self.names)
            else:
                found.update(self._spread(item.value))
        return found

    def _spread(self, node: ast.expr) -> Mapping[str, str | None]:
        """Return the keywords behind ``**OPTIONS``, where they are known."""
        try:
            value = value_of(node, self.names)
        except Unknown:
            return {}
        if not isinstance(value, dict):
            return {}
        return {str(key): str(one) for key, one in value.items()}


_NAME = "pytestmark"
Marks = tuple[Mark, ...]


def assigned_marks(node: ast.stmt, so_far: Marks, reader: MarkReader) -> Marks | None:
    """Return the marks after an assignment to ``pytestmark``; None where the node is no such.

    ``so_far`` are those before it, the first of them the closest.
    """
    match node:
        case (
            ast.Assign(targets=[ast.Name(id=name), *_], value=ast.expr() as value)
            | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
        ) if name == _NAME:
            reader.variables[_NAME] = so_far  # for [*pytestmark, mark]
            found = tuple(reader.marks_in(value, statement=node.lineno))
            del reader.variables[_NAME]
            return found
    return None


def added_marks(node: ast.stmt, so_far: Marks, reader: MarkReader) -> Marks:
    """Return the marks after a statement that may add to ``pytestmark``."""
    first = False
    match node:
        case ast.AugAssign(target=ast.Name(id=name), value=value) if name == _NAME:
            added = [value]
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="append" | "extend"), args=added
            )
        ) if name == _NAME:
            pass
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="insert"),
                args=[ast.Constant(value=0), *added],
            )
        ) if name == _NAME:
            first = True
        case _:
            return so_far
    marks = tuple(
        mark
        for item in added
        for mark in reader.marks_in(item, statement=node.lineno)
        if mark.name == "asyncio" or mark.reference
    )
    return (*marks, *so_far) if first else (*so_far, *marks)
