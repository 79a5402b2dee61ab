"""LS318: something that decides about loops stands where no rule reads it.

The plan is made from what was read, and what was not read would count as absent: a request for the
loop that nobody answers, a fixture on another loop than its tests, a test that no mark reaches.
So each mention of such a thing that is not understood is an action at its place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from loopscope.analysis.file.checks import FileCheck, Position, position
from loopscope.analysis.file.decorators import read_fixture, read_step
from loopscope.analysis.file.fixture_makers import FIXTURES
from loopscope.analysis.file.function_bodies import FunctionNode
from loopscope.analysis.file.names import Names, dotted
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import Test
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.rules.context import Rule, RuleContext, RuleResult, action

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_MARK = "pytest.mark.asyncio"
_GROWING = ("append", "extend", "insert")
_SOURCES = ("makepyfile", "makeconftest", "makefile")


def check(context: RuleContext) -> Iterator[RuleResult]:
    if context.plan.suite_style is not SuiteStyle.LEGACY or not context.model.uses_plugin:
        return
    index = context.model.index
    places = {*index.conftests, *index.test_modules, *index.plugins}
    for path, facts in context.files.items():
        for hazard in facts.hazards if path in places else ():
            if hazard.code == "LS318":
                yield action(
                    "LS318", path, hazard.line,
                    f"this was not read: {hazard.detail}. See which loop it needs, and change it"
                    " by hand; a fixture, mark or argument written out plainly is read",
                    hazard.column,
                )  # fmt: skip
    for test in context.model.tests:
        yield from _asked_while_running(context, test)


def _asked_while_running(context: RuleContext, test: Test) -> Iterator[RuleResult]:
    """Report async tests that get a fixture which needs the loop by ``getfixturevalue``.

    No fixture can be set up on a loop that runs already.
    """
    function = test.function
    if not function.is_async:
        return
    for name in function.dynamic:
        if name in ("", EVENT_LOOP):
            continue
        for fixture in context.model.closures.visible(test, name)[-1:]:
            if fixture.function.is_async or EVENT_LOOP in fixture.function.parameters:
                yield action(
                    "LS318", test.key.path, function.line,
                    f"this was not read: {function.qualname} gets {name}, which needs the event"
                    " loop, by getfixturevalue while that loop runs. Make it an argument",
                )  # fmt: skip


# -- what stands in a file ------------------------------------------------------------------


def unread_mentions(node: ast.AST, names: Names) -> Iterator[Position]:
    """Find what concerns loops in one function, or one statement outside of functions."""
    yield from _strings(node)
    yield from _modes(node)
    if isinstance(node, _FUNCTIONS):
        yield from _hidden_request(node, names)
        yield from _marks_by_code(node, names)
        yield from _made_inside(node, names)
    else:
        yield from _made_by_call(node, names)
        yield from _grown_lists(node, names)


def _strings(node: ast.AST) -> Iterator[Position]:
    """Find the name of the loop as a text that some code compares or looks up."""
    for child in ast.walk(node):
        match child:
            case ast.Compare(left=left, comparators=[right]) if _is_name(left) or _is_name(right):
                other = right if _is_name(left) else left
                if not (isinstance(other, ast.Attribute) and other.attr == "fixturenames"):
                    yield position(child, f'a comparison with "{EVENT_LOOP}"')
            case ast.Subscript(value=ast.Attribute(attr="funcargs"), slice=key) if _is_name(key):
                yield position(child, f'funcargs["{EVENT_LOOP}"]')
            case ast.Call(func=ast.Attribute(attr="parametrize"), args=[first, *_]):
                if _is_name(first) or EVENT_LOOP in _words(first):
                    yield position(child, f"parameters for {EVENT_LOOP}")
            case ast.Call(func=ast.Attribute(attr=name)) if name in _SOURCES:
                if any(EVENT_LOOP in _text(part) for part in ast.walk(child)):
                    yield position(child, f"{EVENT_LOOP} in the source of a suite in a string")


def _is_name(node: ast.AST) -> bool:
    return _text(node) == EVENT_LOOP


def _text(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _words(node: ast.AST) -> list[str]:
    parts = node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]
    return [word.strip() for part in parts for word in _text(part).split(",")]


def _modes(node: ast.AST) -> Iterator[Position]:
    """Find a mode of pytest-asyncio that code sets."""
    for child in ast.walk(node):
        if isinstance(child, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
            targets = child.targets if isinstance(child, ast.Assign) else [child.target]
            for target in targets:
                attribute = target.attr if isinstance(target, ast.Attribute) else ""
                key = _text(target.slice) if isinstance(target, ast.Subscript) else ""
                if "asyncio_mode" in (attribute, key):
                    yield position(child, "asyncio_mode is set by code")
                elif attribute == EVENT_LOOP and not _is_self(target):
                    yield position(child, f"{EVENT_LOOP} is assigned to something else")


def _is_self(target: ast.expr) -> bool:
    owner = target.value if isinstance(target, ast.Attribute) else None
    while isinstance(owner, ast.Attribute):
        owner = owner.value
    return isinstance(owner, ast.Name) and owner.id in ("self", "cls", "request")


def _hidden_request(node: FunctionNode, names: Names) -> Iterator[Position]:
    """Find the argument of a function that an unknown decorator may make a fixture."""
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    if EVENT_LOOP not in {argument.arg for argument in arguments}:
        return
    if node.name.startswith(("test", "pytest_")) or read_fixture(node, names) is not None:
        return
    if read_step(node, names) is not None:
        return
    for decorator in node.decorator_list:
        func = decorator.func if isinstance(decorator, ast.Call) else decorator
        if names.resolve(func) is None and dotted(func) not in ("staticmethod", "classmethod"):
            yield position(
                node, f"{node.name} asks for {EVENT_LOOP} under @{ast.unparse(decorator)}"
            )
            return


def _marks_by_code(node: FunctionNode, names: Names) -> Iterator[Position]:
    """Find marks that a function sets, where it is no hook."""
    if node.name.startswith("pytest_"):
        return
    for child in ast.walk(node):
        if not isinstance(child, ast.Call) or not isinstance(child.func, ast.Attribute):
            continue
        if child.func.attr == "add_marker" and child.args and _is_mark(child.args[0], names):
            yield position(child, f"{node.name} adds the asyncio mark")
    sets = any(
        isinstance(child, (ast.Name, ast.Attribute))
        and (child.id if isinstance(child, ast.Name) else child.attr) == "pytestmark"
        for child in ast.walk(node)
    )
    if sets and any(_is_mark(child, names) for child in ast.walk(node)):
        yield position(node, f"{node.name} sets pytestmark")


def _is_mark(node: ast.AST, names: Names) -> bool:
    func = node.func if isinstance(node, ast.Call) else node
    if _text(func) == "asyncio":
        return True
    return isinstance(func, (ast.Name, ast.Attribute)) and names.resolve(func) == _MARK


def _made_inside(node: FunctionNode, names: Names) -> Iterator[Position]:
    """Find async tests that a function makes, by the mark that they carry."""
    returned = {
        dotted(item.value)
        for item in ast.walk(node)
        if isinstance(item, ast.Return) and item.value is not None
    }
    for child in ast.walk(node):
        if child is not node and isinstance(child, ast.AsyncFunctionDef):
            marked = any(_is_mark(decorator, names) for decorator in child.decorator_list)
            if marked and child.name in returned:
                yield position(child, f"{node.name} makes async tests")


def _made_by_call(node: ast.AST, names: Names) -> Iterator[Position]:
    """Find fixtures made by a call (``db = pytest.fixture(make_db)``) and decorators of one."""
    if not isinstance(node, (ast.Assign, ast.AnnAssign)) or not isinstance(node.value, ast.Call):
        return
    if node.lineno in names.read:
        return
    call = node.value
    inner = call.func if isinstance(call.func, ast.Call) else call
    makes = isinstance(inner.func, (ast.Name, ast.Attribute)) and (
        names.resolve(inner.func) in FIXTURES
    )
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if makes and call.args and dotted(targets[0]) != EVENT_LOOP:
        yield position(node, f"{ast.unparse(targets[0])} is a fixture made by a call")
    for argument in call.args:
        named = isinstance(argument, (ast.Name, ast.Attribute))
        if named and names.resolve(argument) in FIXTURES:
            yield position(node, f"{ast.unparse(targets[0])} makes fixtures")


def _grown_lists(node: ast.AST, names: Names) -> Iterator[Position]:
    """Find marks and plugins added after the first assignment, or put together by code."""
    if getattr(node, "lineno", 0) in names.read:
        return
    match node:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr=how))):
            if how in _GROWING and dotted(owner) == "pytest_plugins":
                yield position(node, "plugins are added to pytest_plugins")
        case ast.AugAssign(target=target) if dotted(target) == "pytest_plugins":
            yield position(node, "plugins are added to pytest_plugins")
        case ast.Assign(targets=[ast.Name(id="pytest_plugins")], value=value):
            parts = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
            if not all(_text(part) for part in parts):
                yield position(node, "pytest_plugins is no list of names")


RULE = Rule(
    "LS318",
    "unread",
    "something that decides about loops stands where no rule reads it",
    "any",
    check,
    file_check=FileCheck(
        unread_mentions,
        words=(("event_loop", "asyncio", "fixture", "pytestmark", "pytest_plugins"),),
        file_words=(("event_loop", "asyncio", "pytest_plugins"),),
        anywhere=True,
    ),
)
