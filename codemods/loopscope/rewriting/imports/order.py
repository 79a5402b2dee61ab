"""Tell whether a module is imported before the statements that use it run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def imported_in_time(tree: ast.Module, module: str) -> bool | None:
    """Whether ``import module`` stands above the first use; None where there is no such import.

    Only what runs while the file is imported is a use: decorators, defaults and class bodies,
    not the bodies of functions.
    """
    lines = [
        statement.lineno
        for statement in tree.body
        if isinstance(statement, ast.Import)
        for alias in statement.names
        if alias.asname is None and f"{alias.name}.".startswith(f"{module}.")
    ]
    if not lines:
        return None
    uses = (name.lineno for item in tree.body for name in _run(item) if name.id == module)
    return lines[0] <= min(uses, default=lines[0])


def _run(statement: ast.stmt) -> Iterator[ast.Name]:
    """Yield the names that run with the statement itself."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name):
            yield node
        for field, value in ast.iter_fields(node):
            if field != "body" or not isinstance(node, _LATER):
                values = value if isinstance(value, list) else [value]
                stack += [child for child in values if isinstance(child, ast.AST)]
