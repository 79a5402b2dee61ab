"""Hooks whose work is done by helper functions of their file, read as if it stood in the hook."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from loopscope.python_source.syntax_tree import FUNCTIONS, is_docstring

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
