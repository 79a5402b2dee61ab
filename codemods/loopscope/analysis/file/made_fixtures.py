"""Fixtures that calls make: of functions of the file or of others, and of lambdas."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace

from loopscope.analysis.file.decorators import as_fixture, is_plain
from loopscope.analysis.file.facts import Fixture, Made
from loopscope.analysis.file.fixture_calls import PARTIAL, Decoration, applied
from loopscope.analysis.file.functions import given_functions, parameters
from loopscope.analysis.file.names import Names
from loopscope.frozen import frozen
from loopscope.python_source.syntax_tree import FUNCTIONS, FunctionNode

_COMPOUND = (ast.If, ast.Try, ast.With)


@frozen
class MadeByCall:
    """``name = fixture(…)(function)``: the fixture, and what it is made of."""

    name: str
    statement: ast.Assign | ast.AnnAssign
    decoration: Decoration
    function: ast.expr
    bound: tuple[ast.Call, ...] = ()  # a partial around the function
    conditional: bool = False


@frozen
class OfFunction:
    """A fixture made of a function: ``keywords`` of the call, ``given`` (bound) arguments."""

    fixture: Fixture
    keywords: dict[str, ast.expr]
    given: frozenset[str] = frozenset()
    conditional: bool = False


@frozen
class MadeFixtures:
    """``functions`` are those of the file by name, ``lambdas`` stand in the calls themselves.

    ``of_plugin`` are those in the place of the plugin's own ``event_loop``, with the line of that.
    """

    functions: dict[str, OfFunction] = field(default_factory=dict)
    lambdas: tuple[tuple[ast.FunctionDef, OfFunction], ...] = ()
    elsewhere: tuple[Made, ...] = ()
    of_plugin: Mapping[str, int] = field(default_factory=dict)


def read_made(tree: ast.Module, names: Names) -> MadeFixtures:
    """Read the fixtures that calls at module level make; ``names.read`` gets their lines."""
    calls = list(made_by_call(tree.body, names))
    found = [one for one in calls if _is_known(one)]
    made = MadeFixtures()
    for name, fixture in names.elsewhere.made.items():
        made.functions[name] = OfFunction(fixture, {})
    if not calls:
        return made
    defined = {item.name: item for item in _module_functions(tree.body)}
    names.read |= {one.statement.lineno for one in calls if _needs_nothing(one, defined)}
    used = Counter(one.function.id for one in found if isinstance(one.function, ast.Name))
    mentions = Counter(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    lambdas: list[tuple[ast.FunctionDef, OfFunction]] = []
    elsewhere: list[Made] = []
    for one in found:
        function = one.function
        if isinstance(function, ast.Lambda):
            if not one.bound and (one.name == "event_loop" or not _mentions_asyncio(function)):
                lambdas.append((_as_function(one.name, function), _of(one, names, private=False)))
                names.read.add(one.statement.lineno)
        elif isinstance(function, ast.Name) and function.id in defined:
            node = defined[function.id]
            if node.decorator_list or used[function.id] > 1:
                continue
            if one.decoration.wraps and not is_plain(node):
                continue
            private = mentions[function.id] == 1 and not one.bound
            if not private and "event_loop" in parameters(node, method=False)[1]:
                continue  # its argument cannot go: others hand it over
            made.functions[function.id] = _of(one, names, node, private=private)
            names.read.add(one.statement.lineno)
        elif not one.bound:
            for origin in names.of_elsewhere(function):
                if origin in names.elsewhere.taken:
                    names.read.add(one.statement.lineno)
                elsewhere.append(Made(origin, _of(one, names, private=False).fixture))
    return replace(made, lambdas=tuple(lambdas), elsewhere=tuple(elsewhere))


def _is_known(one: MadeByCall) -> bool:
    return not one.decoration.spread and isinstance(
        one.function, (ast.Name, ast.Attribute, ast.Lambda)
    )


def _needs_nothing(one: MadeByCall, defined: Mapping[str, FunctionNode]) -> bool:
    """Whether a function of the file makes a sync fixture that asks for nothing, also no loop."""
    match one.function:
        case ast.Call(func=ast.Name(id=name)) if name in defined and one.name != "event_loop":
            given = given_functions(defined[name])
            plain = not any(item.is_async or item.parameters for item in given)
            return bool(given) and plain and "loop" not in ast.unparse(defined[name])
    return False


def _module_functions(
    body: list[ast.stmt],
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for item in body:
        if isinstance(item, FUNCTIONS):
            yield item
        elif isinstance(item, (ast.If, ast.Try)):
            yield from _module_functions([*item.body, *item.orelse])


def _of(
    one: MadeByCall,
    names: Names,
    node: ast.FunctionDef | ast.AsyncFunctionDef | None = None,
    *,
    private: bool = True,
) -> OfFunction:
    fixture = as_fixture(one.decoration, one.name, names, 1 if private else 2)
    fixture = replace(fixture, bound=one.name, line=one.statement.lineno, private=private)
    given: set[str] = set()
    for call in one.bound if node is not None else ():
        assert node is not None
        wanted, _ = parameters(node, method=False)
        given |= {*wanted[: len(call.args) - 1], *(item.arg or "" for item in call.keywords)}
    return OfFunction(fixture, dict(one.decoration.keywords), frozenset(given), one.conditional)


def _mentions_asyncio(function: ast.Lambda) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id in ("asyncio", "get_event_loop")
        for node in ast.walk(function)
    )


def _as_function(name: str, function: ast.Lambda) -> ast.FunctionDef:
    """Write a lambda as the function that does the same."""
    node = ast.FunctionDef(
        name=name, args=function.args, body=[ast.Return(function.body)], decorator_list=[]
    )
    ast.copy_location(node, function)
    return ast.fix_missing_locations(node)


def made_by_call(
    body: Iterable[ast.stmt], names: Names, *, conditional: bool = False
) -> Iterator[MadeByCall]:
    """Find the fixtures that assignments of a module make."""
    for node in body:
        if isinstance(node, _COMPOUND):
            for part in ("body", "orelse", "finalbody"):
                yield from made_by_call(getattr(node, part, ()), names, conditional=True)
            for handler in getattr(node, "handlers", ()):
                yield from made_by_call(handler.body, names, conditional=True)
            continue
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        made = applied(value, names)
        if made is None:
            continue
        found, function = made
        bound: tuple[ast.Call, ...] = ()
        if isinstance(function, ast.Call) and names.resolve(function.func) == PARTIAL:
            bound, function = (function,), function.args[0]
        yield MadeByCall(name, node, found, function, bound, conditional)
