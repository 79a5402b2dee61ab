"""Whole statements: a definition put in the place of another, a mark in an assignment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import libcst as cst

from loopscope.rewriting.call_keywords import MarkSetter, dotted, set_call


def replace_definition(node: cst.FunctionDef, source: str) -> cst.BaseCompoundStatement:
    """Replace ``node`` by the function or ``if`` of ``source``; comments above it stay."""
    module = cst.parse_module(source)
    new = module.body[0]
    assert isinstance(new, (cst.FunctionDef, cst.If))
    return new.with_changes(leading_lines=[*node.leading_lines, *module.header])


def set_call_in_statement(
    node: cst.SimpleStatementLine,
    spelled: Collection[str],
    keywords: Mapping[str, str | None],
    rename: Mapping[str, str],
) -> cst.SimpleStatementLine:
    """Call ``set_call`` for the marks that one statement line assigns or adds to a list."""
    setter = MarkSetter(frozenset(spelled), keywords, rename)
    kinds = (cst.Assign, cst.AnnAssign, cst.AugAssign, cst.Expr)
    return _with_values(node, lambda value: value.visit(setter), kinds)


def set_fixture_call(
    node: cst.SimpleStatementLine,
    spelled: Collection[str],
    keywords: Mapping[str, str],
    name: str | None,
) -> cst.SimpleStatementLine:
    """Set keywords and name of the call that makes a fixture in an assignment."""
    return _with_values(node, lambda value: set_call(value, spelled, keywords, name=name))


def put_maker(node: cst.SimpleStatementLine, spelled: str, code: str) -> cst.SimpleStatementLine:
    """Put ``code`` in the place of ``spelled`` or its call: ``db = shared(make_db)``."""
    new = cst.parse_expression(code)

    def put(value: cst.BaseExpression) -> cst.BaseExpression:
        if isinstance(value, cst.Call) and dotted(value.func) == spelled:
            return value.with_changes(func=new, args=value.args[:1])
        return value

    return _with_values(node, put)


def _with_values(
    node: cst.SimpleStatementLine,
    change: Callable[[Any], Any],
    kinds: tuple[type[cst.CSTNode], ...] = (cst.Assign, cst.AnnAssign),
) -> cst.SimpleStatementLine:
    """Change the values of the statements of some kinds that one line holds."""
    body = [
        small.with_changes(value=change(value))
        if isinstance(small, kinds) and (value := getattr(small, "value", None)) is not None
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
    """``set_call`` wherever one of the names stands inside a definition."""
    changed = node.visit(MarkSetter(frozenset(spelled), keywords, rename))
    assert isinstance(changed, cst.FunctionDef)
    return changed


def set_before_handing_out(node: cst.FunctionDef, setter: str) -> cst.FunctionDef:
    """``setter(loop)`` before the first yield or return of a fixture, and a yield there.

    What is no variable yet is put into ``loop`` first.
    """
    done = False

    class Inserter(cst.CSTTransformer):
        def visit_FunctionDef(self, inner: cst.FunctionDef) -> bool:
            return inner is node

        def leave_SimpleStatementLine(
            self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
        ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.BaseStatement]:
            nonlocal done
            value = _handed_out(updated_node)
            if done or value is None:
                return updated_node
            done = True
            name = value.value if isinstance(value, cst.Name) else "loop"
            lines = [f"{setter}({name})", f"yield {name}"]
            if not isinstance(value, cst.Name):
                lines.insert(0, f"loop = {cst.Module([]).code_for_node(value)}")
            first, *rest = [cst.parse_statement(line) for line in lines]
            assert isinstance(first, cst.SimpleStatementLine)
            rest[-1] = rest[-1].with_changes(trailing_whitespace=updated_node.trailing_whitespace)
            led = first.with_changes(leading_lines=updated_node.leading_lines)
            return cst.FlattenSentinel([led, *rest])

    changed = node.visit(Inserter())
    assert isinstance(changed, cst.FunctionDef)
    return changed


def _handed_out(line: cst.SimpleStatementLine) -> cst.BaseExpression | None:
    """Return the value of a line that is a ``return`` or a ``yield``."""
    small = line.body[0] if len(line.body) == 1 else None
    if isinstance(small, cst.Return):
        return small.value
    if isinstance(small, cst.Expr) and isinstance(small.value, cst.Yield):
        value = small.value.value
        return value if isinstance(value, cst.BaseExpression) else None
    return None


def append_statement(node: cst.FunctionDef, code: str) -> cst.FunctionDef:
    """``code`` as the last statement of the function."""
    if not isinstance(node.body, cst.IndentedBlock):
        return node
    body = [*node.body.body, cst.parse_statement(code)]
    return node.with_changes(body=node.body.with_changes(body=body))
