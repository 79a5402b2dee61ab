"""Bodies of functions and classes: statements put in, set anew, calls replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import libcst as cst

from loopscope.rewriting.assembler import split_leading_blanks
from loopscope.rewriting.fragment import line_kind
from loopscope.rewriting.function_scope import FunctionScope, spelled

_BLANK = cst.EmptyLine(indent=False)


def insert_first(node: cst.FunctionDef, code: str) -> cst.FunctionDef:
    """Put statements first in the body, after the docstring."""
    return node.with_changes(body=_insert(_block(node.body), code, apart=False))


def insert_member(node: cst.ClassDef, code: str) -> cst.ClassDef:
    """Put a member first in the body of a class, after the docstring, a blank line around."""
    return node.with_changes(body=_insert(_block(node.body), code, apart=True))


def append_body(node: cst.FunctionDef, code: str) -> cst.FunctionDef:
    """Put statements last in the body."""
    block = _block(node.body)
    new, footer = _parse(code)
    return node.with_changes(
        body=block.with_changes(body=[*block.body, *new], footer=[*block.footer, *footer])
    )


def make_async(node: cst.FunctionDef, returns: str = "") -> cst.FunctionDef:
    """Return the function as ``async def``, with a new annotation ``returns`` if there is one."""
    if node.asynchronous:
        return node
    node = annotated(node, returns) if returns else node
    return node.with_changes(asynchronous=cst.Asynchronous())


def annotated(node: cst.FunctionDef, returns: str) -> cst.FunctionDef:
    """Put another annotation in the place of the one that the function has."""
    if node.returns is None:
        return node
    annotation = node.returns.with_changes(annotation=cst.parse_expression(returns))
    return node.with_changes(returns=annotation)


def replace_calls(node: cst.FunctionDef, mapping: Mapping[str, str]) -> cst.FunctionDef:
    """Replace the callee of calls without arguments, in the function's own body.

    Keys are spelled as in the file, such as ``"asyncio.get_event_loop"`` or
    ``"asyncio.get_event_loop_policy().get_event_loop"``.
    """
    return _visit(node, _Callees(mapping))


def replace_method_calls(
    node: cst.FunctionDef, receiver: str, methods: Mapping[str, str]
) -> cst.FunctionDef:
    """Replace ``receiver.method`` in calls, whatever the arguments, in the own body."""
    mapping = {f"{receiver}.{method}": callee for method, callee in methods.items()}
    return _visit(node, _Callees(mapping, arguments=True))


def replace_name(node: cst.FunctionDef, name: str, code: str) -> cst.FunctionDef:
    """Replace each use of a variable by an expression, in the function's own body."""
    return _visit(node, _Names(name, cst.parse_expression(code)))


def replace_fixture_values(node: cst.FunctionDef, name: str, code: str) -> cst.FunctionDef:
    """Replace ``….getfixturevalue("name")`` by an expression, in the function's own body."""
    return _visit(node, _FixtureValues(name, cst.parse_expression(code)))


def drop_awaits(node: cst.FunctionDef, name: str) -> cst.FunctionDef:
    """``await name`` as ``name``, in the function's own body; alone in a statement it goes."""
    return _visit(node, _Awaited(name))


def await_calls(
    node: cst.FunctionDef, receiver: str, method: str = "run_until_complete"
) -> cst.FunctionDef:
    """``receiver.method(x)`` as ``await x``, in the function's own body."""
    return _visit(node, _Awaits(f"{receiver}.{method}"))


def _visit(node: cst.FunctionDef, transformer: FunctionScope) -> cst.FunctionDef:
    return node.with_changes(body=node.body.visit(transformer))


# -- statements ------------------------------------------------------------------------


def _parse(code: str) -> tuple[list[cst.BaseStatement], list[cst.EmptyLine]]:
    module = cst.parse_module(code if code.endswith("\n") else code + "\n")
    statements: list[cst.BaseStatement] = list(module.body)
    if not statements:
        statements = [cst.SimpleStatementLine([cst.Pass()])]
    first = statements[0]
    lines = [*module.header, *first.leading_lines]  # type: ignore[attr-defined]
    statements[0] = first.with_changes(leading_lines=lines)
    return statements, list(module.footer)


def _block(suite: cst.BaseSuite) -> cst.IndentedBlock:
    """Put a body on lines of its own."""
    if isinstance(suite, cst.IndentedBlock):
        return suite
    assert isinstance(suite, cst.SimpleStatementSuite)
    line = cst.SimpleStatementLine(suite.body, trailing_whitespace=suite.trailing_whitespace)
    return cst.IndentedBlock([line])


def _insert(block: cst.IndentedBlock, code: str, *, apart: bool) -> cst.IndentedBlock:
    new, footer = _parse(code)
    old = list(block.body)
    start = 1 if old and _is_docstring(old[0]) else 0
    if len(old) == start + 1 and _is_placeholder(old[start]):
        comments = old[start].leading_lines  # type: ignore[attr-defined]
        new[0] = _led(new[0], comments)
        del old[start]
    elif len(old) > start:
        blanks, rest = split_leading_blanks(old[start].leading_lines, line_kind)  # type: ignore[attr-defined]
        apart_below = apart or isinstance(old[start], (cst.FunctionDef, cst.ClassDef))
        between = [*footer, *([_BLANK] if apart_below else []), *rest]
        old[start] = old[start].with_changes(leading_lines=between)
        new[0] = _led(new[0], blanks)
    if apart and start and not new[0].leading_lines:  # type: ignore[attr-defined]
        new[0] = _led(new[0], [_BLANK])
    return block.with_changes(body=[*old[:start], *new, *old[start:]])


