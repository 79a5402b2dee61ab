"""What the fields of a class call when an object is made, in dataclasses, attrs and pydantic.

``field(default_factory=asyncio.Future)`` takes the loop that is current then.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from loopscope.analysis.file.calls import CONSTRUCTORS, CURRENT_LOOP
from loopscope.analysis.file.facts import LoopCall, Place
from loopscope.analysis.file.names import Names, dotted, last_name

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
