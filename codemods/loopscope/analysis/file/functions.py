"""Facts about one function: its parameters and body, which loops and names stand in it.

Facts about lines stand here, too: the comments that are meant for loopscope.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from loopscope.analysis.file.calls import CURRENT_LOOP
from loopscope.analysis.file.facts import GivenFunction
from loopscope.analysis.file.names import Names, last_name
from loopscope.python_source.syntax_tree import (
    DEFINITIONS,
    FUNCTIONS,
    NESTED,
    FunctionNode,
    blocks,
    children,
    nodes_of,
    own,
    own_nodes,
)

_NO_ARGUMENTS = ("self", "cls")

_IGNORE = re.compile(r"#\s*loopscope:\s*ignore(?:\[([A-Z0-9,\s]+)\])?")
_ANNOTATION = re.compile(r"#\s*loopscope:\s*(LS\d{3})\b")

RUNNING_LOOP = frozenset({"asyncio.get_running_loop", "asyncio.events.get_running_loop"})
_QUIET = ("raises", "suppress")  # pytest.raises, contextlib.suppress, assertRaises


def parameters(node: FunctionNode, method: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the parameters that pytest fills, and all of them."""
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = positional[: len(positional) - len(arguments.defaults)]
    required += [
        item
        for item, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is None
    ]
    names = [item.arg for item in required]
    static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)
    if names and ((method and not static) or names[0] in _NO_ARGUMENTS):
        names = names[1:]
    everything = [item.arg for item in [*positional, *arguments.kwonlyargs]]
    return tuple(names), tuple(everything)


def is_alias(node: FunctionNode) -> bool:
    """``def loop(event_loop): return event_loop``, the usual bridge to other plugins."""
    body = [item for item in node.body if not isinstance(item, ast.Expr) or _yields(item)]
    if len(body) != 1:
        return False
    last = body[0]
    value = last.value if isinstance(last, (ast.Return, ast.Expr)) else None
    value = value.value if isinstance(value, ast.Yield) else value
    return isinstance(value, ast.Name) and value.id == "event_loop"


def returns_call(node: FunctionNode) -> bool:
    """Recognize a ``def`` that returns the result of some call, such as a coroutine."""
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(item, ast.Return) and isinstance(item.value, ast.Call) for item in node.body
    )


def given_functions(node: FunctionNode) -> tuple[GivenFunction, ...]:
    """List the functions inside of one that its ``return`` mentions, and the tests of classes."""
    if not any(isinstance(child, NESTED) for child in node.body):
        return ()
    returned = {
        name.id
        for item in own(node, ast.Return)
        if item.value is not None
        for name in ast.walk(item.value)
        if isinstance(name, ast.Name)
    }
    found: list[GivenFunction] = []
    for item in own_nodes(node):
        if isinstance(item, FUNCTIONS) and item.name in returned:
            if not any(map(_names_fixtures, item.decorator_list)):
                found.append(_given(item))
        elif isinstance(item, ast.ClassDef) and item.name in returned:
            methods = (one for one in item.body if isinstance(one, FUNCTIONS))
            found += (_given(one, True) for one in methods if one.name.startswith("test"))
    return tuple(found)


def _given(node: FunctionNode, in_class: bool = False) -> GivenFunction:
    is_async = isinstance(node, ast.AsyncFunctionDef)
    return GivenFunction(is_async, parameters(node, method=False)[0], in_class)


def _names_fixtures(decorator: ast.expr) -> bool:
    func = decorator.func if isinstance(decorator, ast.Call) else decorator
    return last_name(func).endswith("fixture")


def decorated_by(node: FunctionNode) -> tuple[str, ...]:
    """List the decorators that are plain names, called or not."""
    decorators = (
        item.func if isinstance(item, ast.Call) else item for item in node.decorator_list
    )
    return tuple(item.id for item in decorators if isinstance(item, ast.Name))


def _yields(node: ast.Expr) -> bool:
    return isinstance(node.value, ast.Yield)


