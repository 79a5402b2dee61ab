"""Tests that pytest collects and the source does not show (LS318)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from loopscope.analysis.file.facts import Function
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.rules.context import RuleContext, RuleResult, action, note
from loopscope.types import Scope


def unseen_tests(context: RuleContext) -> Iterator[RuleResult]:
    """Say of each module which tests pytest collects besides, and whether they keep their loop."""
    shown = context.model.trace_index.trace.shown
    kept: dict[str, list[Test]] = defaultdict(list)
    lost: dict[str, list[Test]] = defaultdict(list)
    for test in _unseen(context.model):
        if _has_to_do_with_loops(context, test):
            (kept if _keeps_its_loop(context, test) else lost)[test.module].append(test)
    default = context.plan.default.word
    for module, tests in kept.items():
        yield note(
            "LS318", module, tests[0].function.line,
            f"{_names(tests)}: made while the module is imported, {shown}. The default loop scope,"
            f" {default}, gives them the loop that they had",
        )  # fmt: skip
    for module, tests in lost.items():
        yield action(
            "LS318", module, tests[0].function.line,
            f"{_names(tests)}: made while the module is imported, {shown}, and the default loop"
            f" scope, {default}, does not give them the loop that they had. Write them out, and"
            " run loopscope again",
        )  # fmt: skip


_SHOWN = 3


def _names(tests: list[Test]) -> str:
    names = [test.id.rpartition("::")[2] for test in tests]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _unseen(model: SuiteModel) -> Iterator[Test]:
    """Yield them as tests without a place: no edit can reach them, and marks are not known."""
    trace = model.trace_index.trace
    seen, modules = {test.id for test in model.index.tests}, {*model.index.test_modules}
    for number, (name, line) in enumerate(trace.lines.items()):
        module = name.partition("::")[0]
        if name in seen or module not in modules:
            continue
        function = Function(
            ordinal=number,
            name=name.rpartition("::")[2],
            qualname=name,
            line=line or 1,
            first_line=line or 1,
            end_line=line or 1,
            class_ordinal=None,
            is_async=name in trace.async_tests,
            is_generator=False,
            conditional=False,
            # All else that it asks for is in the record, and taken from there.
            parameters=(EVENT_LOOP,) if name in trace.asking_for_loop else (),
            fixture=None,
            marks=(),
            decorators=(),
        )
        yield Test(name, module, (), Key.of_module("collected", number), function, ())


def _has_to_do_with_loops(context: RuleContext, test: Test) -> bool:
    model = context.model
    closure = model.closure(test)
    return (
        test.function.is_async
        or bool(closure.requests)
        or any(model.is_async_fixture(item.function) for item in closure.fixtures)
    )


def _keeps_its_loop(context: RuleContext, test: Test) -> bool:
    """Whether the defaults alone put the test, and all of its async fixtures, on its old loop."""
    model, plan = context.model, context.plan
    closure = model.closure(test)
    if not test.function.is_async or closure.requests or closure.unknown:
        return False
    if test.id not in model.trace_index.trace.bare_marks:
        return False
    if model.legacy.loop_scope(test) is not plan.default:
        return False
    return all(
        _fixture_loop_scope(context, item.key) is plan.default
        for item in closure.fixtures
        if model.is_async_fixture(item.function)
    )


def _fixture_loop_scope(context: RuleContext, key: Key) -> Scope | None:
    plan = context.plan
    return plan.fixture_default if key.is_external else plan.fixtures.get(key)
