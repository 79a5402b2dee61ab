"""Functions of a project that make fixtures, and fixtures that a call makes.

``shared = functools.partial(pytest.fixture, scope="session")``, a function that hands another to
``pytest.fixture``, and ``db = pytest.fixture(scope="module")(make_db)`` say what decorators say.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from loopscope.analysis.file.constants import Unknown, value_of
from loopscope.analysis.file.facts import Maker
from loopscope.analysis.file.names import Names, dotted
from loopscope.python_source.syntax_tree import is_docstring

FIXTURES = frozenset({"pytest.fixture", "pytest.yield_fixture", "pytest_asyncio.fixture"})
_ALIASES = {
    "pytest_asyncio.plugin.fixture": "pytest_asyncio.fixture",
    "_pytest.fixtures.fixture": "pytest.fixture",
}
PARTIAL = "functools.partial"


@dataclass(frozen=True, slots=True)
class Decoration:
    """What an expression gives a function that it decorates: a fixture with these keywords."""

    origin: str
    spelled: str
    keywords: Mapping[str, ast.expr]
    spread: tuple[str, ...] = ()  # ``**options`` that are no constants
    plain: bool = True  # the decorator itself is pytest's or pytest-asyncio's
    wraps: bool = False


def fixture_origin(func: ast.expr, names: Names) -> str | None:
    """Return pytest's or pytest-asyncio's ``fixture`` if that is what a name means."""
    origin = names.resolve(func) or ""
    origin = _ALIASES.get(origin, origin)
    return origin if origin in FIXTURES else None


def decoration(node: ast.expr, names: Names) -> Decoration | None:
    """Read an expression as a decorator that makes fixtures, None if it is none."""
    call = node if isinstance(node, ast.Call) else None
    func = call.func if call else node
    origin = fixture_origin(func, names)
    if origin is not None:
        keywords, spread = _keywords(call, names)
        if call and any(isinstance(item, ast.Starred) for item in call.args):
            return None
        if call and call.args and "scope" not in keywords:
            keywords["scope"] = call.args[0]
        return Decoration(origin, dotted(func) or origin, keywords, spread)
    if call is not None and call.args and names.resolve(func) == PARTIAL:
        inner = decoration(call.args[0], names)
        if inner is None or len(call.args) > 1:
            return None
        keywords, spread = _keywords(call, names)
        keywords = {**inner.keywords, **keywords}
        return replace(inner, keywords=keywords, spread=(*inner.spread, *spread), plain=False)
    if isinstance(func, ast.Call) and call is not None and not call.args:
        inner = decoration(func, names) if names.resolve(func.func) == PARTIAL else None
        keywords, spread = _keywords(call, names)
        if inner is None:
            return None
        return replace(inner, keywords={**inner.keywords, **keywords}, spread=spread)
    maker = names.maker(func)
    return _by_maker(maker, node, dotted(func) or "", names) if maker is not None else None


def _by_maker(maker: Maker, node: ast.expr, spelled: str, names: Names) -> Decoration | None:
    if not (maker.called if isinstance(node, ast.Call) else maker.direct):
        return None
    given = {name: _parsed(text) for name, text in maker.defaults.items()}
    more: dict[str, ast.expr] = {}
    spread: tuple[str, ...] = ()
    if isinstance(node, ast.Call):
        if len(node.args) > len(maker.parameters):
            return None
        given.update(zip(maker.parameters, node.args, strict=False))
        keywords, spread = _keywords(node, names)
        for name, value in keywords.items():
            if name in maker.parameters:
                given[name] = value
            elif maker.hands_on:
                more[name] = value
            else:
                return None
    filled = {n: _Filled(given).visit(_parsed(text)) for n, text in maker.keywords.items()}
    found = {**filled, **more}
    return Decoration(maker.origin, spelled, found, spread, plain=False, wraps=maker.wraps)


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _sources(values: Mapping[str, ast.expr]) -> dict[str, str]:
    return {name: ast.unparse(value) for name, value in values.items()}


class _Filled(ast.NodeTransformer):
    """Puts the arguments of a call in the place of the parameters."""

    def __init__(self, given: Mapping[str, ast.expr]) -> None:
        self._given = given

    def visit_Name(self, node: ast.Name) -> Any:
        return deepcopy(self._given.get(node.id, node))


def _keywords(call: ast.Call | None, names: Names) -> tuple[dict[str, ast.expr], tuple[str, ...]]:
    """Return the keywords of a call, and the names behind ``**`` that are not known."""
    found: dict[str, ast.expr] = {}
    spread: list[str] = []
    for item in call.keywords if call else ():
        if item.arg:
            found[item.arg] = item.value
            continue
        try:
            value = value_of(item.value, names)
        except Unknown:
            value = None
        if isinstance(value, dict):
            found.update({str(key): ast.Constant(one) for key, one in value.items()})
        else:
            spread.append(dotted(item.value) or "")
    return found, tuple(spread)


# -- functions that make fixtures ------------------------------------------------------------


def read_makers(body: Iterable[ast.stmt], names: Names) -> None:
    """Add what a module defines to ``names.makers``, in the order of its statements."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name):
                maker = _function(node, names) if not node.decorator_list else None
                if maker is not None:
                    names.makers[name] = maker
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                maker = _variable(value, names)
                if maker is not None:
                    names.makers[name] = maker
                    names.read.add(node.lineno)
            case ast.If() | ast.Try() | ast.With():
                for part in ("body", "orelse", "finalbody"):
                    read_makers(getattr(node, part, ()), names)
                for handler in getattr(node, "handlers", ()):
                    read_makers(handler.body, names)


