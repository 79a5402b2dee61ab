"""Read decorators: fixtures, parametrize."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from loopscope.analysis.file.facts import Fixture, ScopeKind
from loopscope.analysis.file.names import Names, dotted
from loopscope.types import Scope

FIXTURES = frozenset({"pytest.fixture", "pytest.yield_fixture", "pytest_asyncio.fixture"})
_ALIASES = {"pytest_asyncio.plugin.fixture": "pytest_asyncio.fixture"}


def read_fixture(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    names: Names,
    constants: Mapping[str, ast.expr] | None = None,
) -> Fixture | None:
    """Read the function as a fixture, or return None if it is none.

    ``constants`` are the values of the module's variables, which may give its name and scope.
    """
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        func = call.func if call else decorator
        origin = names.resolve(func)
        origin = _ALIASES.get(origin or "", origin)
        if origin in FIXTURES:
            return _fixture(node, call, origin, dotted(func) or origin, constants or {})
    return None


def _fixture(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    call: ast.Call | None,
    origin: str,
    spelled: str,
    constants: Mapping[str, ast.expr],
) -> Fixture:
    keywords = {item.arg: item.value for item in call.keywords if item.arg} if call else {}
    if call and call.args and "scope" not in keywords:
        keywords["scope"] = call.args[0]
    for keyword, value in keywords.items():
        if isinstance(value, ast.Name) and _string(constants.get(value.id)) is not None:
            keywords[keyword] = constants[value.id]
    scope, kind = _scope(keywords.get("scope"))
    name = keywords.get("name")
    autouse = keywords.get("autouse")
    return Fixture(
        origin=origin,
        spelled=spelled,
        name=_string(name) or node.name,
        scope=scope,
        scope_kind=kind,
        loop_scope=Scope.parse(_string(keywords.get("loop_scope"))),
        autouse=not (autouse is None or (isinstance(autouse, ast.Constant) and not autouse.value)),
        keywords=tuple(keywords),
        decorators=len(node.decorator_list),
    )


def _scope(node: ast.expr | None) -> tuple[Scope, ScopeKind]:
    if node is None:
        return Scope.FUNCTION, ScopeKind.ABSENT
    scope = Scope.parse(_string(node))
    if scope is not None:
        return scope, ScopeKind.LITERAL
    # A callable scope: the widest word that it could mean.
    return Scope.SESSION, ScopeKind.CALLABLE


def _string(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def parametrized(decorators: Sequence[ast.expr], names: Names) -> frozenset[str]:
    """List the arguments that parametrize gives directly, for which no fixture is requested."""
    found: set[str] = set()
    for decorator in decorators:
        if not isinstance(decorator, ast.Call) or not decorator.args:
            continue
        if names.resolve(decorator.func) != "pytest.mark.parametrize":
            continue
        indirect = _indirect(decorator)
        if indirect is None:
            continue
        first = decorator.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            found.update(name.strip() for name in first.value.split(","))
        elif isinstance(first, (ast.List, ast.Tuple)):
            found.update(text for text in map(_string, first.elts) if text)
        found -= indirect
    return frozenset(found)


def _indirect(call: ast.Call) -> set[str] | None:
    """List the indirect names; None means all of them."""
    for keyword in call.keywords:
        if keyword.arg == "indirect":
            value = keyword.value
            if isinstance(value, (ast.List, ast.Tuple)):
                return {text for text in map(_string, value.elts) if text}
            if isinstance(value, ast.Constant) and value.value is False:
                return set()
            return None
    return set()
