"""What LS101 says of an override that stays as an ordinary fixture for sync code.

On 1.x its loop is not the one of the async fixtures. A sync test that drives it, and uses what
such a fixture has made, was left behind when the requirement was raised first.
"""

from __future__ import annotations

from loopscope.analysis.file.facts import Function
from loopscope.analysis.file.values import Use
from loopscope.analysis.suite.closure import loop_requests
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.analysis.suite.loop_values import Bond
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.rules.context import RuleContext, action, note
from loopscope.types import Finding

_RAISED_FIRST = "run loopscope with --from 0.21, which moves the tests as the override had them"


def said_of_ordinary(context: RuleContext, key: Key, function: Function) -> Finding:
    """Say that the override stays, and where this is not enough."""
    model, place = context.model, ("LS101", key.path, function.line)
    if context.plan.suite_style is SuiteStyle.MODERN:
        for test in model.own_tests:
            fixture = _on_another_loop(model, test, key)
            if fixture is not None:
                return action(
                    *place,
                    f"sync code of {test.function.name} runs on this event_loop, and its fixture"
                    f" {fixture.fixture.name} on a loop of pytest-asyncio. If the override once"
                    f" gave both their loop, {_RAISED_FIRST}; if not, make the test async",
                )
            handed = _used_on_another_loop(model, test, key)
            if handed is not None:
                return action(
                    *place,
                    f"{test.function.name} runs on a loop of pytest-asyncio, and uses there what"
                    f" its fixture {handed.fixture.name} makes of this event_loop. Let that"
                    " fixture be async, on the loop scope of its tests. If the override once gave"
                    f" both their loop, {_RAISED_FIRST}",
                )
        if any(_is_hidden_from(model, test, key) for test in model.own_tests):
            return note(
                *place,
                "only sync tests and fixtures use this event_loop: it stays, as an ordinary"
                f" fixture. If async tests should have its loop, {_RAISED_FIRST}",
            )
    return note(
        *place,
        "only sync tests and fixtures use this event_loop: it stays, as an ordinary fixture",
    )


def _is_hidden_from(model: SuiteModel, test: Test, key: Key) -> bool:
    """Whether an async test would have had the loop of the override on 0.21."""
    override = model.override_of(test)
    return model.is_async_test(test) and override is not None and override.key == key


def _used_on_another_loop(model: SuiteModel, test: Test, key: Key) -> FixtureDef | None:
    """Find a sync fixture whose value async code uses, and which belongs to this loop."""
    closures, values = model.closures, model.values

    def belongs(item: FixtureDef, depth: int = 5) -> Use | None:
        """Return what it takes to need the loop of the value, None where it belongs to none."""
        if item.function.is_async or item.key.is_external or not depth:
            return None
        for name, _ in closures.asked(test, item):
            inner = closures.target(test, item, name) if name else None
            if inner is None or not values.derives(item, name):
                continue
            found = Use.AWAITED if inner.key == key else belongs(inner, depth - 1)
            if found is not None:
                return Use.USED if inner.key == key and item.function.is_alias else found
        return None

    users: list[FixtureDef | None] = [None] if model.is_async_test(test) else []
    users += [item for item in closures.of(test).fixtures if item.function.is_async]
    for user in users:
        for name, _ in closures.asked(test, user):
            item = closures.target(test, user, name) if name else None
            needed = None if item is None or item == user else belongs(item)
            how = values.use(user.key if user is not None else test.key, name)
            if needed is not None and how is not None and how >= needed:
                return item
    return None


def _on_another_loop(model: SuiteModel, test: Test, key: Key) -> FixtureDef | None:
    """Find an async fixture whose value sync code uses together with this loop, not its own."""
    if model.is_async_test(test):
        return None
    closure = model.closure(test)
    askers = [
        request.requester.key if request.requester is not None else test.key
        for request in loop_requests(closure)
        if request.target is not None and request.target.key == key
    ]

    def lookup(fixture: FixtureDef, name: str) -> FixtureDef | None:
        return model.closures.target(test, fixture, name)

    return next(
        (
            item
            for item in closure.fixtures
            if item.function.is_async
            and model.is_async_fixture(item.function)
            and model.values.held(item, lookup).bond >= Bond.NAMED
            and any(model.values.use(asker, item.fixture.name) is not None for asker in askers)
        ),
        None,
    )