def folded(maker: Maker, names: Names) -> Maker:
    """Return the maker as another file can use it: the constants of its own file are literals."""
    return replace(
        maker,
        keywords={name: _literal(text, names) for name, text in maker.keywords.items()},
        defaults={name: _literal(text, names) for name, text in maker.defaults.items()},
    )


def _literal(text: str, names: Names) -> str:
    try:
        return repr(value_of(_parsed(text), names))
    except Unknown:
        return text


def _variable(value: ast.expr, names: Names) -> Maker | None:
    """``shared = partial(pytest.fixture, …)``, ``pytest.fixture(…)`` or a lambda."""
    if isinstance(value, ast.Lambda):
        return _of_arguments(value.args, value.body, {}, names)
    if not isinstance(value, (ast.Call, ast.Name, ast.Attribute)):
        return None
    if isinstance(value, ast.Call) and applied(value, names) is not None:
        return None  # a fixture
    found = decoration(value, names)
    if found is None or found.spread:
        return None
    partial = isinstance(value, ast.Call) and names.resolve(value.func) == PARTIAL
    more = partial or not isinstance(value, ast.Call)
    return Maker(
        found.origin,
        _sources(found.keywords),
        direct=True,
        called=more,
        hands_on=more,
        wraps=found.wraps,
    )


def _function(node: ast.FunctionDef, names: Names) -> Maker | None:
    """Read a function that returns a fixture of its argument, or a decorator that does."""
    nested = {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}
    last = node.body[-1]
    if not isinstance(last, ast.Return) or last.value is None:
        return None
    defaults: dict[str, ast.expr] = {}
    optional = False
    for item in node.body[:-1]:
        if isinstance(item, ast.FunctionDef) or is_docstring(item):
            continue
        added = _default(item, node.args)
        if added is not None:
            defaults.update(added)
        elif _called_without(item, node.args):
            optional = True
        else:
            return None
    value = last.value
    if isinstance(value, ast.Name) and value.id in nested:
        inner = nested[value.id]
        wrapper = _wrapper(inner, node.args, names)
        return wrapper or _decorator(inner, node.args, defaults, names)
    found = _of_arguments(node.args, value, defaults, names)
    if found is not None and optional and found.direct:
        return replace(found, called=True)
    return None if optional else found


def _default(item: ast.stmt, arguments: ast.arguments) -> dict[str, ast.expr] | None:
    """``options.setdefault("scope", "session")``, where the function takes ``**options``."""
    match item:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name(id=owner), attr="setdefault"),
                args=[ast.Constant(value=str(key)), value],
            )
        ) if arguments.kwarg and owner == arguments.kwarg.arg:
            return {key: value}
    return None


def _called_without(item: ast.stmt, arguments: ast.arguments) -> bool:
    """``if function is None: return …``, for a decorator that may be called with options."""
    match item:
        case ast.If(
            test=ast.Compare(left=ast.Name(id=name), ops=[ast.Is()]),
            body=[ast.Return()],
            orelse=[],
        ):
            return bool(arguments.args) and arguments.args[0].arg == name
    return False


def _wrapper(inner: ast.FunctionDef, outer: ast.arguments, names: Names) -> Maker | None:
    """``@pytest.fixture @functools.wraps(function) def wrapper(…)``, returned."""
    if len(inner.decorator_list) != 2 or len(outer.args) != 1:
        return None
    first, second = inner.decorator_list
    found = decoration(first, names)
    match second:
        case ast.Call(func=func, args=[ast.Name(id=name)]) if (
            names.resolve(func) == "functools.wraps" and name == outer.args[0].arg
        ):
            if found is not None and not found.spread:
                return Maker(found.origin, _sources(found.keywords), direct=True, wraps=True)
    return None


