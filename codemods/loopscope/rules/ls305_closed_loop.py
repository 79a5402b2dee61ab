"""LS305: a test, fixture or hook closes the event loop.

On 0.21 the plugin put a fresh loop in place after each test. The loops of pytest-asyncio 1.x
belong to an ``asyncio.Runner`` that others still use, and that fails to clean up a closed one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from posixpath import basename

from loopscope.analysis.file.checks import FileCheck, position
from loopscope.analysis.file.facts import Class, Function, Position
from loopscope.analysis.file.functions import (
    arguments,
    current_loops,
    expects_error,
    is_current_loop,
)
from loopscope.analysis.file.names import Names, last_name
from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.python_source.syntax_tree import FunctionNode, is_docstring
from loopscope.rules.context import (
    DeleteDefinition,
    Rule,
    RuleContext,
    RuleResult,
    action,
    note,
)
from loopscope.rules.ls317_never_run.test_cases import Kind, kind_of
from loopscope.types import Finding, Safety, Scope

_SET_UPS = frozenset(
    f"{when}_{what}"
    for when in ("setup", "teardown")
    for what in ("module", "class", "method", "function")
)


def check(context: RuleContext) -> Iterator[RuleResult]:
    if not context.model.uses_plugin:
        return
    needless = dict(needless_hooks(context.model))
    goes = context.options.target.has(1, 1) and not any(
        override_action.stays for override_action in context.plan.overrides.values()
    )
    yield from _unset_loops(context)
    tests = {test.key: test.unittest for test in context.model.index.tests}
    wide = any(
        loop_scope > Scope.FUNCTION
        for loop_scope in (*context.plan.tests.values(), *context.plan.fixtures.values())
    )
    for path, facts in context.files.items():
        functions = {function.ordinal: function for function in facts.functions}
        for hazard in facts.hazards:
            function = functions.get(hazard.ordinal) if hazard.ordinal is not None else None
            if hazard.code != "LS305" or function is None:
                continue
            key = Key(path, function.ordinal)
            what = _what(context, key, function, tests)
            if not what or (goes and key in needless and hazard.detail != _ONLY_ENDS):
                continue
            if hazard.detail == _ONLY_ENDS:
                yield from [_delete_hook(key, function)] if goes and what == "hook" else []
                continue
            if hazard.detail == _ARGUMENT:
                if not _own_loop(context, key):
                    message = _MESSAGE.format(what, "its event_loop, which pytest-asyncio runs")
                    yield action("LS305", path, hazard.line, message, hazard.column)
            elif what == "hook":
                message = (
                    f"{function.qualname} closes the current event loop: pytest-asyncio closes "
                    "its loops itself, and from 1.4 on none is current in a hook. Delete the close"
                )
                yield action("LS305", path, hazard.line, message, hazard.column)
            elif wide or function.is_async:
                message = _MESSAGE.format(what, "the current event loop, which may be a wider one")
                yield action("LS305", path, hazard.line, message, hazard.column)
            else:
                message = (
                    f"this {what} closes the current event loop. That is harmless while no wider "
                    "loop is alive; better leave the close to whoever made the loop"
                )
                yield note("LS305", path, hazard.line, message, hazard.column)


def _delete_hook(key: Key, function: Function) -> DeleteDefinition:
    return DeleteDefinition(
        "LS305",
        key.path,
        function.line,
        function.qualname,
        "hook deleted: it ended the loops of event_loop, as asyncio.Runner does with its own",
        key.ordinal,
        safety=Safety.ASSUMPTION,
    )


def _unset_loops(context: RuleContext) -> Iterator[RuleResult]:
    """Report tests that leave no current loop behind, before pytest-asyncio 1.2.

    See docs/loop-rules.md, Sync code that closes the current loop.
    """
    if context.options.target.has(1, 2):
        return
    model, planned = context.model, context.plan.tests
    wide = {test.module: planned[test.id] for test in model.tests if test.id in planned}
    for test in model.tests:
        if planned.get(test.id, Scope.FUNCTION) > wide.get(test.module, Scope.FUNCTION):
            wide[test.module] = planned[test.id]
    everywhere = any(loop_scope > Scope.MODULE for loop_scope in wide.values())
    done: set[Key] = set()
    for test in (*model.tests, *(test for test in model.index.tests if test.unittest)):
        alive = everywhere or wide.get(test.module, Scope.FUNCTION) > Scope.FUNCTION
        if test.id in planned or not alive:
            continue
        if test.unittest:
            cls = test.classes[-1]
            ours = test.module not in model.cross_suite
            if ours and cls not in done and kind_of(model, cls) is Kind.ISOLATED:
                done.add(cls)
                yield _unset_loop(cls, model.index.cls(cls), "unittest sets none", "")
            continue
        users = [(test.key, test.function)]
        users += [(item.key, item.function) for item in model.closure(test).fixtures]
        for key, function in users:
            if key in done or key.is_external or function.is_async:
                continue
            if model.driven.unsets_current(key):
                done.add(key)
                yield _unset_loop(
                    key, function, "asyncio.run or the like", ", or run it in a thread"
                )


def _unset_loop(key: Key, what: Function | Class, by: str, otherwise: str) -> Finding:
    return action(
        "LS305",
        key.path,
        what.line,
        f"{what.qualname} leaves no current loop behind ({by}),"
        " and below pytest-asyncio 1.2 the next async test on a wider loop fails: "
        f"choose --target 1.2 or newer{otherwise}",
    )


_MESSAGE = (
    "this {} closes {}: what runs after it fails with 'Event loop is closed'. "
    "Delete the close, or make a loop of its own with asyncio.new_event_loop()"
)


def _what(context: RuleContext, key: Key, function: Function, tests: dict[Key, bool]) -> str:
    """Name the kind of the function, "" for one that this rule does not check."""
    if function.override is not None:
        return ""  # an override of event_loop: LS101 and what it does with it
    if key in tests:
        return "" if tests[key] else "test"
    if function.fixture is not None:
        return "fixture"
    index = context.model.index
    plugin = basename(key.path) == "conftest.py" or key.path in index.plugins
    if function.name.startswith("pytest_"):
        return "hook" if plugin and not function.is_method else ""
    in_module = key.path in index.test_modules
    unittest = function.class_ordinal is not None and index.is_unittest(
        Key(key.path, function.class_ordinal)
    )
    return "set-up" if function.name in _SET_UPS and in_module and not unittest else ""


def needless_hooks(model: SuiteModel) -> Iterator[tuple[Key, Function]]:
    """Yield the hooks that do nothing but end the loops of the old fixture."""
    if model.suite_style is not SuiteStyle.LEGACY:
        return
    for path, facts in model.files.items():
        ordinals = {
            hazard.ordinal
            for hazard in facts.hazards
            if hazard.code == "LS305" and hazard.detail == _ONLY_ENDS
        }
        for function in facts.functions if ordinals else ():
            if function.ordinal in ordinals:
                yield Key(path, function.ordinal), function


def _own_loop(context: RuleContext, key: Key) -> bool:
    """Whether the ``event_loop`` that the function gets stays the suite's own."""
    for test in context.model.tests:
        closure = context.model.closure(test)
        if test.key == key or any(item.key == key for item in closure.fixtures):
            override = context.model.override_of(test)
            if override is not None and context.plan.stays(override.key):
                return True
    return False


