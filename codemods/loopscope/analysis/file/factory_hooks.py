"""The kinds of loop that a ``pytest_asyncio_loop_factories`` hook gives its tests."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from loopscope.analysis.file.loop_factories import read_variant, unparsed
from loopscope.analysis.file.loop_kinds import UNKNOWN, kind_of
from loopscope.analysis.file.names import Names

FACTORIES_HOOK = "pytest_asyncio_loop_factories"
_Functions = Mapping[str, ast.FunctionDef]


def hook_kinds(
    node: ast.FunctionDef | ast.AsyncFunctionDef, functions: _Functions, names: Names
) -> frozenset[str]:
    """List the kinds that a ``pytest_asyncio_loop_factories`` hook may give a test.

    ``functions`` are those of its module, by name.
    """
    returned = [item.value for item in ast.walk(node) if isinstance(item, ast.Return)]
    found: set[str] = set()
    for value in returned:
        if isinstance(value, ast.Dict):
            found.update(kind_of_factory(item, functions, names) for item in value.values)
        else:
            found.add(UNKNOWN)
    return frozenset(found or {UNKNOWN})


def kind_of_factory(node: ast.expr, functions: _Functions, names: Names) -> str:
    """Name the kind of loop that a factory makes, ``functions`` being those of its module."""
    match node:
        case ast.Name(id=name) if name in functions:
            *making, last = functions[name].body
            if not isinstance(last, ast.Return) or last.value is None:
                return UNKNOWN
            # Read as an override is, so that one code has one kind.
            return read_variant(name, making, last.value, names, unparsed).kind
        case ast.Lambda(body=body):
            return kind_of([ast.unparse(body)], "", names)
        case ast.Name() | ast.Attribute():
            return kind_of([f"{ast.unparse(node)}()"], "", names)
    return UNKNOWN
