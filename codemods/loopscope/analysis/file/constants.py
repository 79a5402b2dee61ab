"""The values that literals and the constants of a module give an expression.

Only texts, numbers and collections of them are computed, by a few operations that change nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from loopscope.analysis.file.names import Constants, Names, dotted

_MOST = 1_000  # items of a collection, characters of a text
_LONG = 200  # characters of a text that names something
# A place in a template that may be filled with blanks without end.
_WIDE = re.compile(r"%[^a-zA-Z%]*(?:\d{4}|\*)|:[^{}]*(?:\d{4}|\{)")
_METHODS = frozenset(
    {"format", "join", "lower", "removeprefix", "removesuffix", "replace", "split", "strip"}
)
_COLLECTIONS = frozenset({"list", "tuple", "set", "sorted"})
_CHANGING = frozenset({"append", "extend", "insert", "remove", "pop", "clear", "update"})
_Setting = tuple[str, "ast.expr | None"]


class Unknown(Exception):
    """The value is known only when the code runs."""


def constants(body: list[ast.stmt]) -> Constants:
    """Map the variables that a module, or a class in it, sets once to their values."""
    found: dict[str, list[ast.expr | None]] = {}
    for name, value in _set(body, ""):
        found.setdefault(name, []).append(value)
    return {
        name: values[0]
        for name, values in found.items()
        if len(values) == 1 and values[0] is not None
    }


def _set(body: Iterable[ast.stmt], prefix: str, *, sure: bool = True) -> Iterator[_Setting]:
    """Yield the variables that statements set or change, None for a value that is not sure."""
    for node in body:
        match node:
            case ast.Assign(targets=targets, value=value):
                one = sure and len(targets) == 1
                for target in targets:
                    plain = one and isinstance(target, ast.Name)
                    yield from ((f"{prefix}{n}", value if plain else None) for n in _named(target))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield f"{prefix}{name}", value if sure else None
            case ast.AugAssign(target=target):
                yield from ((f"{prefix}{name}", None) for name in _named(target))
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=how))):
                if how in _CHANGING:
                    yield f"{prefix}{name}", None
            case ast.ClassDef(name=name) if not prefix:
                yield from _set(node.body, f"{name}.", sure=sure)
            case ast.If() | ast.For() | ast.While() | ast.With() | ast.Try():
                if isinstance(node, ast.For):
                    yield from ((f"{prefix}{name}", None) for name in _named(node.target))
                for part in ("body", "orelse", "finalbody"):
                    yield from _set(getattr(node, part, ()), prefix, sure=False)
                for handler in getattr(node, "handlers", ()):
                    yield from _set(handler.body, prefix, sure=False)


def _named(target: ast.expr) -> Iterator[str]:
    """List the variables that are set by an assignment to ``target``, or changed by it."""
    while isinstance(target, ast.Subscript):
        target = target.value
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, (ast.Tuple, ast.List)):
        for item in target.elts:
            yield from _named(item)


def known_values(names: Names) -> Iterator[tuple[str, object]]:
    """Yield the constants of a file that have a value, by name."""
    for name, node in names.constants.items():
        if isinstance(node, (ast.Lambda, ast.Constant)) and not isinstance(
            getattr(node, "value", None), str
        ):
            continue
        try:
            value = value_of(node, names)
        except Unknown:
            continue
        if not isinstance(value, str) or len(value) < _LONG:
            yield name, value


_NO_TEXT = (ast.List, ast.Tuple, ast.Dict, ast.Set)  # as parametrize takes them


def text_of(node: ast.expr | None, names: Names) -> str | None:
    """Return the text that an expression gives, None where it is none or not known."""
    if isinstance(node, _NO_TEXT):
        return None
    try:
        value = value_of(node, names) if node is not None else None
    except Unknown:
        return None
    return value if isinstance(value, str) else None


def texts_of(node: ast.expr, names: Names) -> tuple[str, ...] | None:
    """Return the texts of a collection, or the only one; None where one is not known."""
    try:
        value = value_of(node, names)
    except Unknown:
        return None
    if isinstance(value, str):
        return (value,)
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return None


def value_of(node: ast.expr, names: Names) -> object:
    """Compute the value of an expression; sets are lists here.

    Raises:
        Unknown: something in it is not known, or is none of the operations that are.
    """
    return _Values(names, {}).of(node)


class _Values:
    """Computes values; ``local`` are those of the variables of comprehensions."""

    def __init__(self, names: Names, local: Mapping[str, object], depth: int = 12) -> None:
        self._names = names
        self._local = local
        self._depth = depth

    def of(self, node: ast.expr) -> object:
        if self._depth == 0:
            raise Unknown
        self._depth -= 1
        value = self._value(node)
        self._depth += 1
        if isinstance(value, (str, list, tuple, dict)) and len(value) > _MOST:
            raise Unknown
        return value

    def _value(self, node: ast.expr) -> object:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name() | ast.Attribute():
                return self._named(node)
            case ast.JoinedStr(values=parts):
                return "".join(str(self.of(part)) for part in parts)
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                return self.of(value)
            case ast.List(elts=elts) | ast.Tuple(elts=elts) | ast.Set(elts=elts):
                return [item for element in elts for item in self._items(element)]
            case ast.Dict(keys=keys, values=values):
                return self._dict(keys, values)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _sum(self.of(left), self.of(right))
            case ast.BinOp(left=left, op=ast.Mod(), right=right):
                return _formatted(self.of(left), self.of(right))
            case ast.Subscript(value=owner, slice=key):
                return _item(self.of(owner), self.of(key))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return list(self._comprehension(node, node.generators))
            case ast.Call(func=func, args=arguments, keywords=keywords):
                return self._call(func, arguments, keywords)
        raise Unknown

    def _named(self, node: ast.Name | ast.Attribute) -> object:
        name = dotted(node) or ""
        if name in self._local:
            return self._local[name]
        if isinstance(node, ast.Attribute) and node.attr == "__name__":
            module = self._names.resolve(node.value)
            if module and not module.startswith("."):
                return module
        found = self._names.constant(node)
        if found is None and name.endswith(".value") and isinstance(node, ast.Attribute):
            found = self._names.constant(node.value)  # of an enumeration
        if found is None:
            raise Unknown
        return self.of(found)

    def _items(self, node: ast.expr) -> list[object]:
        return _list(self.of(node.value)) if isinstance(node, ast.Starred) else [self.of(node)]

    def _dict(self, keys: list[ast.expr | None], values: list[ast.expr]) -> dict[object, object]:
        found: dict[object, object] = {}
        for key, value in zip(keys, values, strict=True):
            given = self.of(value)
            if key is not None:
                found[_hashable(self.of(key))] = given
            elif isinstance(given, dict):
                found.update(given)
            else:
                raise Unknown
        return found

    def _comprehension(
        self,
        node: ast.ListComp | ast.SetComp | ast.GeneratorExp,
        generators: list[ast.comprehension],
    ) -> Iterator[object]:
        if not generators:
            yield self.of(node.elt)
            return
        first, *rest = generators
        if not isinstance(first.target, ast.Name) or first.ifs or first.is_async:
            raise Unknown
        for item in _list(self.of(first.iter)):
            local = {**self._local, first.target.id: item}
            yield from _Values(self._names, local, self._depth)._comprehension(node, rest)

    def _call(
        self, func: ast.expr, arguments: list[ast.expr], keywords: list[ast.keyword]
    ) -> object:
        if isinstance(func, ast.Name) and func.id == "dict" and not arguments:
            return self._dict(
                [ast.Constant(item.arg) if item.arg else None for item in keywords],
                [item.value for item in keywords],
            )
        if keywords:
            raise Unknown
        values = [self.of(item) for item in arguments]
        if isinstance(func, ast.Name) and func.id in _COLLECTIONS and len(values) < 2:
            items = _list(values[0]) if values else []
            return sorted(map(str, items)) if func.id == "sorted" else items
        if isinstance(func, ast.Attribute) and func.attr in _METHODS:
            owner = self.of(func.value)
            if isinstance(owner, str):
                return _method(owner, func.attr, values)
        raise Unknown


def _list(value: object) -> list[object]:
    if not isinstance(value, (list, tuple, dict)):
        raise Unknown
    return list(value)


def _hashable(value: object) -> str | int | float:
    if not isinstance(value, (str, int, float)):
        raise Unknown
    return value


def _sum(left: object, right: object) -> object:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    return [*_list(left), *_list(right)]


def _formatted(template: object, value: object) -> str:
    if not isinstance(template, str) or len(template) > _MOST or _WIDE.search(template):
        raise Unknown
    try:
        return template % (tuple(value) if isinstance(value, list) else value)
    except (TypeError, ValueError) as error:
        raise Unknown from error


def _item(owner: object, key: object) -> object:
    if isinstance(owner, dict):
        found: object = owner.get(_hashable(key), Unknown)
    elif isinstance(owner, (list, tuple)) and isinstance(key, int) and -1 <= key < len(owner):
        found = owner[key]
    else:
        raise Unknown
    if found is Unknown:
        raise Unknown
    return found


def _method(owner: str, name: str, values: list[object]) -> object:
    if len(owner) > _MOST or (name == "format" and _WIDE.search(owner)):
        raise Unknown
    try:
        return getattr(owner, name)(*values)
    except (TypeError, ValueError, LookupError) as error:
        raise Unknown from error