def _decorator(
    inner: ast.FunctionDef,
    outer: ast.arguments,
    defaults: Mapping[str, ast.expr],
    names: Names,
) -> Maker | None:
    """Read a function whose value is the decorator that it defines."""
    body = [item for item in inner.body if not is_docstring(item)]
    if inner.decorator_list or len(body) != 1 or not isinstance(body[0], ast.Return):
        return None
    value = body[0].value
    if isinstance(value, ast.Call):
        func = _without_rest(value.func, outer)
        value = ast.Call(func, value.args, value.keywords) if func is not None else value
    made = applied(value, names)
    if made is None or not _is_first(made[1], inner.args):
        return None
    return _taking(outer, made[0], defaults, called=True)


def _of_arguments(
    arguments: ast.arguments, value: ast.expr, defaults: Mapping[str, ast.expr], names: Names
) -> Maker | None:
    """Read what a function returns: a fixture of its first argument, or a decorator."""
    if (plain := _without_rest(value, arguments)) is not None:
        found = decoration(plain, names)
        taking = _taking(arguments, found, defaults, called=True) if found is not None else None
        return replace(taking, direct=True) if taking is not None else None
    made = applied(value, names)
    if made is not None:
        if not _is_first(made[1], arguments):
            return None
        rest = deepcopy(arguments)
        rest.args = rest.args[1:]
        rest.defaults = rest.defaults[-len(rest.args) :] if rest.args else []
        return _taking(rest, made[0], defaults, called=False)
    if isinstance(value, ast.Lambda):
        inner = applied(value.body, names)
        if inner is None or not _is_first(inner[1], value.args):
            return None
        return _taking(arguments, inner[0], defaults, called=True)
    found = decoration(value, names)
    return _taking(arguments, found, defaults, called=True) if found is not None else None


def _without_rest(value: ast.expr | None, arguments: ast.arguments) -> ast.expr | None:
    """Return ``fixture(**options)`` for ``fixture(*args, **options)``, None for all else.

    What is handed on then is a function to decorate, or nothing.
    """
    match value:
        case ast.Call(func=func, args=[ast.Starred(value=ast.Name(id=name))], keywords=keywords):
            if arguments.vararg is not None and name == arguments.vararg.arg:
                return ast.Call(func, [], keywords)
    return None


def _is_first(node: ast.expr, arguments: ast.arguments) -> bool:
    first = arguments.args[:1]
    return isinstance(node, ast.Name) and bool(first) and first[0].arg == node.id


def _taking(
    arguments: ast.arguments,
    found: Decoration,
    defaults: Mapping[str, ast.expr],
    *,
    called: bool,
) -> Maker | None:
    positional = arguments.args
    given: dict[str, ast.expr] = {}
    if arguments.defaults:
        names = [item.arg for item in positional[-len(arguments.defaults) :]]
        given.update(zip(names, arguments.defaults, strict=True))
    for item, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if value is not None:
            given[item.arg] = value
    others = arguments.kwarg.arg if arguments.kwarg else ""
    if any(name != others for name in found.spread):
        return None
    return Maker(
        found.origin,
        _sources({**defaults, **found.keywords}),
        direct=not called,
        called=called,
        parameters=tuple(item.arg for item in (*positional, *arguments.kwonlyargs)),
        defaults=_sources(given),
        hands_on=bool(found.spread),
        wraps=found.wraps,
    )


# -- fixtures that a call makes ---------------------------------------------------------------


def applied(node: ast.expr | None, names: Names) -> tuple[Decoration, ast.expr] | None:
    """Read ``fixture(scope=…)(function)`` or ``fixture(function, scope=…)``."""
    if not isinstance(node, ast.Call) or not node.args:
        return None
    first = node.args[0]
    if isinstance(node.func, ast.Call):
        found = decoration(node.func, names) if len(node.args) == 1 and not node.keywords else None
        return (found, first) if found is not None else None
    maker = names.maker(node.func)
    if fixture_origin(node.func, names) is None and (maker is None or not maker.direct):
        return None
    if isinstance(first, ast.Constant):
        return None  # the scope, as it could be given once
    if maker is not None and not maker.called and not node.keywords:
        found = decoration(node.func, names)
    else:
        rest = ast.Call(node.func, node.args[1:], node.keywords)
        found = decoration(rest, names)
    return (found, first) if found is not None else None
