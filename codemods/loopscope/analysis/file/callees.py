"""The functions of the suite that a function may call directly, by name."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator

from loopscope.analysis.file.function_bodies import NESTED
from loopscope.analysis.file.names import Names, dotted

# Nested definitions run later, or never; nothing is called in the others.
_LEAVES = (*NESTED, ast.expr_context, ast.operator, ast.Name, ast.Constant, str, type(None))
_FOREIGN = frozenset({"pytest", "pytest_asyncio", *sys.stdlib_module_names})


def callees(
    node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names, defined: Collection[str]
) -> tuple[str, ...]:
    """List the dotted names that the function's own body calls.

    ``defined`` are the functions and classes of the file. Methods of the same object are
    ``self.name``.
    """
    found: dict[str, None] = {}
    for func in _called(node):
        origin = dotted(func)
        if origin is None:
            continue
        first, _, rest = origin.partition(".")
        if first in defined or (first in ("self", "cls") and "." not in rest):
            found[f"self.{rest}" if first == "cls" else origin] = None
            continue
        origin = names.resolve(func)
        if origin and origin.partition(".")[0] not in _FOREIGN:
            found[origin] = None
    return tuple(found)


def _called(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    """List the calls in the function's own body; ``own_nodes`` takes twice the time."""
    stack: list[ast.AST] = [item for item in node.body if not isinstance(item, NESTED)]
    while stack:
        child = stack.pop()
        if isinstance(child, ast.Call):
            yield child.func
        for name in child._fields:
            value = getattr(child, name, None)
            if isinstance(value, list):
                stack += [item for item in value if not isinstance(item, _LEAVES)]
            elif isinstance(value, ast.AST) and not isinstance(value, _LEAVES):
                stack.append(value)
