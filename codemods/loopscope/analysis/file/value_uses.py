"""What a function does with the values that it gets: mention, hand on, await."""

from __future__ import annotations

import ast
import enum
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from loopscope.analysis.file.names import Names
from loopscope.python_source.syntax_tree import FunctionNode, walk


class Use(enum.IntEnum):
    """The strongest use of a value; ``max`` of two is the stronger one."""

    READ = 1  # asked for what is the same on any loop: whether it is there, closed, empty
    USED = 2  # called, compared, or mentioned in what is awaited
    PASSED = 3  # handed to a call, or stored; what is only returned is used by who gets it
    AWAITED = 4  # it, or what a call of it gives, is awaited, entered or iterated over


# What may be asked of an object of asyncio on any loop.
_READS = frozenset(
    {"is_closed", "is_running", "get_debug", "locked", "is_set", "empty", "full", "qsize", "done",
     "cancelled", "cancelling", "get_name", "get_coro", "is_serving", "at_eof", "is_closing",
     "get_extra_info", "parties", "n_waiting"}
)  # fmt: skip
_READERS = frozenset(
    {"isinstance", "type", "str", "repr", "len", "bool", "print", "id", "hasattr", "issubclass",
     "callable", "hash", "dir"}
)  # fmt: skip


def uses_in(node: FunctionNode, names: Names) -> Mapping[str, Use]:
    """Map the names that a function mentions to their uses; attributes of self are ``self.x``."""
    aliases: dict[str, set[str]] = defaultdict(set)
    for alias, origin in _aliases(node):
        aliases[alias].add(origin)
    found: dict[str, Use] = {}

    def note(name: str, use: Use) -> None:
        for one in (name, *_origins(name, aliases)) if name else ():
            found[one] = max(use, found.get(one, use))

    for child in walk(node):
        if isinstance(child, (ast.Name, ast.Attribute)) and isinstance(child.ctx, ast.Load):
            note(_name(child), Use.READ)
        for value in _used(child):
            note(_root(value), Use.USED)
        for value in _passed(child):
            note(_name(value), Use.PASSED)
        for value in _awaited(child, names):
            note(_root(value), Use.AWAITED)
    return found


def _aliases(node: FunctionNode) -> Iterator[tuple[str, str]]:
    """Map the variables to the name that they were taken from, if not by an await."""
    for child in walk(node):
        pairs: list[tuple[ast.expr, ast.expr]] = []
        match child:
            case ast.Assign(targets=targets, value=value):
                pairs = [(target, value) for target in targets]
            case ast.NamedExpr(target=target, value=value):
                pairs = [(target, value)]
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                pairs = [(target, value)]
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                pairs = [(target, value)]
            case ast.With(items=items) | ast.AsyncWith(items=items):
                pairs = [
                    (item.optional_vars, item.context_expr)
                    for item in items
                    if item.optional_vars is not None
                ]
        for target, value in pairs:
            root = _requested(value) or _root(value)
            for part in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
                if root and isinstance(part, ast.Name) and part.id != root:
                    yield part.id, root


def _requested(node: ast.expr) -> str:
    """Return the name in ``request.getfixturevalue("name")``."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="getfixturevalue"), args=[ast.Constant(value=str() as name)]
        ):
            return name
    return ""


def _origins(name: str, aliases: Mapping[str, Collection[str]]) -> Iterator[str]:
    seen, queue = {name}, [name]
    while queue:
        for origin in aliases.get(queue.pop(), ()):
            if origin not in seen:
                seen.add(origin)
                queue.append(origin)
                yield origin


def _name(node: ast.expr) -> str:
    """Return a plain name, or an attribute of the object itself."""
    if isinstance(node, ast.Name):
        return node.id
    if (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("self", "cls")
    ):
        return f"self.{node.attr}"
    return ""


def _root(node: ast.expr) -> str:
    """Return the name at the beginning of a chain of attributes, items and calls."""
    while True:
        if name := _name(node):
            return name
        if name := _requested(node):
            return name
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred)):
            node = node.value
        else:
            return ""


def _used(node: ast.AST) -> list[ast.expr]:
    """List what is called or compared, and all that stands in what is awaited."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=name)) if name not in _READS:
            return [value]
        case ast.Call(func=ast.Name() as func):
            return [func]
        case ast.Compare(left=left, comparators=others) if not any(map(_is_constant, others)):
            return [item for item in (left, *others) if _name(item)]
        case ast.Await(value=value):
            return [item for item in walk(value) if isinstance(item, (ast.Name, ast.Attribute))]
    return []


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, (ast.Constant, ast.List, ast.Tuple, ast.Dict))


def _passed(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in _READERS:
            return []
        case ast.Call(args=args, keywords=keywords):
            given = [*args, *(keyword.value for keyword in keywords)]
            return [part for item in given for part in _parts(item)]
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript(), *_], value=value):
            return [value]
    return []


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.Dict)):
        for item in node.values if isinstance(node, ast.Dict) else node.elts:
            yield from _parts(item)
    elif isinstance(node, ast.Starred):
        yield from _parts(node.value)
    else:
        yield node


def _awaited(node: ast.AST, names: Names) -> list[ast.expr]:
    match node:
        case ast.Await(value=value):
            return [value, *_arguments(value, names)]
        case ast.AsyncWith(items=items):
            return [item.context_expr for item in items]
        case ast.AsyncFor(iter=value):
            return [value]
        case ast.comprehension(iter=value, is_async=1):
            return [value]
        case ast.Call():
            return _arguments(node, names)
    return []


def _arguments(node: ast.expr, names: Names) -> list[ast.expr]:
    """List what is handed to a function of asyncio, which awaits it."""
    if not isinstance(node, ast.Call):
        return []
    origin = names.resolve(node.func) or ""
    if origin == "asyncio.sleep":
        return []
    if not origin.startswith("asyncio.") and not (
        isinstance(node.func, ast.Attribute) and node.func.attr in ("create_task", "start_soon")
    ):
        return []
    return [part for item in node.args for part in _elements(item)]


def _elements(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Starred):
        yield from _elements(node.value)
    elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        for item in node.elts:
            yield from _elements(item)
    elif isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)):
        yield node.elt
    elif not isinstance(node, ast.Attribute):
        yield node
