"""Arguments of calls in a function, dropped."""

from __future__ import annotations

import libcst as cst

from loopscope.rewriting.comma_lists import CommaList

_TAIL = "whitespace_after_arg"


def drop_argument(node: cst.FunctionDef, callee: str, name: str) -> cst.FunctionDef:
    """Drop the variable ``name`` from the calls of what is named ``callee``, or its attribute."""
    done = node.body.visit(_Calls(callee, name))
    return node.with_changes(body=done)


class _Calls(cst.CSTTransformer):
    def __init__(self, callee: str, name: str) -> None:
        super().__init__()
        self._callee = callee
        self._name = name

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        func = updated_node.func
        named = func.attr if isinstance(func, cst.Attribute) else func
        if not isinstance(named, cst.Name) or named.value != self._callee:
            return updated_node
        arguments = CommaList.of(
            updated_node.args, updated_node.whitespace_before_args, tail=_TAIL
        )
        for index, one in enumerate(arguments.items):
            if isinstance(one.value, cst.Name) and one.value.value == self._name:
                arguments.remove(index)
                return updated_node.with_changes(
                    args=arguments.printed(_TAIL), whitespace_before_args=arguments.opening
                )
        return updated_node
