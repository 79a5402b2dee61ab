"""What a ``pytest_asyncio_loop_factories`` hook returns: the kinds of loop, or none.

See docs/loop-rules.md, Loop factories: every path must return a mapping that is not empty.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from loopscope.analysis.file.checks import position
from loopscope.analysis.file.facts import Position
from loopscope.analysis.file.loop_factories import read_variant, unparsed
from loopscope.analysis.file.loop_kinds import UNKNOWN, kind_of
from loopscope.analysis.file.names import Names
from loopscope.python_source.syntax_tree import FunctionNode, own_nodes

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


_CHANGING = frozenset({"update", "setdefault"})


def empty_returns(node: FunctionNode, names: Names) -> Iterator[Position]:
    """Find what returns None, an empty mapping or none at all; the detail says which."""
    nodes = list(own_nodes(node))
    if node.name != FACTORIES_HOOK or any(isinstance(one, ast.Yield) for one in nodes):
        return
    for one in nodes:
        if isinstance(one, ast.Return):
            what = "None" if one.value is None else _what(one.value, node)
            if what:
                yield position(one, f"this path returns {what}")
    if not _ends(node.body):
        yield position(node, "one path through this hook ends without a return")


def _what(value: ast.expr, function: FunctionNode) -> str:
    """Say what is wrong with a returned value, "" where nothing is seen to be."""
    match value:
        case ast.Constant(value=None):
            return "None"
        case ast.Dict(keys=[]) | ast.Call(func=ast.Name(id="dict"), args=[], keywords=[]):
            return "an empty mapping"
        case ast.List() | ast.Tuple() | ast.Set() | ast.Constant():
            return "no mapping"
        case ast.IfExp(body=one, orelse=other):
            return _what(one, function) or _what(other, function)
        case ast.BoolOp(values=values):
            last = values[-1] if isinstance(value.op, ast.Or) else values[0]
            return _what(last, function)
        case ast.Name(id=name):
            return _held(name, function)
    return ""


def _held(name: str, function: FunctionNode) -> str:
    """Say what a variable still holds at the end, where only some paths give it a value."""
    what = ""
    for statement in function.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                what = "" if isinstance(value, ast.Name) else _what(value, function)
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if (
                target == name
            ):
                what = "" if isinstance(value, ast.Name) else _what(value, function)
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=target))]) if target == name:
                what = ""
            case ast.Expr(
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=target), attr=attribute))
            ) if target == name and attribute in _CHANGING:
                what = ""
            case ast.If(body=body, orelse=orelse) if what:
                if orelse and all(_sets(name, part) or _ends(part) for part in (body, orelse)):
                    what = ""
            case ast.For() | ast.While() | ast.With() | ast.Try() | ast.Match():
                what = ""  # not followed
    return what


def _sets(name: str, body: Sequence[ast.stmt]) -> bool:
    return any(
        isinstance(child, ast.Name) and child.id == name and not isinstance(child.ctx, ast.Del)
        for statement in body
        for child in ast.walk(statement)
    )


def _ends(body: Sequence[ast.stmt]) -> bool:
    """Whether no path leads past these statements."""
    for statement in body:
        match statement:
            case ast.Return() | ast.Raise():
                return True
            case ast.If(body=inner, orelse=other) if other and _ends(inner) and _ends(other):
                return True
            case ast.With(body=inner) if _ends(inner):
                return True
            case ast.While(test=ast.Constant(value=True)):
                return True
            case ast.Match(cases=cases) if all(_ends(case.body) for case in cases):
                last = cases[-1]
                if last.guard is None and isinstance(last.pattern, ast.MatchAs):
                    return last.pattern.pattern is None
            case ast.Try(body=inner, handlers=handlers, orelse=other, finalbody=final):
                caught = all(_ends(handler.body) for handler in handlers)
                if _ends(final) or ((_ends(inner) or _ends(other)) and caught):
                    return True
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr="fail" | "skip" | "exit"))):
                return True  # of pytest: they raise
    return False
