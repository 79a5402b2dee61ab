"""The modules that ``pytest_plugins`` of a file, or one of its hooks, makes plugins."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from loopscope.analysis.file.constants import texts_of
from loopscope.analysis.file.names import Names

_NAME = "pytest_plugins"
_COMPOUND = (ast.If, ast.Try, ast.With)


def is_about_plugins(text: str) -> bool:
    """Whether the text of a file may name plugins at all."""
    return _NAME in text or "pluginmanager" in text


def read_plugins(body: Iterable[ast.stmt], names: Names) -> tuple[str, ...]:
    """List the plugins that a module names, also by additions to the list or under conditions.

    What its hooks hand to the plugin manager counts, too.

    ``names.read`` gets the lines of the statements whose values are known.
    """
    body = tuple(body)
    found: dict[str, None] = dict.fromkeys(_by_hooks(body, names))
    for node, value in _values(body):
        texts = texts_of(value, names)
        if texts is not None:
            names.read.add(node.lineno)
            found.update(dict.fromkeys(texts))
        elif isinstance(value, (ast.List, ast.Tuple)):
            known = (texts_of(item, names) or () for item in value.elts)
            found.update((text, None) for texts in known for text in texts)
    return tuple(found)


def _by_hooks(body: Iterable[ast.stmt], names: Names) -> Iterator[str]:
    """``config.pluginmanager.import_plugin("name")``, ``pluginmanager.register(module)``."""
    for hook in body:
        if not (isinstance(hook, ast.FunctionDef) and hook.name.startswith("pytest_")):
            continue
        managers = {"pluginmanager"} | {
            target.id
            for node in ast.walk(hook)
            if isinstance(node, ast.Assign) and _is_manager(node.value, frozenset())
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(hook):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=owner, attr="import_plugin"), args=[value, *_]
                ) if _is_manager(owner, managers):
                    yield from texts_of(value, names) or ()
                case ast.Call(
                    func=ast.Attribute(value=owner, attr="register"),
                    args=[ast.Name() | ast.Attribute() as value, *_],
                ) if _is_manager(owner, managers):
                    module = names.resolve(value)
                    if module is not None:
                        yield module


def _is_manager(node: ast.expr, names: Collection[str]) -> bool:
    match node:
        case ast.Name(id=name):
            return name in names
        case ast.Attribute(attr="pluginmanager"):
            return True
    return False


def _values(body: Iterable[ast.stmt]) -> Iterator[tuple[ast.stmt, ast.expr]]:
    for node in body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                | ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value)
            ) if name == _NAME:
                yield node, _without_itself(value)
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name), attr="append" | "extend"),
                    args=[value],
                )
                | ast.Call(
                    func=ast.Attribute(value=ast.Name(id=name), attr="insert"), args=[_, value]
                )
            ) if name == _NAME:
                yield node, value
        if isinstance(node, _COMPOUND):
            for part in ("body", "orelse", "finalbody"):
                yield from _values(getattr(node, part, ()))
            for handler in getattr(node, "handlers", ()):
                yield from _values(handler.body)


def _without_itself(value: ast.expr) -> ast.expr:
    """``pytest_plugins + ["more"]`` adds to what was said before."""
    match value:
        case ast.BinOp(left=ast.Name(id=name), op=ast.Add(), right=right) if name == _NAME:
            return right
        case ast.List(elts=[ast.Starred(value=ast.Name(id=name)), *rest]) if name == _NAME:
            return ast.List(rest, ast.Load())
    return value
