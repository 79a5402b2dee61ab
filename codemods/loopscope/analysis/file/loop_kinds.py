"""The kind of loop that some code makes, in a form that can be compared across files.

The kind of the default loop is ``""``; every other one is the source that makes it, with names as
their modules spell them. ``UNKNOWN`` is a kind that cannot be read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from loopscope.analysis.file.names import Names

DEFAULT = ""
UNKNOWN = "?"
HOOK = "pytest_asyncio_loop_factories"
_SAME = {
    "asyncio.new_event_loop()": DEFAULT,
    "asyncio.DefaultEventLoopPolicy().new_event_loop()": DEFAULT,
    "asyncio.get_event_loop_policy().new_event_loop()": DEFAULT,
    "uvloop.EventLoopPolicy().new_event_loop()": "uvloop",
    "uvloop.Loop()": "uvloop",
    "uvloop.new_event_loop()": "uvloop",
}
_Functions = Mapping[str, ast.FunctionDef]


def kind_of(code: Sequence[str], policy: str, names: Names) -> str:
    """Name the kind of loop that some statements make, the last of them an expression.

    Args:
        code: Source texts.
        policy: The source of a policy that makes the same loops, "" where there is none.
        names: Resolve the names of the file that the code stands in.
    """
    tree = ast.parse(f"{policy}.new_event_loop()" if policy else "\n".join(code))
    text = ast.unparse(_Resolved(names).visit(tree))
    return _SAME.get(text, text)


class _Resolved(ast.NodeTransformer):
    """Spells imported names by their origin."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        origin = self._names.resolve(node)
        return ast.parse(origin, mode="eval").body if origin and _is_dotted(origin) else node


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


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
            found.update(_kind_of_factory(item, functions, names) for item in value.values)
        else:
            found.add(UNKNOWN)
    return frozenset(found or {UNKNOWN})


def _kind_of_factory(node: ast.expr, functions: _Functions, names: Names) -> str:
    match node:
        case ast.Name(id=name) if name in functions:
            code = list(_body(functions[name]))
            return kind_of(code, _policy(functions[name], names), names) if code else UNKNOWN
        case ast.Lambda(body=body):
            return kind_of([ast.unparse(body)], "", names)
        case ast.Name() | ast.Attribute():
            return kind_of([f"{ast.unparse(node)}()"], "", names)
    return UNKNOWN


def _body(function: ast.FunctionDef) -> Iterator[str]:
    """Spell a factory as ``LoopVariant`` does: its statements, then what it returns."""
    *statements, last = function.body
    if not isinstance(last, ast.Return) or last.value is None:
        return
    value = last.value
    match statements[-1:], value:
        case [ast.Assign(targets=[ast.Name(id=name)], value=made)], ast.Name(id=handed) if (
            name == handed
        ):
            statements, value = statements[:-1], made
    yield from (ast.unparse(statement) for statement in statements)
    yield ast.unparse(value)


def _policy(function: ast.FunctionDef, names: Names) -> str:
    """Return the policy of a factory that sets it and makes a plain loop."""
    match function.body[:-1]:
        case [ast.Expr(value=ast.Call(func=func, args=[argument], keywords=[]))] if (
            names.resolve(func) == "asyncio.set_event_loop_policy"
        ):
            return ast.unparse(argument)
    return ""
