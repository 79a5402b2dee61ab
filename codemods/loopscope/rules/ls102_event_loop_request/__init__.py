"""LS102: whoever asks for ``event_loop`` gets the running loop in another way.

The fixture is gone in pytest-asyncio 1.0. Async tests and fixtures run on the loop that they
want, so ``asyncio.get_running_loop()`` serves them; sync code gets the bridge (see LS101).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from loopscope.analysis.file.calls import CURRENT_LOOP
from loopscope.analysis.file.facts import Function, LoopUse, UseKind
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import FixtureDef, Key
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.planning.bridges import fixtures_after_work
from loopscope.planning.conversions import Conversion
from loopscope.planning.override_actions import ActionKind
from loopscope.rules.context import Rule, RuleContext, RuleResult, spell
from loopscope.rules.fixture_edits import async_annotation
from loopscope.rules.ls101_event_loop_override.ordinary import said_of_ordinary
from loopscope.rules.ls102_event_loop_request.called_tests import CalledTests
from loopscope.rules.ls102_event_loop_request.doctests import doctest_requests
from loopscope.rules.ls102_event_loop_request.other_requests import (
    QUESTIONS,
    drop_usefixtures,
    indirect_requests,
    serve_xunit,
)
from loopscope.rules.ls102_event_loop_request.renamed_requests import renamed_requests
from loopscope.rules.ls102_event_loop_request.request_edits import (
    AddArgument,
    DropArgument,
    MakeAsync,
    TakeRunningLoop,
)
from loopscope.rules.trace_notes import external_requests
from loopscope.types import Level, Safety

# Loop methods that asyncio offers under the same name, with the same arguments.
_SAME_IN_ASYNCIO = ("create_task",)


def check(context: RuleContext) -> Iterator[RuleResult]:
    tests = {test.key for test in context.model.tests if context.model.is_async_test(test)}
    held, after_work = _held(context), _after_work(context)
    called = CalledTests(context, _losing(context, tests, held, after_work))
    yield from renamed_requests(context, held)
    yield from called.edits()
    for key, function in context.functions():
        conversion = context.plan.converted.get(key)
        asks = EVENT_LOOP in function.parameters
        if conversion is Conversion.ASYNC:
            yield _make_async(context, key, function)
        elif conversion is Conversion.BOUND:
            if asks:
                yield _drop(context, called, key, function, "asyncio.get_event_loop")
        elif conversion is Conversion.RUNNING:
            if asks:
                yield _drop(context, called, key, function)
            yield _make_async(context, key, function)
        elif function.override is not None or not function.is_async:
            continue
        elif key in after_work:
            if not asks:
                yield AddArgument(
                    "LS102",
                    key.path,
                    function.line,
                    function.qualname,
                    "argument event_loop added: what that fixture does comes first",
                    key.ordinal,
                )
        elif asks and key not in held and (function.fixture is not None or key in tests):
            yield called.blocked(key) or _drop(context, called, key, function)
    yield from drop_usefixtures(context)
    yield from _dynamic(context)
    yield from serve_xunit(context)
    yield from indirect_requests(context)
    yield from doctest_requests(context)
    yield from external_requests(context)


def _losing(
    context: RuleContext, tests: Collection[Key], held: Collection[Key], after: Collection[Key]
) -> list[Key]:
    """List the async tests whose argument goes."""
    return [
        key
        for key, function in context.functions()
        if key in tests
        and function.is_async
        and EVENT_LOOP in function.parameters
        and key not in held
        and key not in after
    ]


def _keeps(
    context: RuleContext, target: FixtureDef, asker: Function, harmless: Collection[Key]
) -> bool:
    """Whether the request stays: on 1.x async code has no use for a loop that is not its own."""
    if not context.model.is_override(target.function):
        return True
    override_action = context.plan.overrides.get(target.key)
    if override_action is None or not override_action.stays:
        return False
    return not (asker.is_async and target.key in harmless)


def _harmless(context: RuleContext) -> frozenset[Key]:
    """List the overrides on 1.x that stay for sync code, and nothing of which waits for a person.

    Where something does, the value of an async fixture may be that loop for a sync test.
    """
    if context.plan.suite_style is not SuiteStyle.MODERN:
        return frozenset()
    return frozenset(
        key
        for key, override_action in context.plan.overrides.items()
        if override_action.kind is ActionKind.ORDINARY
        and said_of_ordinary(context, key, context.model.index.function(key)).level is Level.NOTE
    )


def _held(context: RuleContext) -> set[Key]:
    """List definitions whose request is answered by a fixture that stays or is ours."""
    found: set[Key] = set()
    harmless = _harmless(context)
    for test in context.model.tests:
        for request in context.model.closure(test).requests:
            target = request.target
            if target is None:
                continue
            asker = request.requester.function if request.requester else test.function
            if _keeps(context, target, asker, harmless):
                found.add(request.requester.key if request.requester else test.key)
    return found


def _after_work(context: RuleContext) -> frozenset[Key]:
    """List the async fixtures that must come after a working bridge."""

    def works(override: FixtureDef) -> bool:
        override_action = context.plan.overrides.get(override.key)
        return override_action is not None and override_action.works

    return fixtures_after_work(context.model, works, context.plan.converted)


def _make_async(context: RuleContext, key: Key, function: Function) -> MakeAsync:
    kind = "fixture" if function.fixture is not None else "test"
    called = {
        f"{call.spelled}()"
        for call in context.files[key.path].loop_calls
        if call.owner == key.ordinal and call.what in CURRENT_LOOP
    }
    receivers = called | ({EVENT_LOOP} & set(function.parameters))
    why, safety = "it only ran coroutines on its loop, and awaits them now", Safety.ASSUMPTION
    if function.is_alias and context.plan.converted[key] is Conversion.RUNNING:
        receivers, safety = set(), Safety.SAFE
        why = "it hands on the loop that it runs on"
    elif context.plan.converted[key] is Conversion.RUNNING:
        receivers = set()
        why = "it is set up on the loop of its tests then"
    elif not called and not function.loop_uses:
        why = "loop factories reach the async fixtures of async tests only"
    data = context.contents.get(key.path, b"")  # another suite's file is edited there
    returns = async_annotation(context.files[key.path], data, function)
    return MakeAsync(
        "LS102",
        key.path,
        function.line,
        function.qualname,
        f"sync {kind} made async: {why}",
        key.ordinal,
        tuple(sorted(receivers)),
        returns.code,
        safety=safety,
        needs=returns.needs,
    )


def _dynamic(context: RuleContext) -> Iterator[RuleResult]:
    """Handle requests in a running coroutine, where no fixture can be set up on its loop."""
    for key, function in context.functions():
        becomes_async = context.plan.converted.get(key) in (Conversion.ASYNC, Conversion.RUNNING)
        if EVENT_LOOP in function.dynamic and (function.is_async or becomes_async):
            running, needs = spell(context.files[key.path], "asyncio.get_running_loop")
            yield TakeRunningLoop(
                "LS102",
                key.path,
                function.line,
                function.qualname,
                f"getfixturevalue of event_loop becomes {running}()",
                key.ordinal,
                running,
                needs=needs,
            )


def _drop(
    context: RuleContext,
    called: CalledTests,
    key: Key,
    function: Function,
    getter: str = "asyncio.get_running_loop",
) -> DropArgument:
    """Drop the argument; ``getter`` gives the loop where it was used."""
    facts = context.files[key.path]
    running, running_needs = spell(facts, getter)
    bound = key in context.plan.converted
    uses = called.left(key, function.loop_uses)
    create_task, task_needs = spell(facts, "asyncio.create_task")
    same = [
        use
        for use in uses
        if use.kind is UseKind.CALL and use.method in _SAME_IN_ASYNCIO and not bound
    ]
    others = [use for use in uses if use not in same]

    def edit(message: str, **details: Any) -> DropArgument:
        return DropArgument(
            "LS102", key.path, function.line, function.qualname, message, key.ordinal, **details
        )

    if not uses:
        return edit("unused argument event_loop dropped")
    if not others:
        return edit(
            "event_loop.create_task becomes asyncio.create_task",
            methods=(("create_task", create_task),),
            needs=task_needs,
        )
    if not same and _in_place(others):
        return edit(
            f"argument event_loop becomes {getter}()",
            in_place=f"{running}()",
            needs=running_needs,
        )
    return edit(
        "argument event_loop becomes a variable that holds the loop",
        first=f"{EVENT_LOOP} = {running}()",
        needs=running_needs,
    )


def _in_place(uses: list[LoopUse]) -> bool:
    return len(uses) == 1 and uses[0].kind in (UseKind.CALL, UseKind.VALUE)


RULE = Rule(
    "LS102",
    "event-loop-request",
    "requests for event_loop become the running loop",
    "1.0",
    check,
    file_check=QUESTIONS,
)
