"""Functions of a project that make fixtures.

``shared = functools.partial(pytest.fixture, scope="session")``, or a function that hands another
to ``pytest.fixture``, says what a decorator says.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace

from loopscope.analysis.file.constants import Unknown, value_of
from loopscope.analysis.file.facts import Maker
from loopscope.analysis.file.fixture_calls import PARTIAL, Decoration, applied, decoration, parsed
from loopscope.analysis.file.names import Names
from loopscope.python_source.syntax_tree import is_docstring


def _sources(values: Mapping[str, ast.expr]) -> dict[str, str]:
    return {name: ast.unparse(value) for name, value in values.items()}


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
        return repr(value_of(parsed(text), names))
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
