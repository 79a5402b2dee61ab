"""Hooks of a conftest or plugin that mark tests as asyncio tests.

See docs/loop-rules.md, Marks that a hook adds.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from loopscope.analysis.file.added_marks import added_marks, functions_of
from loopscope.analysis.file.hook_helpers import HookHelpers
from loopscope.analysis.file.mark_facts import MarkingHook
from loopscope.analysis.file.marks import MarkReader
from loopscope.analysis.file.names import Names, dotted
from loopscope.python_source.syntax_tree import FUNCTIONS, FunctionNode

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