# -- what stands in a file ------------------------------------------------------------------

_ARGUMENT, _CURRENT, _ONLY_ENDS = "argument", "current", "only ends loops"
_ENDS = frozenset(
    {
        "get_event_loop_policy", "get_event_loop", "get_running_loop", "new_event_loop",
        "set_event_loop", "is_closed", "is_running", "close", "run_until_complete", "all_tasks",
        "_cancel_all_tasks", "cancel", "gather", "stop", "done", "shutdown_asyncgens",
        "shutdown_default_executor", "suppress", "catch_warnings",
    }
)  # fmt: skip
_PLAIN = (ast.Assign, ast.Expr, ast.If, ast.Try, ast.For, ast.Return, ast.Pass, ast.With)
_ERRORS = frozenset({"RuntimeError", "Exception", "BaseException", ""})


def closed_loops(node: FunctionNode, names: Names) -> Iterator[Position]:
    """``close`` of the loop that is current, or that came as ``event_loop`` argument.

    A function that makes loops itself may close them, so nothing below that is reported.
    """
    makes = min(
        (
            child.lineno
            for child in ast.walk(node)
            if isinstance(child, (ast.Name, ast.Attribute))
            and (child.id if isinstance(child, ast.Name) else child.attr) == "new_event_loop"
        ),
        default=None,
    )
    variables = current_loops(node, names)
    requested = "event_loop" in arguments(node) and not any(
        isinstance(child, ast.Name)
        and child.id == "event_loop"
        and not isinstance(child.ctx, ast.Load)
        for child in ast.walk(node)
    )
    if node.name == "pytest_fixture_post_finalizer" and _only_ends_loops(node):
        yield position(node, _ONLY_ENDS)
    for child in _closes(node, guarded=isinstance(node, ast.AsyncFunctionDef)):
        receiver = child.value
        if makes is not None and makes <= child.lineno:
            continue
        if isinstance(receiver, ast.Name) and receiver.id == "event_loop" and requested:
            yield position(child, _ARGUMENT)
        elif is_current_loop(receiver, names) or (
            isinstance(receiver, ast.Name) and receiver.id in variables
        ):
            yield position(child, _CURRENT)