def is_generator(node: FunctionNode) -> bool:
    """Whether the function itself yields; the functions inside it do not count."""
    stack: list[ast.AST] = list(node.body)
    while stack:
        child = stack.pop()
        if isinstance(child, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(child, NESTED):
            stack += children(child)
    return False


_OF_COROUTINES = frozenset(
    {"send", "throw", "close", "asend", "athrow", "aclose", "__await__", "__anext__", "__aiter__"}
)

# What follows a name that may be passed on, returned or stored as it is.
_UNCHANGED = re.compile(r"\s*(?:[,)\]}#;\\\n]|$|\.[\s\\]*(?:a?send|a?throw|a?close|__\w+__)\b)")


def handed_on(node: FunctionNode, names: tuple[str, ...], lines: Sequence[str]) -> frozenset[str]:
    """List the arguments that a function passes on, returns or stores, unchanged."""
    if not names:
        return frozenset()
    body = "\n".join(lines[node.body[0].lineno - 1 : node.end_lineno])
    words = [name for name in names if _is_unchanged(name, body)]
    if not words:
        return frozenset()
    return frozenset(
        value.id
        for child in nodes_of(node)
        if child.__class__ in _HANDING
        for value in _handed(child)
        if isinstance(value, ast.Name) and value.id in words
    )


def _is_unchanged(name: str, body: str) -> bool:
    """Whether a name may stand for itself somewhere in a text; a syntax tree takes longer."""
    at = body.find(name)
    while at >= 0:
        at += len(name)
        if _UNCHANGED.match(body, at):
            return True
        at = body.find(name, at)
    return False


_HANDING = frozenset({
    ast.Call, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Assign, ast.AnnAssign, ast.NamedExpr,
    ast.Return, ast.Yield, ast.Starred, ast.Attribute,
})  # fmt: skip


def _handed(node: ast.AST) -> Sequence[ast.expr]:
    match node:
        case ast.Call(args=args, keywords=keywords):
            return [*args, *(keyword.value for keyword in keywords)]
        case ast.List(elts=values) | ast.Tuple(elts=values) | ast.Set(elts=values):
            return values
        case ast.Dict(values=values):
            return values
        case (
            ast.Assign(value=ast.expr() as value)
            | ast.AnnAssign(value=ast.expr() as value)
            | ast.NamedExpr(value=ast.expr() as value)
            | ast.Return(value=ast.expr() as value)
            | ast.Yield(value=ast.expr() as value)
            | ast.Starred(value=ast.expr() as value)
        ):
            return [value]
        case ast.Attribute(value=value, attr=name) if name in _OF_COROUTINES:
            return [value]
    return ()


# The first name behind ``await``, or ``in`` of an ``async for``; a syntax tree takes longer.
_AWAITED = re.compile(r"\b(?:await|in)\b(?=(?:[\s(\\]|#[^\n]*\n)*(\w+))")


def awaited(
    node: FunctionNode, names: tuple[str, ...], lines: Sequence[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """List the arguments that a function awaits, or iterates over asynchronously, unchanged.

    Also those of them with which its own body does nothing else.
    """
    text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
    if frozenset(names).isdisjoint(_AWAITED.findall(text)):
        return frozenset(), frozenset()
    values = [
        child.value if isinstance(child, ast.Await) else child.iter
        for child in nodes_of(node)
        if isinstance(child, (ast.Await, ast.AsyncFor))
    ]
    found = frozenset(
        value.id for value in values if isinstance(value, ast.Name) and value.id in names
    )
    if not found:
        return found, found
    awaits = {id(child.value) for child in own(node, ast.Await)}
    other = {
        child.id
        for child in nodes_of(node)
        if isinstance(child, ast.Name) and child.id in found and id(child) not in awaits
    }
    return found, found - other


def ignores(lines: Sequence[str]) -> Mapping[int, tuple[str, ...]]:
    """Return the codes that are ignored on a line (1-based); "" stands for all of them."""
    found = {}
    for number, line in enumerate(lines, 1):
        if "loopscope" in line and (match := _IGNORE.search(line)):
            codes = match.group(1)
            found[number] = tuple(code.strip() for code in codes.split(",")) if codes else ("",)
    return found


def left_annotations(lines: Sequence[str]) -> Mapping[int, str]:
    """Return the code that an earlier run left on a line (1-based)."""
    return {
        number: match.group(1)
        for number, line in enumerate(lines, 1)
        if "loopscope" in line and (match := _ANNOTATION.search(line))
    }


def own_statements(node: ast.AST) -> Iterator[ast.stmt]:
    """Yield the statements among ``own_nodes``, in the same order, without their expressions."""
    for child in blocks(node):
        yield child
        if not isinstance(child, DEFINITIONS):
            yield from own_statements(child)


def is_current_loop(node: ast.expr, names: Names) -> bool:
    """``asyncio.get_event_loop()``, ``asyncio.get_running_loop()`` and the like."""
    return (
        isinstance(node, ast.Call)
        and not node.args
        and names.resolve(node.func) in CURRENT_LOOP | RUNNING_LOOP
    )


def current_loops(node: ast.AST, names: Names) -> frozenset[str]:
    """Find the variables of a function that never hold anything but the current loop, or None."""
    stored: Counter[str] = Counter()
    current: Counter[str] = Counter()
    nothing: Counter[str] = Counter()
    policies = _policies(node, names)
    for child in ast.walk(node):
        if isinstance(child, ast.Name) and not isinstance(child.ctx, ast.Load):
            stored[child.id] += 1
        elif isinstance(child, ast.arg):
            stored[child.arg] += 1
        elif (
            isinstance(child, ast.Assign)
            and len(child.targets) == 1
            and isinstance(child.targets[0], ast.Name)
        ):
            name, value = child.targets[0].id, child.value
            current[name] += is_current_loop(value, names) or _of_policy(value, policies)
            nothing[name] += isinstance(value, ast.Constant) and value.value is None
    return frozenset(
        name
        for name, number in current.items()
        if number and stored[name] == number + nothing[name]
    )


def _policies(node: ast.AST, names: Names) -> frozenset[str]:
    return frozenset(
        child.targets[0].id
        for child in ast.walk(node)
        if isinstance(child, ast.Assign)
        and isinstance(child.targets[0], ast.Name)
        and isinstance(child.value, ast.Call)
        and names.resolve(child.value.func) == "asyncio.get_event_loop_policy"
    )


def _of_policy(node: ast.expr, policies: frozenset[str]) -> bool:
    """``policy.get_event_loop()``."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get_event_loop")):
            return name in policies
    return False


def expects_error(node: ast.AST) -> bool:
    """Whether the statement is a ``with pytest.raises(…)`` or ``with suppress(…)``."""
    if not isinstance(node, (ast.With, ast.AsyncWith)):
        return False
    for item in node.items:
        call = item.context_expr
        func = call.func if isinstance(call, ast.Call) else call
        name = last_name(func)
        if name.lower().endswith(_QUIET) or name.startswith("assertRaises"):
            return True
    return False


def arguments(node: FunctionNode) -> frozenset[str]:
    """List the names of all parameters."""
    given = node.args
    every = (*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg)
    return frozenset(argument.arg for argument in every if argument is not None)


def names_in(node: ast.AST) -> frozenset[str]:
    """Collect the names that are read or written in a node."""
    return frozenset(child.id for child in ast.walk(node) if isinstance(child, ast.Name))
