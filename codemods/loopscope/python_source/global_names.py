"""The names that a text reads from its module or from nowhere, by Python's own scopes."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections import defaultdict
from collections.abc import Iterator

from loopscope.python_source.syntax_tree import parse, walk

ALWAYS = frozenset(dir(builtins)) | {"__file__", "__path__", "__annotations__"}


def unbound_names(source: str) -> dict[str, int]:
    """Map the names that nothing in a text binds to the first line that uses each.

    A star import may bring them.

    Raises:
        SyntaxError: ``source`` is no Python.
    """
    lines: dict[str, list[int]] = defaultdict(list)
    for node in walk(parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            lines[node.id].append(node.lineno)
    scopes = list(_scopes(symtable.symtable(source, "<unknown>", "exec")))
    known = ALWAYS.union(*map(_defined, scopes))
    found: dict[str, int] = {}
    for scope in scopes:
        for name in _from_outside(scope) - known:
            uses = [line for line in lines[name] if line >= scope.get_lineno()]
            if uses:
                found[name] = min([*uses, found.get(name, uses[0])])
    return found


def _scopes(scope: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield scope
    for child in scope.get_children():
        yield from _scopes(child)


def _defined(scope: symtable.SymbolTable) -> set[str]:
    """Collect the names of the module that a scope binds."""
    top = scope.get_type() == "module"
    return {
        symbol.get_name()
        for symbol in scope.get_symbols()
        if (symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace())
        and (top or symbol.is_declared_global())
    }


def _from_outside(scope: symtable.SymbolTable) -> set[str]:
    """Collect the names that a scope reads from the module, or from nowhere."""
    top = scope.get_type() == "module"
    return {
        symbol.get_name()
        for symbol in scope.get_symbols()
        if symbol.is_referenced() and (top or symbol.is_global())
    }
