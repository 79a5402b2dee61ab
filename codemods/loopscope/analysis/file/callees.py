"""What a function calls, by the names that the suite knows: functions, classes, methods."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Mapping

from loopscope.analysis.file.functions import NESTED, arguments, own_statements
from loopscope.analysis.file.names import Names, dotted
from loopscope.python_source.syntax_tree import FunctionNode, children

_FOREIGN = frozenset({"pytest", "pytest_asyncio", *sys.stdlib_module_names})
# Nested definitions run later, or never; nothing is called in the others.
_CALLS_NOTHING = (*NESTED, ast.Name, ast.Constant)
_DEFINITIONS = (ast.FunctionDef, ast.ClassDef)


def callees(node: FunctionNode, names: Names, defined: Collection[str]) -> tuple[str, ...]:
    """List the dotted names that the function's own body calls.

    ``defined`` are the functions and classes of the file. Methods of the same object are
    ``self.name``, those of an object that the function makes ``Class.name``. An argument that is
    called goes by its name.
    """
    found: dict[str, None] = {}
    made: dict[str, ast.expr] | None = None
    given = arguments(node) - {"self", "cls"}
    for func in _called(node):
        if isinstance(func, ast.Name) and func.id in given:
            origin = func.id
        else:
            origin = _callee(func, names, defined)
        if not origin and isinstance(func, ast.Attribute):
            if made is None and isinstance(func.value, ast.Name):
                made = _made_objects(node)
            origin = _method_of_made(func, made or {}, names, defined)
        if origin:
            found[origin] = None
    return tuple(found)


def _callee(func: ast.expr, names: Names, defined: Collection[str]) -> str:
    origin = dotted(func)
    if origin is None:
        return ""
    first, _, rest = origin.partition(".")
    if first in defined or (first in ("self", "cls") and "." not in rest):
        return f"self.{rest}" if first == "cls" else origin
    origin = names.resolve(func)
    return origin if origin and origin.partition(".")[0] not in _FOREIGN else ""


def _method_of_made(
    func: ast.Attribute, made: Mapping[str, ast.expr], names: Names, defined: Collection[str]
) -> str:
    """``Worker.start`` of ``Worker().start``, also after ``worker = Worker()``."""
    held = func.value
    if isinstance(held, ast.Name):
        held = made.get(held.id) or names.constants.get(held.id) or held
    if not isinstance(held, ast.Call):
        return ""
    cls = _callee(held.func, names, defined)
    return f"{cls}.{func.attr}" if cls and not cls.startswith("self.") else ""


def _made_objects(node: FunctionNode) -> dict[str, ast.expr]:
    """Map the local variables of a function to the calls that give them."""
    made: dict[str, ast.expr] = {}
    opened: dict[str, ast.expr] = {}
    for child in own_statements(node):
        if isinstance(child, ast.Assign):
            if isinstance(child.value, ast.Call):
                for target in child.targets:
                    if isinstance(target, ast.Name):
                        made[target.id] = child.value
        elif isinstance(child, ast.With):
            for item in child.items:
                if isinstance(item.optional_vars, ast.Name):
                    opened[item.optional_vars.id] = item.context_expr
    return made | opened


def _called(node: FunctionNode) -> Iterator[ast.expr]:
    """List the calls that run with the function; ``own_nodes`` takes twice the time.

    What it defines and calls itself runs with it: a function, or the constructor of a class.
    """
    local = {item.name: item for item in node.body if isinstance(item, _DEFINITIONS)}
    stack: list[ast.AST] = [item for item in node.body if not isinstance(item, NESTED)]
    while stack:
        child = stack.pop()
        if isinstance(child, ast.Call):
            yield child.func
            if isinstance(child.func, ast.Name) and child.func.id in local:
                stack += _run_by_a_call(local.pop(child.func.id))
        stack += [item for item in children(child) if not isinstance(item, _CALLS_NOTHING)]


def _run_by_a_call(node: ast.FunctionDef | ast.ClassDef) -> list[ast.AST]:
    """List what runs when a definition is called; base classes as calls that stand nowhere."""
    if isinstance(node, ast.FunctionDef):
        return [item for item in node.body if not isinstance(item, NESTED)]
    bases: list[ast.AST] = [ast.Call(base, [], []) for base in node.bases]
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            body = _run_by_a_call(item)
            return [*body, *(bases if "super()" in ast.unparse(item) else ())]
    return bases
