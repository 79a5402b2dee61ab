"""Names that a file uses and nothing in it defines, and code that Python would not run."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections import defaultdict
from collections.abc import Iterator

_ALWAYS = frozenset(dir(builtins)) | {"__file__", "__path__", "__annotations__"}


def undefined_names(source: str) -> dict[str, int]:
    """Each such name with the first line that uses it.

    With a star import all names count as defined.

    Raises:
        SyntaxError: ``source`` is no Python.
    """
    lines: dict[str, list[int]] = defaultdict(list)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            return {}
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            lines[node.id].append(node.lineno)
    scopes = list(_scopes(symtable.symtable(source, "<unknown>", "exec")))
    known = _ALWAYS.union(*map(_defined, scopes))
    found: dict[str, int] = {}
    for scope in scopes:
        for name in _from_outside(scope) - known:
            uses = [line for line in lines[name] if line >= scope.get_lineno()]
            if uses:
                found[name] = min([*uses, found.get(name, uses[0])])
    return found


def what_compile_refuses(source: str) -> tuple[str, int] | None:
    """Find an error that only the compiler reports, such as ``await`` in a plain function.

    Returns:
        The reason and its 1-based line, or None. Nothing is run.

    Raises:
        SyntaxError: The parser refuses it, too.
        RecursionError: It is nested too deeply.
    """
    tree = ast.parse(source)
    try:
        compile(tree, "<unknown>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.msg, error.lineno or 0
    return None


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