def _only_ends_loops(node: FunctionNode) -> bool:
    """Whether a hook leaves all fixtures alone but event_loop, and only cleans a loop up.

    As pytest-asyncio 0.21 does it, and as many a conftest has it from there.
    """
    guard, *rest = [item for item in node.body if not is_docstring(item)] or [ast.Pass()]
    if not isinstance(guard, ast.If) or guard.orelse:
        return False
    test = ast.unparse(guard.test)
    if test == "fixturedef.argname == 'event_loop'" and not rest:
        rest = guard.body
    elif test != "fixturedef.argname != 'event_loop'" or not isinstance(guard.body[0], ast.Return):
        return False
    inside = [child for item in rest for child in ast.walk(item)]
    return any(isinstance(child, ast.Call) for child in inside) and all(
        isinstance(child, _PLAIN)
        and all(isinstance(target, ast.Name) for target in getattr(child, "targets", ()))
        if isinstance(child, ast.stmt)
        else not isinstance(child, ast.Call) or last_name(child.func) in _ENDS
        for child in inside
    )


def _closes(node: ast.AST, *, guarded: bool) -> Iterator[ast.Attribute]:
    """Each ``X.close`` that is called, or handed to ``addfinalizer`` to be called.

    Where an error is expected nothing is closed. In async code (``guarded``) a ``try``
    counts too: a running loop refuses to be closed.
    """
    for child in ast.iter_child_nodes(node):
        if expects_error(child) or (isinstance(child, ast.Try) and _catches(child, guarded)):
            continue
        if isinstance(child, ast.Call):
            handed = isinstance(child.func, ast.Attribute) and child.func.attr == "addfinalizer"
            for item in (child.func, *(child.args if handed else ())):
                if isinstance(item, ast.Attribute) and item.attr == "close":
                    yield item
        yield from _closes(child, guarded=guarded)


def _catches(node: ast.Try, guarded: bool) -> bool:
    caught = {
        (ast.unparse(handler.type) if handler.type else "").rpartition(".")[2]
        for handler in node.handlers
    }
    return guarded and bool(caught & _ERRORS)


RULE = Rule(
    "LS305",
    "closed-loop",
    "a test, fixture or hook closes the event loop",
    "1.1",
    check,
    file_check=FileCheck(closed_loops, words=((".close",), ("event_loop", "running_loop"))),
)
