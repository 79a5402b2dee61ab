"""Which functions of the suite a function may call by itself, by name."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection

from loopscope.facts.names import Names, dotted
from loopscope.facts.spots import own_nodes

_FOREIGN = frozenset({"pytest", "pytest_asyncio", *sys.stdlib_module_names})


def callees(node: ast.AST, names: Names, defined: Collection[str]) -> tuple[str, ...]:
    """The dotted names that are called in the function's own body.

    ``defined`` are the functions and classes of the file. Methods of the same object are
    ``self.name``.
    """
    found: dict[str, None] = {}
    for child in own_nodes(node):
        if not isinstance(child, ast.Call):
            continue
        func = child.func
        if isinstance(func, ast.Name) and func.id in defined:
            found[func.id] = None
        elif (
            isinstance(func, ast.Attribute)
            and isinstance(func.value, ast.Name)
            and func.value.id in ("self", "cls")
        ):
            found[f"self.{func.attr}"] = None
        elif (dotted(func) or "").partition(".")[0] in defined:  # a method of a class
            found[dotted(func) or ""] = None
        else:
            origin = names.resolve(func)
            if origin and "(" not in origin and origin.partition(".")[0] not in _FOREIGN:
                found[origin] = None
    return tuple(found)
