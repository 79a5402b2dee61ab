"""Names that a module assigns to its own: ``db = helpers.db``, ``db = make_db``.

pytest registers a fixture where it finds it, so an assignment does what an import by name does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from loopscope.analysis.file.bindings import Import
from loopscope.analysis.file.names import Names, is_getattr

_COMPOUND = (ast.If, ast.Try, ast.With)


def assigned_imports(body: Iterable[ast.stmt], names: Names) -> Iterator[Import]:
    """Yield what assignments at module level bind to other names, as imports.

    The module of a name of the same file is "". An ``event_loop`` that is assigned along with
    other names is left out: it cannot go without them, and is an action of LS101.
    """
    for statement in body:
        if isinstance(statement, _COMPOUND):
            for part in ("body", "orelse", "finalbody"):
                yield from assigned_imports(getattr(statement, part, ()), names)
            for handler in getattr(statement, "handlers", ()):
                yield from assigned_imports(handler.body, names)
            continue
        pairs = list(bindings_of(statement))
        for name, value in pairs:
            if name == "event_loop" and len(pairs) > 1:
                continue
            origin = next(iter(names.of_elsewhere(value)), "")
            module, _, attribute = origin.rpartition(".")
            if attribute and (module or origin[:1] == "."):
                yield Import(name, module or ".", attribute, statement.lineno)
            elif not origin and isinstance(value, ast.Name) and name != "event_loop":
                yield Import(name, "", value.id, statement.lineno)


def bindings_of(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield each name that a statement binds to another name or an attribute."""
    targets: list[ast.expr]
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target] if statement.value is not None else []
    elif isinstance(statement, ast.Assign):
        targets = statement.targets
    else:
        return
    for target in targets:
        pairs: list[tuple[ast.expr, ast.expr | None]] = [(target, statement.value)]
        if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
            pairs = list(zip(target.elts, statement.value.elts, strict=False))
        for name, value in pairs:
            if isinstance(name, ast.Name) and _is_name(value):
                assert value is not None
                yield name.id, value


def _is_name(value: ast.expr | None) -> bool:
    return isinstance(value, (ast.Name, ast.Attribute)) or (
        isinstance(value, ast.Call) and is_getattr(value)
    )
