"""Whole statements: a definition put in the place of another, a mark in an assignment."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import libcst as cst

from loopscope.syntax.calls import dotted, set_call


def replace_definition(node: cst.FunctionDef, source: str) -> cst.FunctionDef:
    """The function that ``source`` defines, under the comments that stood above ``node``."""
    new = cst.parse_module(source).body[0]
    assert isinstance(new, cst.FunctionDef)
    return new.with_changes(leading_lines=node.leading_lines)


def set_call_in_statement(
    node: cst.SimpleStatementLine,
    spelled: Collection[str],
    keywords: Mapping[str, str | None],
    rename: Mapping[str, str],
) -> cst.SimpleStatementLine:
    """``set_call`` on the values of the assignments of one statement line."""
    body = [
        small.with_changes(value=set_call(small.value, spelled, keywords, rename))
        if isinstance(small, (cst.Assign, cst.AnnAssign)) and small.value is not None
        else small
        for small in node.body
    ]
    return node.with_changes(body=body)


def set_call_inside(
    node: cst.FunctionDef,
    spelled: Collection[str],
    keywords: Mapping[str, str | None],
    rename: Mapping[str, str],
) -> cst.FunctionDef:
    """``set_call`` wherever one of the names is called inside a definition."""

    class Setter(cst.CSTTransformer):
        def leave_Call(
            self, original_node: cst.Call, updated_node: cst.Call
        ) -> cst.BaseExpression:
            if dotted(updated_node) in spelled:
                return set_call(updated_node, spelled, keywords, rename)
            return updated_node

    changed = node.visit(Setter())
    assert isinstance(changed, cst.FunctionDef)
    return changed


def insert_after_assignment(node: cst.FunctionDef, variable: str, code: str) -> cst.FunctionDef:
    """``code`` as a statement after the first assignment to ``variable``, at its level."""
    done = False

    class Inserter(cst.CSTTransformer):
        def leave_SimpleStatementLine(
            self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
        ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.BaseStatement]:
            nonlocal done
            if done or not any(_assigns(small, variable) for small in updated_node.body):
                return updated_node
            done = True
            return cst.FlattenSentinel([updated_node, cst.parse_statement(code)])

    changed = node.visit(Inserter())
    assert isinstance(changed, cst.FunctionDef)
    return changed


def append_statement(node: cst.FunctionDef, code: str) -> cst.FunctionDef:
    """``code`` as the last statement of the function."""
    if not isinstance(node.body, cst.IndentedBlock):
        return node
    body = [*node.body.body, cst.parse_statement(code)]
    return node.with_changes(body=node.body.with_changes(body=body))


def _assigns(small: cst.BaseSmallStatement, variable: str) -> bool:
    if isinstance(small, cst.AnnAssign):
        targets: list[cst.BaseExpression] = [small.target]
    elif isinstance(small, cst.Assign):
        targets = [target.target for target in small.targets]
    else:
        return False
    return any(isinstance(item, cst.Name) and item.value == variable for item in targets)
