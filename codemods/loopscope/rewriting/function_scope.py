"""A visit of what a function evaluates itself, as part of its own run.

Left out: bodies of nested functions, lambdas and classes, and generator expressions, which
may run elsewhere. Not left out: their decorators, default values and bases, and the first
iterable of a generator expression, all evaluated on the spot.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst

_DISPLAYS = (cst.ListComp, cst.SetComp, cst.DictComp)


def spelled(node: cst.BaseExpression) -> str | None:
    """Spell the callee: ``"a.b().c"`` for names, attributes and calls without arguments."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        root = spelled(node.value)
        return None if root is None else f"{root}.{node.attr.value}"
    if isinstance(node, cst.Call) and not node.args:
        root = spelled(node.func)
        return None if root is None else f"{root}()"
    return None


class FunctionScope(cst.CSTTransformer):
    """Transforms calls and loads of names in a function's own body."""

    bound = ""  # a name: comprehensions that bind it themselves are left alone

    def __init__(self) -> None:
        super().__init__()
        self._not_loads: set[cst.CSTNode] = set()

    def leave_call(self, original: cst.Call, updated: cst.Call) -> cst.BaseExpression:
        """Return the replacement of a call."""
        return updated

    def leave_load(self, original: cst.Name, updated: cst.Name) -> cst.BaseExpression:
        """Return the replacement of a variable that is read."""
        return updated

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Stay out of what may run elsewhere."""
        if isinstance(node, (cst.FunctionDef, cst.Lambda, cst.ClassDef, cst.GeneratorExp)):
            return False
        if isinstance(node, _DISPLAYS) and self.bound in _comprehension_names(node.for_in):
            return False
        self._not_loads.update(_names_not_loaded(node))
        return True

    def on_leave(self, original: Any, updated: Any) -> Any:
        """Visit the parts of those that run here, and change calls and loads."""
        if isinstance(updated, cst.FunctionDef):
            decorators = [one.visit(self) for one in updated.decorators]
            params = self._defaults(updated.params)
            return updated.with_changes(decorators=decorators, params=params)
        if isinstance(updated, cst.Lambda):
            return updated.with_changes(params=self._defaults(updated.params))
        if isinstance(updated, cst.ClassDef):
            return updated.with_changes(
                decorators=[one.visit(self) for one in updated.decorators],
                bases=[one.visit(self) for one in updated.bases],
                keywords=[one.visit(self) for one in updated.keywords],
            )
        if isinstance(updated, cst.GeneratorExp):
            first = updated.for_in
            return updated.with_changes(for_in=first.with_changes(iter=first.iter.visit(self)))
        if isinstance(updated, cst.Call):
            updated = updated.with_changes(func=_operand(updated.func))
            return self.leave_call(original, updated)
        if isinstance(updated, (cst.Attribute, cst.Subscript)):
            return updated.with_changes(value=_operand(updated.value))
        if isinstance(updated, cst.Await):
            return updated.with_changes(expression=_operand(updated.expression))
        if isinstance(updated, cst.Name) and original not in self._not_loads:
            return self.leave_load(original, updated)
        return updated

    def _defaults(self, params: cst.Parameters) -> cst.Parameters:
        def visited(param: cst.Param) -> cst.Param:
            if param.default is None:
                return param
            return param.with_changes(default=param.default.visit(self))

        return params.with_changes(
            posonly_params=[visited(param) for param in params.posonly_params],
            params=[visited(param) for param in params.params],
            kwonly_params=[visited(param) for param in params.kwonly_params],
        )


def _operand(node: cst.BaseExpression) -> cst.BaseExpression:
    """Await binds less tightly than a dot, an index or a call."""
    if isinstance(node, cst.Await) and not node.lpar:
        return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return node


def _comprehension_names(part: cst.CompFor | None) -> set[str]:
    names: set[str] = set()
    while part is not None:
        names.update(name.value for name in _stored(part.target))
        part = part.inner_for_in
    return names


def _stored(target: cst.CSTNode | None) -> Iterator[cst.Name]:
    """List the names that an assignment target binds."""
    if isinstance(target, cst.Name):
        yield target
    elif isinstance(target, (cst.Tuple, cst.List)):
        for element in target.elements:
            yield from _stored(element.value)
    elif isinstance(target, cst.StarredElement):
        yield from _stored(target.value)


def _names_not_loaded(node: Any) -> Iterator[cst.CSTNode]:
    """List the names below ``node`` that do not read a variable."""
    if isinstance(node, cst.Attribute):
        yield node.attr
    elif isinstance(node, cst.Arg) and node.keyword is not None:
        yield node.keyword
    elif isinstance(node, (cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.For, cst.CompFor,
                           cst.NamedExpr, cst.Del)):  # fmt: skip
        yield from _stored(node.target)
    elif isinstance(node, cst.AsName):
        yield from _stored(node.name)
    elif isinstance(node, (cst.NameItem, cst.ImportAlias)):
        yield node.name
    elif isinstance(node, (cst.MatchAs, cst.MatchStar, cst.MatchMapping)):
        yield from (
            name for name in (getattr(node, "name", None), getattr(node, "rest", None)) if name
        )
    elif isinstance(node, cst.MatchKeywordElement):
        yield node.key
