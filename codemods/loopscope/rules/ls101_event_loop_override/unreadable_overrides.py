"""Overrides that are beyond reading: where they are, the loop map cannot be trusted.

They are fixtures named ``event_loop`` that no known decorator shows to be one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from loopscope.analysis.file.checks import FileCheck, position
from loopscope.analysis.file.decorators import read_fixture
from loopscope.analysis.file.facts import Function, Position, ScopeKind
from loopscope.analysis.file.loop_statements import CREATORS, RUNNING
from loopscope.analysis.file.names import Names, assigned_names, last_name
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import Key
from loopscope.python_source.syntax_tree import FUNCTIONS
from loopscope.rules.context import RuleContext, action, note
from loopscope.types import Finding


def unreadable_overrides(context: RuleContext) -> Iterator[Finding]:
    """Fixtures named ``event_loop`` that no decorator of pytest shows to be one (LS101)."""
    index = context.model.index
    places = {*index.conftests, *index.test_modules, *index.plugins}
    for path, facts in context.files.items():
        if path not in places and not any(
            bound.module.partition(".")[0] in ("pytest", "pytest_asyncio")
            for bound in facts.imports
        ):
            continue  # no file for fixtures
        for hazard in facts.hazards:
            if hazard.code == "LS101" and not _is_found(context, path, hazard.line):
                message = (
                    f"this event_loop cannot be read as a fixture: {hazard.detail}. "
                    f"{_traced(context, path) or _UNKNOWN}"
                )
                yield action("LS101", path, hazard.line, message, hazard.column)
    for path in places:
        yield from _under_another_name(context, path)


_UNKNOWN = (
    "Nothing here allows for its scope: write it as a function under @pytest.fixture(scope=...), "
    "and run loopscope again"
)


def _under_another_name(context: RuleContext, path: str) -> Iterator[Finding]:
    """Report ``from helpers import my_loop as event_loop``: its body is no override's there."""
    found = context.model.index.module_fixtures(path).get(EVENT_LOOP)
    if found is None or found[0].path == path or found[1].override is not None:
        return
    key, function = found
    line = next(
        (bound.line for bound in context.files[path].bindings if bound.name == EVENT_LOOP), 1
    )
    yield action(
        "LS101",
        path,
        line,
        f"this event_loop is the fixture {function.name} of {key.path} under another name."
        f" {_traced(context, path) or _UNKNOWN_NAME}",
    )


_UNKNOWN_NAME = (
    "Nothing here allows for its scope: name the fixture event_loop where it is defined, and run"
    " loopscope again"
)


def _is_found(context: RuleContext, path: str, line: int) -> bool:
    """Whether a line assigns an override of another module, which is read there."""
    found = context.model.index.module_fixtures(path).get(EVENT_LOOP)
    return (
        found is not None
        and found[1].override is not None
        and any(bound.line == line for bound in context.files[path].assigned)
    )


def _traced(context: RuleContext, path: str) -> str:
    """Advise on an override whose scope the record of a run shows, "" where none does."""
    shown = context.model.trace_index.trace.shown
    for known in context.model.trace_index.external:
        if known.fixture == EVENT_LOOP and path in (known.path, known.base_id):
            return (
                f"But its scope is {known.scope.word}, {shown}, and the loop scopes allow for it: "
                "delete it"
            )
    return ""


def hidden_overrides(node: ast.AST, names: Names) -> Iterator[Position]:
    """Under a decorator of unknown kind, assigned, or made inside of another function."""
    if isinstance(node, FUNCTIONS):
        if node.name == EVENT_LOOP and _may_be_fixture(node, names):
            yield position(node, "its decorator is not one of pytest or pytest-asyncio")
        for child in ast.walk(node):
            if child is not node and isinstance(child, FUNCTIONS):
                fixture = read_fixture(child, names)
                if fixture is not None and fixture.name == EVENT_LOOP:
                    yield position(child, "it is made inside of another function")
    elif isinstance(node, ast.Assign) and node.lineno in names.read:
        return
    elif isinstance(node, ast.Assign) and not isinstance(node.value, ast.Constant):
        targets = list(assigned_names(node))
        if EVENT_LOOP in targets and not _makes_loop(node.value, names):
            yield position(node, "it is assigned, not defined")


def _makes_loop(value: ast.expr, names: Names) -> bool:
    """Whether a value is a loop itself, and so no fixture, whatever its name."""
    if not isinstance(value, ast.Call):
        return False
    return names.resolve(value.func) in CREATORS | {RUNNING} or bool(
        _LOOP_MAKER.search(last_name(value.func))
    )


_LOOP_MAKER = re.compile(r"(?:^|_)(?:new|get|get_running)_(?:event_)?loop$|Loop$")


def _may_be_fixture(node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names) -> bool:
    """Whether an unknown decorator says ``fixture``, or stands on a function of a module.

    Without one, and among the attributes of a class (``@property``), the name means nothing.
    """
    if not node.decorator_list or read_fixture(node, names) is not None:
        return False
    method = bool(node.args.args) and node.args.args[0].arg in ("self", "cls")
    return not method or any("fixture" in ast.unparse(item) for item in node.decorator_list)


HIDDEN = FileCheck(hidden_overrides, words=(("event_loop",),), anywhere=True)


def scope_of_a_run(context: RuleContext, key: Key, function: Function) -> Iterator[Finding]:
    """Say which scope the plan takes for an override whose scope only a run knows."""
    fixture = function.fixture
    shown = (key.path, function.qualname) in context.model.trace_index.functions
    if fixture is not None and fixture.scope_kind is ScopeKind.CALLABLE and not shown:
        yield note(
            "LS101", key.path, function.line,
            "only a run knows the scope of this event_loop: session is taken for it, the widest."
            " Where pytest can collect the suite, --collect says which it is",
        )  # fmt: skip
