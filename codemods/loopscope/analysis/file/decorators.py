"""Read decorators: fixtures, parametrize."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from types import NoneType

from loopscope.analysis.file.constants import Unknown, text_of, texts_of, value_of
from loopscope.analysis.file.facts import Fixture, ScopeKind
from loopscope.analysis.file.fixture_calls import Decoration, decoration
from loopscope.analysis.file.functions import arguments, is_generator
from loopscope.analysis.file.names import Names
from loopscope.python_source.syntax_tree import FunctionNode, own_nodes, walk
from loopscope.types import Scope

STEPS = frozenset(f"pytest_bdd.{name}" for name in ("given", "when", "then", "step"))


def read_fixture(node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names) -> Fixture | None:
    """Read the function as a fixture, or return None if it is none."""
    for decorator in node.decorator_list:
        found = decoration(decorator, names)
        if found is None or (found.wraps and not is_plain(node)):
            continue
        if found.spread and not found.plain:
            continue
        return as_fixture(found, node.name, names, len(node.decorator_list))
    return None


def read_step(node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names) -> Fixture | None:
    """Read a step of pytest-bdd, which takes fixtures as one does; nobody asks for it by name."""
    for decorator in node.decorator_list:
        func = decorator.func if isinstance(decorator, ast.Call) else decorator
        origin = names.resolve(func) or ""
        if origin in STEPS and isinstance(node, ast.FunctionDef):
            return Fixture(
                origin=origin,
                spelled="",
                name=f"<step {node.name}>",
                scope=Scope.FUNCTION,
                scope_kind=ScopeKind.LITERAL,
                loop_scope=None,
                autouse=False,
                decorators=len(node.decorator_list) + 1,
            )
    return None


def wraps_sync(node: FunctionNode) -> bool:
    """Recognize a decorator, or what makes one, that puts a sync function around any function.

    One that returns what it gets, or hands it to another decorator, puts nothing around it.
    """
    inside = [item for item in node.body if isinstance(item, ast.FunctionDef)]
    if not inside or any(isinstance(item, ast.AsyncFunctionDef) for item in walk(node)):
        return False
    returned = {item.id for item in _returned(node) if isinstance(item, ast.Name)}
    return any(
        wraps_sync(item) or _stands_for(item, arguments(node))
        for item in inside
        if item.name in returned
    )


def _stands_for(node: ast.FunctionDef, given: frozenset[str]) -> bool:
    """Whether a function calls one that the function around it was given."""
    own = arguments(node)
    if any(isinstance(item, ast.Name) and item.id in own for item in _returned(node)):
        return False
    passes = bool(node.args.vararg or node.args.kwarg or not own)
    return any(
        isinstance(name, ast.Name) and name.id in given - own
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        for name in (call.func, *(call.args if passes else ()))
    )


def _returned(node: FunctionNode) -> Iterator[ast.expr]:
    return (item.value for item in own_nodes(node) if isinstance(item, ast.Return) and item.value)


def is_plain(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a sync function around this one gives the same value."""
    return isinstance(node, ast.FunctionDef) and not is_generator(node)


def as_fixture(found: Decoration, name: str, names: Names, decorators: int) -> Fixture:
    """Return the fixture of a function with the given name."""
    keywords = {key: _known(value, names) for key, value in found.keywords.items()}
    scope, kind = _scope(keywords.get("scope"))
    if found.spread:  # it may say anything
        scope, kind = Scope.SESSION, ScopeKind.CALLABLE
    autouse = keywords.get("autouse")
    return Fixture(
        origin=found.origin,
        spelled=found.spelled,
        name=_string(keywords.get("name")) or name,
        scope=scope,
        scope_kind=kind,
        loop_scope=Scope.parse(_string(keywords.get("loop_scope"))),
        autouse=not (autouse is None or (isinstance(autouse, ast.Constant) and not autouse.value)),
        keywords=tuple(keywords),
        decorators=decorators,
        written=None if found.plain else _written(keywords),
        by_project=not found.plain,
    )


def _known(node: ast.expr, names: Names) -> ast.expr:
    """Return the constant that an expression stands for, else itself."""
    try:
        value = value_of(node, names)
    except Unknown:
        return node
    return ast.Constant(value) if isinstance(value, (str, bool, NoneType)) else node


def _written(keywords: Mapping[str, ast.expr]) -> Mapping[str, str] | None:
    """Return the source of keywords that are literals; None where one is not."""
    found: dict[str, str] = {}
    for name, value in keywords.items():
        if not isinstance(value, ast.Constant):
            return None
        text = value.value
        found[name] = f'"{text}"' if isinstance(text, str) else repr(text)
    return found


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
    for call, given in _parametrize_calls(decorators, names):
        indirect = _indirect(call, names)
        found.update(() if indirect is None else set(given) - indirect)
    return frozenset(found)


def parametrized_scopes(decorators: Sequence[ast.expr], names: Names) -> Mapping[str, Scope]:
    """Map the fixtures that parametrize gives a scope for one test to this scope."""
    found: dict[str, Scope] = {}
    for call, given in _parametrize_calls(decorators, names):
        scopes = [item.value for item in call.keywords if item.arg == "scope"]
        scope = Scope.parse(text_of(scopes[0], names)) if scopes else None
        if scope is not None:
            indirect = _indirect(call, names)
            wanted = given if indirect is None else indirect.intersection(given)
            found.update(dict.fromkeys(wanted, scope))
    return found


def parameter_values(
    decorators: Sequence[ast.expr], names: Names
) -> Mapping[str, tuple[str, ...]]:
    """Map the arguments that parametrize gives directly to their values, where all are texts."""
    found: dict[str, tuple[str, ...]] = {}
    for call, given in _parametrize_calls(decorators, names):
        if len(given) == 1 and len(call.args) > 1 and _indirect(call, names) == set():
            texts = texts_of(_without_ids(call.args[1], names), names)
            if texts is not None:
                found[given[0]] = texts
    return found


def _without_ids(node: ast.expr, names: Names) -> ast.expr:
    """``[pytest.param("db", id="x")]`` as ``["db"]``."""
    if not isinstance(node, (ast.List, ast.Tuple)):
        return node
    items = [
        item.args[0]
        if isinstance(item, ast.Call)
        and len(item.args) == 1
        and names.resolve(item.func) == "pytest.param"
        else item
        for item in node.elts
    ]
    return ast.List(items, ast.Load())


def _parametrize_calls(
    decorators: Sequence[ast.expr], names: Names
) -> Iterator[tuple[ast.Call, tuple[str, ...]]]:
    """Yield the calls of parametrize among decorators, with the names of their arguments."""
    for decorator in decorators:
        if not isinstance(decorator, ast.Call) or not decorator.args:
            continue
        if names.resolve(decorator.func) == "pytest.mark.parametrize":
            texts = texts_of(decorator.args[0], names) or ()
            yield (
                decorator,
                tuple(part.strip() for text in texts for part in text.split(",") if part.strip()),
            )


def _indirect(call: ast.Call, names: Names) -> set[str] | None:
    """List the indirect names; None means all of them."""
    for keyword in call.keywords:
        if keyword.arg == "indirect":
            if isinstance(keyword.value, ast.Constant) and keyword.value.value is False:
                return set()
            texts = texts_of(keyword.value, names)
            return None if texts is None else set(texts)
    return set()
