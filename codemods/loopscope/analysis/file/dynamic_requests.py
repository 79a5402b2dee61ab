"""Requests at run time: the names that a function passes to ``getfixturevalue``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from glob import escape
from typing import TypeGuard

from loopscope.analysis.file.constants import text_of
from loopscope.analysis.file.decorators import parameter_values
from loopscope.analysis.file.names import Constants, Names, dotted, last_name
from loopscope.frozen import frozen
from loopscope.python_source.syntax_tree import walk

_LOOP = "event_loop"
_ADDING = ("append", "insert", "extend")


@frozen
class Requests:
    """The names that one function passes to ``getfixturevalue``.

    ``built`` are the lines where the name is put together and may be that of the loop.
    """

    names: tuple[str, ...] = ()  # "" where it is not known
    built: tuple[int, ...] = ()


def dynamic_requests(
    node: ast.FunctionDef | ast.AsyncFunctionDef, module: Constants, origins: Names
) -> Requests:
    """List the names that the function may request at run time.

    A name that is no literal counts as that of the loop where the function, its decorators
    or the constants that it mentions hold this name.
    """
    known = {**module, **_locals(node)}
    own = origins.with_local((), known)
    is_async = isinstance(node, ast.AsyncFunctionDef)
    given = parameter_values(node.decorator_list, origins)
    names: list[str] = []
    built: list[int] = []
    for line, value in _values(node):
        values = given.get(value.id) if isinstance(value, ast.Name) else None
        if values is not None and not (is_async and _LOOP in values):
            names += values
            continue
        name = spelled(value, own)
        if name.strip("*") == "" and _mentions_loop(node, own):
            name = _LOOP
        names.append("" if "*" in name else name)
        partly = "*" in name and name.strip("*") and fnmatchcase(_LOOP, name)
        awkward = is_async and name == _LOOP and not isinstance(value, ast.Constant)
        if partly or awkward:
            built.append(line)
    return Requests(tuple(names), tuple(built))


def passed_names(
    node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names
) -> tuple[tuple[str, str], ...]:
    """List the names that the function hands to what may ask for fixtures, with what it calls.

    ``get(request, "db")``, and ``get("db")`` of an argument ``get``.
    """
    own: Names | None = None
    given = {item.arg for item in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
    found: dict[tuple[str, str], None] = {}
    for child in walk(node):
        if not isinstance(child, ast.Call) or not (callee := dotted(child.func)):
            continue
        values = [*child.args, *(item.value for item in child.keywords)]
        if callee not in given and not any(_is_request(value) for value in values):
            continue
        if own is None:
            own = names.with_local((), {**names.constants, **_locals(node)})
        target = callee if callee in given else names.resolve(child.func) or callee
        for value in values:
            name = spelled(value, own)
            found.update({(target, name): None} if name.isidentifier() else {})
    return tuple(found)


def _is_request(node: ast.expr) -> bool:
    """``request``, ``self.request``, ``self._request``."""
    return isinstance(node, (ast.Name, ast.Attribute)) and last_name(node).endswith("request")


def passes_loop_name(node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names) -> bool:
    """Whether the function hands the name of the loop to another: ``get(request, "event_loop")``.

    Not to what only looks at attributes or marks.
    """
    own = names.with_local((), {**names.constants, **_locals(node)})
    return any(
        spelled(value, own) == _LOOP
        for statement in node.body
        for child in walk(statement)
        if isinstance(child, ast.Call)
        and isinstance(child.func, (ast.Name, ast.Attribute))
        and last_name(child.func)
        not in ("getattr", "hasattr", "setattr", "delattr", "usefixtures")
        for value in (*child.args, *(item.value for item in child.keywords))
    )


def words_for_loop(names: Names) -> tuple[str, ...]:
    """List what stands in a line that means the name of the loop: itself, or a constant of it."""
    own = (name for name, value in names.constants.items() if _holds_loop(value))
    elsewhere = (
        name.rpartition(".")[2]
        for name, value in names.elsewhere.constants.items()
        if _holds_loop(ast.Constant(value))  # type: ignore[arg-type]
    )
    found = {*own, *elsewhere}
    origins = names.origins.items() if found else ()
    aliases = (name for name, origin in origins if origin.rpartition(".")[2] in found)
    return (_LOOP, *sorted({*found, *aliases}))


def _values(node: ast.AST) -> Iterator[tuple[int, ast.expr]]:
    """Yield the arguments of ``getfixturevalue`` and the additions to ``fixturenames``."""
    called = set()
    for child in walk(node):
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute):
            func, values = child.func, [*child.args, *(item.value for item in child.keywords)]
            if func.attr == "getfixturevalue" and values:
                called.add(func)
                yield child.lineno, values[0]
            elif func.attr in _ADDING and is_fixture_names(func.value):
                for value in values:
                    items = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
                    yield from ((child.lineno, item) for item in items if is_loop_name(item))
        elif _hands_on(child) and child not in called:
            yield child.lineno, child


def _hands_on(node: ast.AST) -> TypeGuard[ast.Attribute]:
    """``request.getfixturevalue`` as a value, to be called elsewhere."""
    return isinstance(node, ast.Attribute) and node.attr == "getfixturevalue"


def is_fixture_names(node: ast.expr) -> bool:
    """``request.fixturenames``."""
    return isinstance(node, ast.Attribute) and node.attr == "fixturenames"


def is_loop_name(node: ast.AST) -> bool:
    """``"event_loop"``."""
    return isinstance(node, ast.Constant) and node.value == _LOOP


def _locals(node: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, ast.expr]:
    """Map the local variables that are assigned once; all others are known at run time only."""
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    found: dict[str, ast.expr] = {item.arg: ast.Name("") for item in arguments}
    for child in walk(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            found[child.id] = ast.Name("")
    for child in node.body:
        if isinstance(child, ast.Assign) and isinstance(child.targets[0], ast.Name):
            found[child.targets[0].id] = child.value
    return found


def spelled(node: ast.expr, names: Names, depth: int = 5) -> str:
    """Spell the string that an expression gives, with a star for each unknown part."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return escape(node.value)
    if isinstance(node, ast.Name) and node.id in names.constants and depth:
        return spelled(names.constants[node.id], names, depth - 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return spelled(node.left, names, depth) + spelled(node.right, names, depth)
    if isinstance(node, ast.FormattedValue) and node.conversion == -1 and not node.format_spec:
        return spelled(node.value, names, depth)
    if isinstance(node, ast.JoinedStr):
        return "".join(spelled(value, names, depth) for value in node.values)
    text = text_of(node, names)
    return "*" if text is None else escape(text)


def _mentions_loop(node: ast.AST, names: Names) -> bool:
    """Whether the name of the loop stands in a function, or in a constant that it mentions."""
    mentioned = (
        names.constant(child)
        for child in walk(node)
        if isinstance(child, (ast.Name, ast.Attribute))
    )
    places = [node, *(value for value in mentioned if value is not None)]
    return any(_holds_loop(child) for place in places for child in walk(place))


def _holds_loop(node: ast.AST) -> bool:
    """Whether a literal is the name of the loop, or the value of a constant that holds it."""
    value: object = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, dict):
        return _LOOP in (*value, *value.values())
    return _LOOP in value if isinstance(value, (list, tuple)) else value == _LOOP
