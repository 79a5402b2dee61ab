"""Decorators and marks, found by the dotted name that the file spells."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

import libcst as cst

from loopscope.rewriting.call_keywords import NOTHING, dotted, set_call, set_keywords
from loopscope.rewriting.pytestmark import add_mark, is_text, remove_mark

__all__ = [
    "add_comment",
    "add_decorator",
    "add_mark",
    "dotted",
    "drop_string_argument",
    "remove_decorator",
    "remove_mark",
    "set_call",
    "set_decorator",
]

NodeT = TypeVar("NodeT", cst.FunctionDef, cst.ClassDef)


def set_decorator(
    node: NodeT,
    spelled: Collection[str],
    *,
    name: str | None = None,
    keywords: Mapping[str, str | None] = NOTHING,
    rename: Mapping[str, str] = NOTHING,
) -> NodeT:
    """Change the decorators whose dotted name is in ``spelled``.

    ``name`` replaces that name; ``keywords`` sets arguments to Python source, or removes
    them where the value is None; ``rename`` renames keywords in place.
    """
    return _with_decorators(
        node,
        [
            decorator.with_changes(
                decorator=set_keywords(decorator.decorator, keywords, rename, name)
            )
            if dotted(decorator.decorator) in spelled
            else decorator
            for decorator in node.decorators
        ],
    )


def add_comment(node: NodeT, text: str) -> NodeT:
    """Put a comment above the definition and its decorators."""
    line = cst.EmptyLine(comment=cst.Comment(f"# {text}"))
    return node.with_changes(leading_lines=[*node.leading_lines, line])


def put_decorator(node: NodeT, spelled: str, code: str) -> NodeT:
    """Put another decorator (``code`` without the @) in the place of the one of that name."""
    new = cst.parse_expression(code)
    return _with_decorators(
        node,
        [
            one.with_changes(decorator=new) if dotted(one.decorator) == spelled else one
            for one in node.decorators
        ],
    )


def remove_decorator(node: NodeT, spelled: Collection[str]) -> NodeT:
    """Remove the decorators whose dotted name is in ``spelled``, with their own comments."""
    kept = [one for one in node.decorators if dotted(one.decorator) not in spelled]
    return node if len(kept) == len(node.decorators) else _with_decorators(node, kept)


def add_decorator(node: NodeT, code: str, position: str) -> NodeT:
    """Add a decorator (``code`` without or with the @).

    ``position`` is ``"first"`` (on top) or ``"last"`` (closest to the def).
    """
    new = cst.Decorator(cst.parse_expression(code.strip().removeprefix("@")))
    old: list[cst.Decorator] = list(node.decorators)
    return _with_decorators(node, [new, *old] if position == "first" else [*old, new])


def drop_string_argument(
    node: NodeT, spelled: str, value: str, written: Collection[str] = ()
) -> NodeT:
    """Drop the string ``value`` from the decorators of that name, and those left empty.

    ``written`` are the constants that hold it, as they are written.
    """
    kept = []
    for decorator in node.decorators:
        call = decorator.decorator
        if isinstance(call, cst.Call) and dotted(call) == spelled:
            arguments = [item for item in call.args if not is_text(item, value, written)]
            if not arguments:
                continue
            if len(arguments) != len(call.args):
                arguments[-1] = arguments[-1].with_changes(comma=call.args[-1].comma)
                decorator = decorator.with_changes(decorator=call.with_changes(args=arguments))
        kept.append(decorator)
    return _with_decorators(node, kept)


def _with_decorators(node: NodeT, decorators: list[cst.Decorator]) -> NodeT:
    changed: NodeT = node.with_changes(decorators=decorators)
    return changed
