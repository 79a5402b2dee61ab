"""Keywords of a call: set, removed and renamed, in the layout and the quotes of the call."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

import libcst as cst

from loopscope.rewriting.comma_lists import CommaList

NOTHING: Mapping[str, Any] = MappingProxyType({})
_TAIL = "whitespace_after_arg"


def dotted(node: cst.BaseExpression) -> str | None:
    """``"pytest.mark.asyncio"`` for a chain of names, or a call of one; else None."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Call):
        return None if isinstance(node.func, cst.Call) else dotted(node.func)
    if isinstance(node, cst.Attribute) and not isinstance(node.value, cst.Call):
        root = dotted(node.value)
        return None if root is None else f"{root}.{node.attr.value}"
    return None


def set_call(
    expr: cst.BaseExpression,
    spelled: Collection[str],
    keywords: Mapping[str, str | None] = NOTHING,
    rename: Mapping[str, str] = NOTHING,
    *,
    name: str | None = None,
) -> cst.BaseExpression:
    """Set keywords wherever a name in ``spelled`` stands in ``expr``, called or not.

    A value is Python source, None removes the keyword. A bare name becomes a call where it
    gets a keyword; a call that loses its last argument becomes a bare name.
    """
    done = expr.visit(_Calls(frozenset(spelled), keywords, rename, name))
    return done if isinstance(done, cst.BaseExpression) else expr


def set_keywords(
    expr: cst.BaseExpression,
    keywords: Mapping[str, str | None],
    rename: Mapping[str, str],
    name: str | None = None,
) -> cst.BaseExpression:
    """Set the keywords of ``expr`` itself: a call, or the bare name of a callable."""
    if isinstance(expr, cst.Call):
        if name is not None and dotted(expr.func) != name:
            expr = expr.with_changes(func=cst.parse_expression(name))
        return _set_arguments(expr, keywords, rename)
    if name is not None and dotted(expr) != name:
        new = cst.parse_expression(name)
        expr = new.with_changes(lpar=expr.lpar, rpar=expr.rpar)
    if all(value is None for value in keywords.values()):
        return expr
    return _set_arguments(cst.Call(expr), keywords, rename)


class _Calls(cst.CSTTransformer):
    def __init__(
        self,
        spelled: frozenset[str],
        keywords: Mapping[str, str | None],
        rename: Mapping[str, str],
        name: str | None,
    ) -> None:
        super().__init__()
        self._spelled = spelled
        self._keywords = keywords
        self._rename = rename
        self._name = name

    def _edit(
        self, original: cst.BaseExpression, updated: cst.BaseExpression
    ) -> cst.BaseExpression:
        if dotted(original) not in self._spelled:
            return updated
        return set_keywords(updated, self._keywords, self._rename, self._name)

    def visit_Call(self, node: cst.Call) -> bool:
        return dotted(node) not in self._spelled

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        return self._edit(original_node, updated_node)

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        return dotted(node) is None

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        whole = updated_node.with_changes(attr=original_node.attr)
        return self._edit(original_node, whole)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return self._edit(original_node, updated_node)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)

    def leave_Param(self, original_node: cst.Param, updated_node: cst.Param) -> cst.Param:
        return updated_node.with_changes(name=original_node.name)


class MarkSetter(_Calls):
    """``set_call`` for marks: in ``mark(function)`` it is ``mark`` that gets the keywords."""

    def __init__(
        self,
        spelled: frozenset[str],
        keywords: Mapping[str, str | None],
        rename: Mapping[str, str],
    ) -> None:
        super().__init__(spelled, keywords, rename, None)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        arguments = original_node.args
        if dotted(original_node) in self._spelled and arguments and not arguments[0].keyword:
            func = self._edit(original_node.func, updated_node.func)
            return updated_node.with_changes(func=func)
        return super().leave_Call(original_node, updated_node)


def _set_arguments(
    call: cst.Call, keywords: Mapping[str, str | None], rename: Mapping[str, str]
) -> cst.BaseExpression:
    comma_list = CommaList.of(call.args, call.whitespace_before_args, tail=_TAIL)
    had_arguments = bool(comma_list.items)
    for old, new in rename.items():
        if _find(comma_list, new) is not None and _find(comma_list, old) is not None:
            _remove(comma_list, old)  # the new spelling is there already
        index = _find(comma_list, old)
        if index is not None:
            comma_list.items[index] = comma_list.items[index].with_changes(keyword=cst.Name(new))
    for keyword, value in keywords.items():
        if value is None:
            _remove(comma_list, keyword)
        else:
            _set(comma_list, keyword, value)
    if had_arguments and not comma_list.items:
        return call.func.with_changes(lpar=call.lpar, rpar=call.rpar) if call.lpar else call.func
    return call.with_changes(
        args=comma_list.printed(_TAIL), whitespace_before_args=comma_list.opening
    )


def _find(comma_list: CommaList, keyword: str) -> int | None:
    for index, arg in enumerate(comma_list.items):
        if arg.keyword is not None and arg.keyword.value == keyword:
            return index
    return None


def _remove(comma_list: CommaList, keyword: str) -> None:
    index = _find(comma_list, keyword)
    if index is not None:
        comma_list.remove(index)


def _set(comma_list: CommaList, keyword: str, value: str) -> None:
    expr = cst.parse_expression(_requote(value, comma_list))
    index = _find(comma_list, keyword)
    if index is not None:
        if not _same_literal(comma_list.items[index].value, expr):
            comma_list.items[index] = comma_list.items[index].with_changes(value=expr)
        return
    equals = [arg.equal for arg in comma_list.items if isinstance(arg.equal, cst.AssignEqual)]
    equal = (
        equals[-1]
        if equals
        else cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    )
    comma_list.insert(
        len(comma_list.items), cst.Arg(value=expr, keyword=cst.Name(keyword), equal=equal)
    )


def _same_literal(old: cst.BaseExpression, new: cst.BaseExpression) -> bool:
    return (
        isinstance(old, cst.SimpleString)
        and isinstance(new, cst.SimpleString)
        and old.evaluated_value == new.evaluated_value
    )


def _requote(value: str, comma_list: CommaList) -> str:
    """Write a string literal in the quotes of the other strings in the call."""
    quotes = [
        arg.value.quote for arg in comma_list.items if isinstance(arg.value, cst.SimpleString)
    ]
    if not quotes or quotes[0] not in ("'", '"') or value[:1] not in ("'", '"'):
        return value
    try:
        content = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value
    simple = isinstance(content, str) and value[1:-1] == content and quotes[0] not in content
    return f"{quotes[0]}{content}{quotes[0]}" if simple else value
