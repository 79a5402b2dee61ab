"""Marks in a ``pytestmark`` statement."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection

import libcst as cst

from loopscope.rewriting.call_keywords import dotted
from loopscope.rewriting.comma_lists import display_list, with_display_list

_Assignment = (cst.Assign, cst.AnnAssign, cst.AugAssign)


def add_mark(statement: cst.SimpleStatementLine, code: str) -> cst.SimpleStatementLine:
    """Join a mark to an existing ``pytestmark = …``; a single mark becomes a list."""
    index = _assignment(statement)
    small = statement.body[index]
    value = getattr(small, "value", None)
    if value is None:
        return statement
    body = list(statement.body)
    body[index] = small.with_changes(value=_joined(value, code))
    return statement.with_changes(body=body)


def remove_mark(
    statement: cst.SimpleStatementLine, spelled: Collection[str]
) -> cst.SimpleStatementLine | None:
    """Remove the marks whose dotted name is in ``spelled``; None when nothing remains."""
    return _with_value(statement, lambda value: None if dotted(value) in spelled else value)


def drop_mark_string(
    statement: cst.SimpleStatementLine, spelled: str, string: str, written: Collection[str] = ()
) -> cst.SimpleStatementLine | None:
    """Drop a string from the arguments of a mark, and a mark left without any.

    ``written`` are the constants that hold it, as they are written.

    Returns:
        None when nothing remains of the statement.
    """

    def without(value: cst.BaseExpression) -> cst.BaseExpression | None:
        if not isinstance(value, cst.Call) or dotted(value) != spelled:
            return value
        kept = [argument for argument in value.args if not is_text(argument, string, written)]
        if len(kept) == len(value.args):
            return value
        if not kept:
            return None
        kept[-1] = kept[-1].with_changes(comma=value.args[-1].comma)
        return value.with_changes(args=kept)

    return _with_value(statement, without)


def is_text(argument: cst.Arg, string: str, written: Collection[str]) -> bool:
    """Whether an argument is the string, or a constant that is written so."""
    value = argument.value
    if isinstance(value, cst.SimpleString):
        return value.evaluated_value == string
    return bool(written) and ast.unparse(ast.parse(cst.Module([]).code_for_node(value))) in written


def _with_value(
    statement: cst.SimpleStatementLine,
    change: Callable[[cst.BaseExpression], cst.BaseExpression | None],
) -> cst.SimpleStatementLine | None:
    index = _assignment(statement)
    small = statement.body[index]
    value = _changed(getattr(small, "value", None), change)
    body = list(statement.body)
    if value is not None:
        body[index] = small.with_changes(value=value)
    else:
        del body[index]
        if not body:
            return None
        body[-1] = body[-1].with_changes(semicolon=statement.body[-1].semicolon)
    return statement.with_changes(body=body)


def _assignment(statement: cst.SimpleStatementLine) -> int:
    """Find the position of the pytestmark among the statements of its line."""
    for index, small in enumerate(statement.body):
        targets = (
            [target.target for target in small.targets]
            if isinstance(small, cst.Assign)
            else [small.target]
            if isinstance(small, (cst.AnnAssign, cst.AugAssign))
            else []
        )
        if any(dotted(target) == "pytestmark" for target in targets):
            return index
    for index, small in enumerate(statement.body):
        if isinstance(small, _Assignment):
            return index
    raise ValueError("the statement assigns no pytestmark")


def _joined(value: cst.BaseExpression, code: str) -> cst.BaseExpression:
    new = cst.Element(cst.parse_expression(code))
    if isinstance(value, (cst.BinaryOperation, cst.ListComp)):
        plus = cst.BinaryOperation(value, cst.Add(), cst.List([new]))
        return (
            plus
            if not value.lpar
            else plus.with_changes(
                left=value.with_changes(lpar=[], rpar=[]), lpar=value.lpar, rpar=value.rpar
            )
        )
    if not isinstance(value, (cst.List, cst.Tuple)):
        value = _single_in_list(value)
    comma_list = display_list(value)
    comma_list.insert(len(comma_list.items), new)
    return with_display_list(value, comma_list)


def _single_in_list(value: cst.BaseExpression) -> cst.List:
    left, right = cst.LeftSquareBracket(), cst.RightSquareBracket()
    if value.lpar:  # its parentheses become the brackets, so that the lines stay
        left = cst.LeftSquareBracket(value.lpar[0].whitespace_after)
        right = cst.RightSquareBracket(value.rpar[-1].whitespace_before)
        value = value.with_changes(lpar=value.lpar[1:], rpar=value.rpar[:-1])
    return cst.List([cst.Element(value)], left, right)


def _changed(
    value: cst.BaseExpression | None,
    change: Callable[[cst.BaseExpression], cst.BaseExpression | None],
) -> cst.BaseExpression | None:
    """``change`` applied to a mark, or to each of a list; None when no mark is left."""
    if not isinstance(value, (cst.List, cst.Tuple)):
        return None if value is None else change(value)
    comma_list = display_list(value)
    for index in reversed(range(len(comma_list.items))):
        item = comma_list.items[index]
        new = change(item.value)
        if new is None:
            comma_list.remove(index)
        elif new is not item.value:
            comma_list.items[index] = item.with_changes(value=new)
    return with_display_list(value, comma_list) if comma_list.items else None
