"""A parameter of a function under another name, with all that reads or writes the variable."""

from __future__ import annotations

import re
from typing import Any

import libcst as cst

from loopscope.rewriting.call_keywords import dotted
from loopscope.rewriting.parameters import edit_docstring, has_parameter

_FIXTURE_NAMES = ("usefixtures", "getfixturevalue")


def rename_parameter(node: cst.FunctionDef, old: str, new: str) -> cst.FunctionDef:
    """Rename a parameter and its uses in the body, nested functions and docstring included."""
    if not has_parameter(node, old):
        return node
    params = node.params.visit(_Parameter(old, new))
    body = node.body.visit(_Variable(old, new))
    changed = node.with_changes(params=params, body=body)
    word = re.compile(rf"\b{re.escape(old)}\b")
    return edit_docstring(changed, lambda text: word.sub(new, text))


def rename_fixture_strings(node: Any, old: str, new: str) -> Any:
    """Rename a fixture in the strings given to ``usefixtures`` and ``getfixturevalue``."""
    return node.visit(_FixtureStrings(old, new))


class _Renaming(cst.CSTTransformer):
    def __init__(self, old: str, new: str) -> None:
        super().__init__()
        self._old, self._new = old, new


class _Parameter(_Renaming):
    def leave_Param(self, original_node: cst.Param, updated_node: cst.Param) -> cst.Param:
        if original_node.name.value != self._old:
            return updated_node
        return updated_node.with_changes(name=cst.Name(self._new))


class _Variable(_Renaming):
    """Renames a variable wherever it is that of the function which is visited."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(old, new)
        self._others: set[cst.CSTNode] = set()  # names of attributes, keywords, inner parameters

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self._others.add(node.attr)

    def visit_Arg(self, node: cst.Arg) -> None:
        if node.keyword is not None:
            self._others.add(node.keyword)

    def visit_Param(self, node: cst.Param) -> None:
        self._others.add(node.name)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self._leave_out(node.params, node.body)

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self._leave_out(node.params, node.body)

    def _leave_out(self, params: cst.Parameters, body: cst.CSTNode) -> None:
        """Leave the body of a function alone that has a parameter of that name itself."""
        finder = _Names(self._old)
        params.visit(finder)
        if finder.parameter:
            within = _Names(self._old)
            body.visit(within)
            self._others |= within.found

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        if original_node.value != self._old or original_node in self._others:
            return updated_node
        return updated_node.with_changes(value=self._new)


class _Names(cst.CSTVisitor):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.found: set[cst.CSTNode] = set()
        self.parameter = False

    def visit_Param(self, node: cst.Param) -> None:
        self.parameter = self.parameter or node.name.value == self._name

    def visit_Name(self, node: cst.Name) -> None:
        if node.value == self._name:
            self.found.add(node)


class _FixtureStrings(_Renaming):
    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        callee = (dotted(original_node.func) or "").rpartition(".")[2]
        if callee not in _FIXTURE_NAMES:
            return updated_node
        return updated_node.with_changes(args=[self._renamed(arg) for arg in updated_node.args])

    def _renamed(self, arg: cst.Arg) -> cst.Arg:
        value = arg.value
        if not isinstance(value, cst.SimpleString) or value.evaluated_value != self._old:
            return arg
        text = f"{value.prefix}{value.quote}{self._new}{value.quote}"
        return arg.with_changes(value=value.with_changes(value=text))
