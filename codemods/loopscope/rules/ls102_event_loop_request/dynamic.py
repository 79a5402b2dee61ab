"""LS102 for requests that only show at run time: names that are built, loops behind calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from loopscope.analysis.file.checks import FileCheck, position
from loopscope.analysis.file.dynamic_requests import is_fixture_names, is_loop_name
from loopscope.analysis.file.facts import Position
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import FixtureDef, Key
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.python_source.syntax_tree import walk
from loopscope.rules.context import RuleContext, RuleResult, action
from loopscope.types import Scope


def indirect_requests(context: RuleContext) -> Iterator[RuleResult]:
    """Report requests that no edit can answer, in the order of the files."""
    if context.model.suite_style is not SuiteStyle.LEGACY or not context.model.uses_plugin:
        return
    yield from _questions(context)
    yield from _built_names(context)
    yield from _in_coroutines(context)
    yield from _too_early(context)


def _questions(context: RuleContext) -> Iterator[RuleResult]:
    for path, facts in context.files.items():
        for hazard in facts.hazards:
            if hazard.code == "LS102":
                yield action(
                    "LS102",
                    path,
                    hazard.line,
                    "this asks whether event_loop is among the fixtures, and no async test has "
                    "it any more: ask pytest_asyncio.is_async_test(request.node)",
                    hazard.column,
                )


def loop_questions(node: ast.AST, names: object) -> Iterator[Position]:
    """``"event_loop" in request.fixturenames``: true for async tests on 0.21, and never on 1.x."""
    for child in walk(node):
        match child:
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[value]):
                if is_loop_name(left) and is_fixture_names(value):
                    yield position(child)


QUESTIONS = FileCheck(loop_questions, words=(("event_loop",), ("fixturenames",)))


def _built_names(context: RuleContext) -> Iterator[RuleResult]:
    for key, function in context.functions():
        for line in function.built:
            yield action(
                "LS102",
                key.path,
                line,
                f"{function.qualname} puts the name for getfixturevalue together, and it may be "
                "event_loop, which is gone: take asyncio.get_running_loop() in async code, or "
                "write the name out and run loopscope again",
            )


def _in_coroutines(context: RuleContext) -> Iterator[RuleResult]:
    """Helpers that call getfixturevalue, called while a loop runs."""
    for key, function in context.functions():
        if not function.is_async or EVENT_LOOP in function.dynamic or function.built:
            continue
        if not (function.fixture or function.name.startswith("test")):
            continue
        if any(name == EVENT_LOOP for name, _ in context.model.closures.dynamic(key, function)):
            yield action(
                "LS102",
                key.path,
                function.line,
                f"{function.qualname} asks for event_loop through a helper, and no fixture can "
                "answer that while a loop runs: use asyncio.get_running_loop()",
            )


def _too_early(context: RuleContext) -> Iterator[RuleResult]:
    """Sync fixtures that ask for the current loop before any loop of their tests is there."""
    seen: set[Key] = set()
    for test in context.model.tests:
        if test.id not in context.plan.tests:
            continue
        for item in context.model.closure(test).fixtures:
            through = context.model.current.only_through(item.key)
            if (
                item.key not in seen
                and through
                and _is_early(context, item, context.plan.tests[test.id])
            ):
                seen.add(item.key)
                scope = item.fixture.scope.word
                yield action(
                    "LS102",
                    item.key.path,
                    item.function.line,
                    f"{item.function.qualname} asks for the current loop through {through}, and "
                    f"none is there when it is set up for the {scope}: give it "
                    f'@pytest_asyncio.fixture(scope="{scope}", loop_scope="{scope}") and its '
                    "tests that loop scope, or make what it needs in the tests",
                )


def _is_early(context: RuleContext, item: FixtureDef, loop_scope: Scope) -> bool:
    return (
        not item.function.is_async
        and item.function.override is None
        and item.key not in context.plan.converted
        and item.key not in context.plan.fixtures
        and item.fixture.scope > loop_scope
    )
