"""Read decorators: fixtures, marks, parametrize."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from loopscope.facts.model import Fixture, Mark, ScopeKind
from loopscope.facts.names import Names, dotted
from loopscope.scopes import Scope

FIXTURES = frozenset({"pytest.fixture", "pytest.yield_fixture", "pytest_asyncio.fixture"})
_ALIASES = {"pytest_asyncio.plugin.fixture": "pytest_asyncio.fixture"}
_MARK = "pytest.mark."


def read_fixture(node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names) -> Fixture | None:
    """The fixture that the function is, or None."""
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        func = call.func if call else decorator
        origin = names.resolve(func)
        origin = _ALIASES.get(origin or "", origin)
        if origin in FIXTURES:
            return _fixture(node, call, origin, dotted(func) or origin)
    return None


def _fixture(
    node: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call | None, origin: str, spelled: str
) -> Fixture:
    keywords = {item.arg: item.value for item in call.keywords if item.arg} if call else {}
    if call and call.args and "scope" not in keywords:
        keywords["scope"] = call.args[0]
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
        has_params="params" in keywords,
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


def marks_in(
    node: ast.expr,
    names: Names,
    variables: Mapping[str, tuple[Mark, ...]],
    *,
    path: str,
    ordinal: int | None = None,
    statement: int | None = None,
) -> Iterator[Mark]:
    """The marks that a decorator, or the value of a ``pytestmark``, applies."""
    if isinstance(node, (ast.List, ast.Tuple)):
        for item in node.elts:
            yield from marks_in(
                item, names, variables, path=path, ordinal=ordinal, statement=statement
            )
        return
    if isinstance(node, ast.Name) and node.id in variables:
        yield from variables[node.id]
        return
    call = node if isinstance(node, ast.Call) else None
    func = call.func if call else node
    resolved = names.resolve(func)
    if resolved is None or not resolved.startswith(_MARK):
        return
    yield Mark(
        name=resolved[len(_MARK) :],
        spelled=dotted(func) or resolved,
        line=node.lineno,
        path=path,
        ordinal=ordinal,
        statement=statement,
        strings=tuple(
            text for text in map(_string, call.args if call else ()) if text is not None
        ),
        keywords={
            item.arg: _literal(item.value) for item in (call.keywords if call else ()) if item.arg
        },
    )


def param_marks(
    decorators: Sequence[ast.expr], names: Names, path: str, ordinal: int
) -> Iterator[Mark]:
    """The asyncio marks of single parameters: ``pytest.param(…, marks=…)``."""
    for decorator in decorators:
        if not isinstance(decorator, ast.Call):
            continue
        if names.resolve(decorator.func) != f"{_MARK}parametrize":
            continue
        for child in ast.walk(decorator):
            if not isinstance(child, ast.keyword) or child.arg != "marks":
                continue
            for mark in marks_in(child.value, names, {}, path=path, ordinal=ordinal):
                yield replace(mark, inside=True)


def _literal(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return None


def parametrized(decorators: Sequence[ast.expr], names: Names) -> frozenset[str]:
    """The arguments that parametrize gives directly: no fixture is asked for them."""
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
    """The names that are indirect; None where all of them are."""
    for keyword in call.keywords:
        if keyword.arg == "indirect":
            value = keyword.value
            if isinstance(value, (ast.List, ast.Tuple)):
                return {text for text in map(_string, value.elts) if text}
            if isinstance(value, ast.Constant) and value.value is False:
                return set()
            return None
    return set()
