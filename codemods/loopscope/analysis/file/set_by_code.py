"""The names that code gives what it puts into a module or a class."""

from __future__ import annotations

import ast

from loopscope.analysis.file.dynamic_requests import spelled
from loopscope.analysis.file.names import Names, dotted

_NAMESPACES = ("globals", "vars", "locals")


def set_by_code(node: ast.stmt, names: Names) -> str | None:
    """Return the name that a statement sets by ``globals()[name]`` or ``setattr``, None for none.

    A star stands for each part that only a run knows, and the class before what it gets.
    """
    match node:
        case ast.Assign(
            targets=[ast.Subscript(value=ast.Call(func=ast.Name(id=name)), slice=key), *_]
        ) if name in _NAMESPACES:
            return spelled(key, names)
        case ast.Expr(value=ast.Call(func=ast.Name(id="setattr"), args=[owner, key, _])):
            if isinstance(owner, ast.Subscript) and dotted(owner.value) == "sys.modules":
                return spelled(key, names)
            cls = dotted(owner)
            return f"{cls}.{spelled(key, names)}" if cls else None
    return None
