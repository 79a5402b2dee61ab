"""LS101 for an override that only sync code meets: it stays, as an ordinary fixture."""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.file.calls import CURRENT_LOOP
from loopscope.analysis.file.facts import BodyKind, Function, Place
from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.rules.context import RuleContext, RuleResult, action, note, spell
from loopscope.rules.ls101_event_loop_override.override_edits import SetCurrentLoop
from loopscope.rules.ls103_async_fixture_decorator import UsePluginFixture


def keep_ordinary(context: RuleContext, key: Key, function: Function) -> Iterator[RuleResult]:
    """Keep the override as an ordinary fixture, with the edits that it needs for that."""
    yield note(
        "LS101",
        key.path,
        function.line,
        "only sync tests and fixtures use this event_loop: it stays, as an ordinary fixture",
    )
    yield from _plain_fixture(context, key, function)
    body = function.override
    assert body is not None
    itself = _needs_its_own(context, key)
    if (
        body.sets_current
        or context.plan.suite_style is not SuiteStyle.LEGACY
        or not (itself or _asks_current(context))
    ):
        return
    if body.kind is BodyKind.OTHER and not itself:
        yield action(
            "LS101",
            key.path,
            function.line,
            "sync code asks for the current loop, and pytest-asyncio no longer sets this one: "
            "call asyncio.set_event_loop() with it here, and with None at the end",
        )
        return
    setter, needs = spell(context.files[key.path], "asyncio.set_event_loop")
    yield SetCurrentLoop(
        "LS101",
        key.path,
        function.line,
        function.qualname,
        "the fixture sets its loop as the current one; pytest-asyncio no longer does",
        function.ordinal,
        setter,
        needs=needs,
    )


def _plain_fixture(context: RuleContext, key: Key, function: Function) -> Iterator[RuleResult]:
    """``pytest_asyncio.fixture`` would bind the sync function to a loop of its own."""
    fixture = function.fixture
    if fixture is None or fixture.origin != "pytest_asyncio.fixture":
        return
    new, needs = spell(context.files[key.path], "pytest.fixture")
    yield UsePluginFixture(
        "LS101",
        key.path,
        function.line,
        function.qualname,
        f"moved to {new}: it is an ordinary fixture now",
        function.ordinal,
        fixture.spelled,
        new,
        needs=needs,
    )


def _needs_its_own(context: RuleContext, key: Key) -> bool:
    """Whether the override builds something of the current loop, such as ``gather()``."""
    return any(
        call.owner == key.ordinal
        and call.place is not Place.ASYNC
        and call.what not in CURRENT_LOOP
        for call in context.files[key.path].loop_calls
    )


def _asks_current(context: RuleContext) -> bool:
    """Whether sync code of the suite asks for the current loop, and nothing else gives it one.

    pytest-asyncio sets the loop of a sync ``pytest_asyncio.fixture`` itself.
    """
    served = {*context.plan.overrides, *context.plan.fixtures}
    return any(
        call.place is not Place.ASYNC
        and (call.owner is None or Key(path, call.owner) not in served)
        for path, facts in context.files.items()
        for call in facts.loop_calls
    )
