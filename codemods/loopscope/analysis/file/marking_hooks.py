"""Hooks of a conftest or plugin that mark tests as asyncio tests.

See docs/loop-rules.md, Marks that a hook adds.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from loopscope.analysis.file.added_marks import added_marks, functions_of
from loopscope.analysis.file.mark_facts import MarkingHook
from loopscope.analysis.file.marks import MarkReader
from loopscope.analysis.file.names import Names, dotted
from loopscope.python_source.syntax_tree import FUNCTIONS, FunctionNode, is_docstring

_LATE = frozenset({"pytest_collection_modifyitems", "pytest_itemcollected"})
_COROUTINE_TESTS = frozenset(
    {
        "inspect.iscoroutinefunction",
        "asyncio.iscoroutinefunction",
        "pytest_asyncio.is_async_test",
    }
)


def read_hooks(
    body: Sequence[ast.stmt],
    ordinals: Mapping[ast.AST, int],
    reader: MarkReader,
    helpers: HookHelpers,
) -> Iterator[MarkingHook]:
    """Read the hooks of a module that add an asyncio mark.

    ``ordinals`` are the numbers of its definitions, ``reader`` knows the marks of its variables.
    """
    functions = functions_of(body)
    for node in ordinals:
        if isinstance(node, FUNCTIONS) and node.name.startswith("pytest_"):
            hook = _read_hook(node, ordinals, functions, reader, helpers)
            if hook is not None:
                yield hook


def _read_hook(
    node: FunctionNode,
    ordinals: Mapping[ast.AST, int],
    functions: Mapping[str, FunctionNode],
    reader: MarkReader,
    helpers: HookHelpers,
) -> MarkingHook | None:
    names = reader.names
    called = helpers.called(node)
    found = [(one, list(_asyncio_marks(one, names))) for one in (node, *called)]
    holder, marks = next((pair for pair in found if pair[1]), (node, []))
    added = added_marks(node, ordinals[node], functions, reader)
    if not marks and not added:
        return None
    body = helpers.body(node)
    return MarkingHook(
        ordinal=ordinals[node],
        name=node.name,
        line=node.lineno,
        bare=not any(isinstance(mark, ast.Call) and mark.keywords for mark in marks)
        and not any(item.mark.keywords for item in added),
        only_marks=node.name in _LATE and _only_marks(node, body, names),
        old_keyword=any(
            isinstance(mark, ast.Call) and any(item.arg == "scope" for item in mark.keywords)
            for mark in marks
        ),
        on_async_tests=any(
            isinstance(child, ast.Call)
            and (names.resolve(child.func) or "").endswith("is_async_test")
            for part in (node, *called)
            for child in ast.walk(part)
        ),
        spelled=next(
            (
                dotted(mark.func if isinstance(mark, ast.Call) else mark) or ""
                for mark in marks
                if not isinstance(mark, ast.Constant)
            ),
            "",
        ),
        holder=ordinals[holder],
        helpers=tuple(ordinals[one] for one in called if helpers.is_private(one)),
        added=added,
    )


def _asyncio_marks(node: ast.AST, names: Names) -> Iterator[ast.expr]:
    """Find the marks that ``add_marker`` adds in the function, and those that it names."""
    for child in ast.walk(node):
        if isinstance(child, ast.Call) and names.resolve(child.func) == "pytest.mark.asyncio":
            yield child
        elif isinstance(child, ast.Call) and _is_add_marker(child) and child.args:
            first = child.args[0]
            literal = isinstance(first, ast.Constant) and first.value == "asyncio"
            if literal or (
                isinstance(first, ast.Attribute) and names.resolve(first) == "pytest.mark.asyncio"
            ):
                yield first


def _is_add_marker(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "add_marker"


def _only_marks(
    node: ast.FunctionDef | ast.AsyncFunctionDef, body: list[ast.stmt], names: Names
) -> bool:
    """Whether the hook does nothing but mark every async test: auto mode does the same."""
    if node.name == "pytest_collection_modifyitems":
        if len(body) != 1 or not isinstance(body[0], ast.For) or body[0].orelse:
            return False
        body = body[0].body
    if len(body) == 1 and isinstance(body[0], ast.If) and not body[0].orelse:
        if not _asks_for_coroutine(body[0].test, names):
            return False
        body = body[0].body
    return (
        len(body) == 1
        and isinstance(body[0], ast.Expr)
        and isinstance(body[0].value, ast.Call)
        and _is_add_marker(body[0].value)
        and bool(list(_asyncio_marks(body[0], names)))
    )


def _asks_for_coroutine(test: ast.expr, names: Names) -> bool:
    return isinstance(test, ast.Call) and names.resolve(test.func) in _COROUTINE_TESTS


_Node = ast.FunctionDef | ast.AsyncFunctionDef
_DEPTH = 4


class HookHelpers:
    """The functions of one file that its hooks may call."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._functions = {
            node.name: node
            for node in tree.body
            if isinstance(node, FUNCTIONS) and not node.name.startswith(("pytest_", "test"))
        }
        self._counts: Counter[str] | None = None

    def called(self, node: ast.AST) -> tuple[_Node, ...]:
        """List the helpers that a function calls, directly or not."""
        found: dict[str, _Node] = {}
        queue = [node]
        while queue:
            for name in _called_names(queue.pop()):
                helper = self._functions.get(name)
                if helper is not None and name not in found:
                    found[name] = helper
                    queue.append(helper)
        return tuple(found.values())

    def is_private(self, helper: _Node) -> bool:
        """Whether nothing but one call mentions a helper."""
        if self._counts is None:
            self._counts = Counter(
                node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)
            )
        return self._counts[helper.name] == 1 and not helper.decorator_list

    def body(self, node: _Node) -> list[ast.stmt]:
        """Return the statements of a hook with those of its helpers in the place of the calls."""
        return list(self._inlined(node.body, _DEPTH))

    def _inlined(self, body: list[ast.stmt], depth: int) -> Iterator[ast.stmt]:
        for statement in body:
            if is_docstring(statement):
                continue
            inner = self._called_by(statement) if depth else None
            if inner is not None:
                yield from self._inlined(inner, depth - 1)
            elif isinstance(statement, (ast.For, ast.If)) and not statement.orelse:
                copied = deepcopy(statement)
                copied.body = list(self._inlined(copied.body, depth))
                yield copied
            else:
                yield statement

    def _called_by(self, statement: ast.stmt) -> list[ast.stmt] | None:
        """Return the body of the helper that a statement calls, with the names of the caller."""
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            return None
        helper = self._functions.get(call.func.id)
        if helper is None or call.keywords or helper.args.kwonlyargs or helper.decorator_list:
            return None
        names = [arg.arg for arg in (*helper.args.posonlyargs, *helper.args.args)]
        given = [arg.id for arg in call.args if isinstance(arg, ast.Name)]
        if len(given) != len(call.args) or len(names) != len(given):
            return None
        renamed = _Renamed(dict(zip(names, given, strict=True)))
        return [renamed.visit(deepcopy(one)) for one in helper.body]


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> Any:
        return ast.copy_location(ast.Name(self._names.get(node.id, node.id), node.ctx), node)


def _called_names(node: ast.AST) -> Iterator[str]:
    for child in ast.walk(node):
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Name):
            yield child.func.id
