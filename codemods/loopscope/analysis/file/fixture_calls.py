"""Expressions that make fixtures: what a decorator, or a call, makes of a function.

``pytest.fixture(scope="module")``, a partial of it, and functions of the project that do the same.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from loopscope.analysis.file.constants import Unknown, value_of
from loopscope.analysis.file.facts import Maker
from loopscope.analysis.file.names import Names, dotted
from loopscope.frozen import frozen

FIXTURES = frozenset({"pytest.fixture", "pytest.yield_fixture", "pytest_asyncio.fixture"})
_ALIASES = {
    "pytest_asyncio.plugin.fixture": "pytest_asyncio.fixture",
    "_pytest.fixtures.fixture": "pytest.fixture",
}
PARTIAL = "functools.partial"


@frozen
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
    given = {name: parsed(text) for name, text in maker.defaults.items()}
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
    filled = {n: _Filled(given).visit(parsed(text)) for n, text in maker.keywords.items()}
    found = {**filled, **more}
    return Decoration(maker.origin, spelled, found, spread, plain=False, wraps=maker.wraps)


def parsed(text: str) -> ast.expr:
    """Parse the source of an expression."""
    return ast.parse(text, mode="eval").body


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
