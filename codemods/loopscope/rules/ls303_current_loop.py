"""LS303: ``get_event_loop()`` stands where no loop may be current.

Sync code has no running loop, so it gets the current one. From pytest-asyncio 1.4 on sync tests
find none, and from Python 3.14 on no thread has one unless somebody sets it. Who calls such code
cannot be known, so it stays as it is. A call whose ``RuntimeError`` is caught has its answer.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from loopscope.analysis.file.calls import CONSTRUCTORS, CURRENT_LOOP
from loopscope.analysis.file.checks import FileCheck, is_script, position
from loopscope.analysis.file.facts import Position
from loopscope.analysis.file.loop_statements import SETTERS
from loopscope.analysis.file.names import Names, last_name
from loopscope.analysis.suite.fixtures import Key
from loopscope.planning.planned_overrides import AT_IMPORT
from loopscope.python_source.syntax_tree import FUNCTIONS, own, walk
from loopscope.rules.context import Rule, RuleContext, RuleResult, note
from loopscope.rules.ls107_running_loop import overrides_in, will_run
from loopscope.rules.version_branches import VersionBranches


def check(context: RuleContext) -> Iterator[RuleResult]:
    for path, facts in context.files.items():
        if not facts.loop_calls or context.is_aside(path) or context.leaves_alone(path):
            continue
        gone = overrides_in(context, path)
        branches = VersionBranches.of(context, path)
        answered = {
            (item.line, item.column)
            for item in facts.hazards
            if item.code == "LS303" and not item.detail
        }
        for call in facts.loop_calls:
            if call.what not in CURRENT_LOOP or call.owner in gone:
                continue
            if (call.line, call.column) in answered:
                continue
            if branches.hold_older(call.line) or will_run(context, path, call):
                continue  # LS107, or a patch keeps it (LS309)
            if call.owner is None or not _has_loop(context, Key(path, call.owner)):
                yield note(
                    "LS303",
                    path,
                    call.line,
                    f"get_event_loop() in {call.place.value}: no loop may be current there. "
                    "Call get_running_loop() from async code, or pass the loop in",
                    call.column,
                )


def _has_loop(context: RuleContext, key: Key) -> bool:
    """Recognize a function that LS102 takes care of, or a fixture with a loop of its own."""
    return key in context.plan.converted or key in context.plan.fixtures


# -- what stands in a file ------------------------------------------------------------------

_SETTER = "asyncio.set_event_loop"
_ERRORS = frozenset({"RuntimeError", "Exception", "BaseException"})


def answered_calls(node: ast.stmt, names: Names) -> Iterator[Position]:
    """Find the calls whose error is caught and not raised again, and those below a setter.

    A function that sets the current loop itself knows what it asks for.
    """
    if isinstance(node, FUNCTIONS):
        calls = own(node, ast.Call)
        setters = [call.lineno for call in calls if names.resolve(call.func) == _SETTER]
        for call in calls if setters else ():
            takes = _is_current(call, names) or names.resolve(call.func) in CONSTRUCTORS
            if takes and call.lineno > min(setters):
                yield position(call)
    for attempt in walk(node):
        if isinstance(attempt, ast.Try) and any(map(_answers, attempt.handlers)):
            for child in (item for statement in attempt.body for item in walk(statement)):
                if isinstance(child, ast.expr) and _is_current(child, names):
                    yield position(child)


def _looked_for(node: ast.stmt, names: Names) -> Iterator[Position]:
    yield from answered_calls(node, names)
    if not isinstance(node, FUNCTIONS):
        yield from held_at_import(node, names)


def held_at_import(node: ast.stmt, names: Names) -> Iterator[Position]:
    """Find where the import of a file takes the current loop, or sets one, and keeps it."""
    if is_script(node) or (isinstance(node, ast.Expr) and _is_current(node.value, names)):
        return
    for child in ast.walk(node):
        if isinstance(child, ast.Call):
            origin = names.resolve(child.func)
            if origin in SETTERS and any(isinstance(value, ast.Name) for value in child.args):
                yield position(child, AT_IMPORT)
            elif origin == "nest_asyncio.apply" or origin in SETTERS:
                return
            elif _is_current(child, names):
                yield position(child, AT_IMPORT)


def _is_current(node: ast.expr, names: Names) -> bool:
    return isinstance(node, ast.Call) and names.resolve(node.func) in CURRENT_LOOP


def _answers(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or last_name(kind) in _ERRORS for kind in caught) and not any(
        isinstance(child, ast.Raise) for part in handler.body for child in ast.walk(part)
    )


RULE = Rule(
    "LS303",
    "current-loop-in-sync-code",
    "get_event_loop() where no loop may be current (note): from Python 3.14 it raises there. "
    "Call get_running_loop() from async code, or pass the loop in",
    "1.4",
    check,
    file_check=FileCheck(
        _looked_for,
        file_words=(("get_event_loop", "set_event_loop"),),
        function_words=(("except", "set_event_loop"),),
        anywhere=True,
    ),
)