def _led(statement: cst.BaseStatement, lines: list[cst.EmptyLine]) -> cst.BaseStatement:
    own = statement.leading_lines  # type: ignore[attr-defined]
    return statement.with_changes(leading_lines=[*lines, *own])


def _small(statement: cst.BaseStatement) -> cst.BaseSmallStatement | None:
    if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
        return statement.body[0]
    return None


def _is_docstring(statement: cst.BaseStatement) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    first = statement.body[0]
    return isinstance(first, cst.Expr) and isinstance(
        first.value, (cst.SimpleString, cst.ConcatenatedString)
    )


def _is_placeholder(statement: cst.BaseStatement) -> bool:
    small = _small(statement)
    return isinstance(small, cst.Pass) or (
        isinstance(small, cst.Expr) and isinstance(small.value, cst.Ellipsis)
    )


# -- expressions -----------------------------------------------------------------------


class _FixtureValues(FunctionScope):
    def __init__(self, name: str, value: cst.BaseExpression) -> None:
        super().__init__()
        self._name = name
        self._value = value

    def leave_call(self, original: cst.Call, updated: cst.Call) -> cst.BaseExpression:
        func = updated.func
        if not isinstance(func, cst.Attribute) or func.attr.value != "getfixturevalue":
            return updated
        value = updated.args[0].value if len(updated.args) == 1 else None
        named = isinstance(value, cst.SimpleString) and value.evaluated_value == self._name
        return self._value.deep_clone() if named else updated


class _Callees(FunctionScope):
    def __init__(self, mapping: Mapping[str, str], *, arguments: bool = False) -> None:
        super().__init__()
        self._mapping = mapping
        self._arguments = arguments

    def leave_call(self, original: cst.Call, updated: cst.Call) -> cst.BaseExpression:
        if original.args and not self._arguments:
            return updated
        callee = self._mapping.get(spelled(original.func) or "")
        return (
            updated if callee is None else updated.with_changes(func=cst.parse_expression(callee))
        )


class _Names(FunctionScope):
    def __init__(self, name: str, value: cst.BaseExpression) -> None:
        super().__init__()
        self.bound = name
        primary = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.Await)
        if not isinstance(value, primary) and not value.lpar:
            value = value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        self._value = value

    def leave_load(self, original: cst.Name, updated: cst.Name) -> cst.BaseExpression:
        if original.value != self.bound:
            return updated
        value = self._value.deep_clone()
        if not updated.lpar:
            return value
        return value.with_changes(lpar=updated.lpar, rpar=updated.rpar)


class _Awaited(FunctionScope):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._empty: list[cst.CSTNode] = []  # statements of which nothing is left

    def on_leave(self, original: Any, updated: Any) -> Any:
        changed = super().on_leave(original, updated)
        match changed:
            case cst.Await(expression=cst.Name(value=self._name) as name):
                return name.with_changes(lpar=changed.lpar, rpar=changed.rpar)
            case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Name(value=self._name))]):
                empty = changed.with_changes(body=[cst.Pass()])
                if not (changed.trailing_whitespace.comment or changed.leading_lines):
                    self._empty.append(empty)
                return empty
            case cst.IndentedBlock(body=body):
                kept = [item for item in body if item not in self._empty]
                return changed.with_changes(body=kept or body[:1])
        return changed


class _Awaits(FunctionScope):
    def __init__(self, callee: str) -> None:
        super().__init__()
        self._callee = callee

    def leave_call(self, original: cst.Call, updated: cst.Call) -> cst.BaseExpression:
        if spelled(original.func) != self._callee or len(updated.args) != 1:
            return updated
        arg = updated.args[0]
        if arg.star or (arg.keyword is not None and arg.keyword.value != "future"):
            return updated
        return cst.Await(_awaitable(updated, arg), lpar=updated.lpar, rpar=updated.rpar)


def _awaitable(call: cst.Call, arg: cst.Arg) -> cst.BaseExpression:
    """Return the argument as the operand of await; parentheses stay where they matter."""
    value = arg.value
    closing = arg.whitespace_after_arg
    if isinstance(arg.comma, cst.Comma) and isinstance(
        arg.comma.whitespace_after, cst.ParenthesizedWhitespace
    ):
        closing = arg.comma.whitespace_after
    opening = call.whitespace_before_args
    commented = any(
        isinstance(space, cst.ParenthesizedWhitespace)
        and (space.first_line.comment or any(line.comment for line in space.empty_lines))
        for space in (opening, closing)
    )
    if not commented and _is_primary(value):
        return value
    left, right = cst.LeftParen(opening), cst.RightParen(closing)
    return value.with_changes(lpar=[left, *value.lpar], rpar=[*value.rpar, right])


def _is_primary(value: cst.BaseExpression) -> bool:
    """Whether the expression can follow ``await`` as it is, on one logical line."""
    if value.lpar:
        return True
    if not isinstance(value, (cst.Name, cst.Attribute, cst.Call, cst.Subscript)):
        return False
    try:
        cst.parse_expression(cst.Module([]).code_for_node(value))
    except cst.ParserSyntaxError:  # it spans lines, and relied on the call's parentheses
        return False
    return True
