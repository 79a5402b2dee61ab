"""The choice of sync tests and fixtures that need no loop object.

A sync function that only calls ``event_loop.run_until_complete(x)`` can become ``async def``
and await ``x``. A sync fixture that stores the loop, passes it on or only wants it first becomes
``async def``, too; where something keeps it sync it stays so under ``pytest_asyncio.fixture``,
which makes the loop of its loop scope the current one from pytest-asyncio 1.1 on
(docs/loop-rules.md, The loop is set up last). Everything else gets the bridge.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from functools import cached_property

from loopscope.analysis.file.calls import CURRENT_LOOP
from loopscope.analysis.file.facts import LATER, Function, LoopCall, Place, UseKind
from loopscope.analysis.file.override_facts import BodyKind
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.loop_map.other_plugins import raw_fixtures
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.planning.loop_users import NO_CAUTION, Caution
from loopscope.planning.sync_reasons import SyncReasons
from loopscope.types import Options, Scope

_RUNS = "run_until_complete"


class Conversion(enum.Enum):
    """How a sync function gets its loop after the migration."""

    ASYNC = "async"  # it becomes async def
    BOUND = "bound"  # a sync function under pytest_asyncio.fixture
    RUNNING = "running"  # it becomes async def to find the running loop


class Candidates:
    """The sync functions that could be converted, before anyone asked who uses them."""

    def __init__(
        self,
        model: SuiteModel,
        options: Options,
        caution: Caution = NO_CAUTION,
        policies: Collection[Key] = (),
    ) -> None:
        self.model = model
        self.options = options
        self._raw = {item.fixture.name for item in raw_fixtures(model)}
        self._caution = caution
        self._policies = policies  # overrides whose loops no factory makes
        self._sync = SyncReasons(model)

    def current_calls(self, key: Key) -> tuple[LoopCall, ...]:
        """List the calls of a function that ask for the current loop without naming it."""
        return self.model.current.calls(key)

    def _careful(self, key: Key) -> bool:
        return self._caution.is_careful(key.path, self.options)

    def fixture(self, key: Key, function: Function) -> Conversion | None:
        """Choose a conversion of the sync fixture, None if only the bridge serves it."""
        fixture = function.fixture
        assert fixture is not None
        if function.override is not None or key.is_external:
            return None
        asks = EVENT_LOOP in function.parameters
        current = [call for call in self.current_calls(key) if call.place is Place.SYNC]
        if not (asks or current):
            return None
        if key in self._after_work:
            return None
        if function.is_alias:
            return self._of_alias(key, function)
        kinds = {use.kind for use in function.loop_uses}
        runs = self._only_runs(key, function) and fixture.decorators == 1
        runs = runs and function.handed.isdisjoint(self._raw)
        runs = runs and not self.model.driven.by_function(key)
        runs = runs and not self._sync.asks_while_it_runs(key, function)
        if runs and not self._careful(key) and fixture.name not in self._sync.dynamic:
            return Conversion.ASYNC
        if kinds & {UseKind.NESTED, UseKind.STORE}:
            return None
        if self._may_run(key, function, asks=asks):
            return Conversion.RUNNING
        return Conversion.BOUND if self.options.target.has(1, 1) else None

    @cached_property
    def _after_work(self) -> frozenset[Key]:
        """The wide fixtures that ask for an override which does more than making a loop.

        What it does comes before them, which only a request says.
        """
        return frozenset(
            item.key
            for test in self.model.tests
            if self._does_work(self.model.override_of(test))
            for item in self.model.closure(test).fixtures
            if item.fixture.scope > Scope.FUNCTION and EVENT_LOOP in item.function.parameters
        )

    @staticmethod
    def _does_work(override: FixtureDef | None) -> bool:
        body = override.function.override if override is not None else None
        return body is not None and body.kind is BodyKind.WORK

    def _of_alias(self, key: Key, function: Function) -> Conversion | None:
        """Let a fixture that only hands on ``event_loop`` find the loop by itself."""
        fixture = function.fixture
        assert fixture is not None
        careful = self._careful(key) or fixture.decorators > 1
        careful = careful or fixture.name in self._sync.dynamic
        # Statements beside the one that hands it on may do anything with it.
        does_more = (
            len(function.loop_uses) > 1
            or function.drives_loops
            or bool(function.calls)
            or bool(self.current_calls(key))
        )
        return None if careful or does_more else Conversion.RUNNING

    def _may_run(self, key: Key, function: Function, *, asks: bool) -> bool:
        """Whether nothing keeps the fixture sync; with 1.0 who asks by name gets the bridge."""
        at_1_0 = self.options.target.has(1, 0) and not self.options.target.has(1, 1)
        if self._careful(key) or (asks and at_1_0):
            return False
        return not self._sync.reason(key, function)

    def test(self, test: Test) -> bool:
        """Whether the sync test could become an async one."""
        function = test.function
        if function.is_async or function.is_generator or self._careful(test.key):
            return False
        if not function.known_decorators or EVENT_LOOP in function.parametrized:
            return False
        if self._foreign(test):
            return False
        if self._sync.asks_while_it_runs(test.key, function):
            return False
        if not (self._only_runs(test.key, function) or self._needs_factory(test)):
            return False
        if self.model.test_uses.of(test.key):
            return False  # what calls it would get a coroutine from it
        if self.model.driven.by_test(test) or not function.handed.isdisjoint(self._raw):
            return False
        return not any(self.holds(item) for item in self.model.closure(test).fixtures)

    def _needs_factory(self, test: Test) -> bool:
        """Tell whether the test must be async for its fixtures to get a loop of another kind."""
        override = self.model.override_of(test)
        body = override.function.override if override else None
        return (
            body is not None
            and body.kind is BodyKind.FACTORY
            and not body.windows
            and override is not None
            and override.key not in self._policies
            and self.options.target.has(1, 4)
            and not test.function.loop_uses
            and not test.function.dynamic
            and not self.current_calls(test.key)
            and any(
                item.function.is_async or self.fixture(item.key, item.function)
                for item in self.model.closure(test).fixtures
            )
        )

    def _foreign(self, test: Test) -> bool:
        return (test.mark("anyio") or test.mark("trio")) is not None

    def _only_runs(self, key: Key, function: Function) -> bool:
        """Tell whether the loop is only used by ``run_until_complete(…)`` in straight line."""
        calls = self.current_calls(key)
        runs = [use for use in function.loop_uses if use.method == _RUNS]
        straight = all(
            use.kind is UseKind.CALL and use.method == _RUNS for use in function.loop_uses
        )
        current = all(
            call.what in CURRENT_LOOP
            and call.place is Place.SYNC
            and call.method == _RUNS
            and not call.through
            for call in calls
        )
        return straight and current and bool(runs or calls)

    def holds(self, fixture_def: FixtureDef) -> bool:
        """Whether a sync fixture may drive a loop when a test uses its value.

        It got the loop and keeps it, hands out a callable that uses it, or runs another.
        """
        function = fixture_def.function
        if function.override is not None:
            return False
        if function.is_async:
            return self.model.driven.by_function(fixture_def.key)
        driven = function.drives_loops or self.model.driven.by_function(fixture_def.key)
        if driven or any(
            call.place in (*LATER, Place.GENERATOR)
            or (call.what in CURRENT_LOOP and (call.through or call.method != _RUNS))
            for call in self.current_calls(fixture_def.key)
        ):
            return True
        return EVENT_LOOP in function.parameters and any(
            use.kind is not UseKind.CALL or use.method != _RUNS for use in function.loop_uses
        )

    def takers(self, test: Test) -> Callable[[FixtureDef], bool]:
        """Return who tells whether a fixture may count on the loop of the test as current one.

        On 0.21 an async test gave each of its fixtures one. Below 1.4 a fixture as wide as the
        loop, which is made after it, finds another one, and none from then on.
        """
        model = self.model
        if not model.is_async_test(test) or not model.loses_current_loop:
            return lambda item: False
        if model.suite_style is SuiteStyle.LEGACY:
            return lambda item: True
        loop_scope = model.modern.test_loop_scope(test)
        return lambda item: (
            item.fixture.scope >= loop_scope and EVENT_LOOP not in item.function.parameters
        )


def choose(
    candidates: Candidates,
    loop_scope: Callable[[Test], Scope],
    concerned: Collection[Test],
    unused: Collection[tuple[FixtureDef, FixtureDef | None]] = (),
    left: Collection[Key] = (),
) -> dict[Key, Conversion]:
    """Choose the functions to convert, given each test's loop scope with nothing converted.

    A fixture is converted only where all tests that use it agree on one loop scope: an async
    fixture is static, and a shared one would widen whole regions. Who uses one of the overrides
    that are ``left`` to a person stays as it is, and so does whom a bridge serves already. Of the
    fixtures that are ``unused``, each with the override that it sees, only aliases are converted.
    """
    model = candidates.model
    found: dict[Key, Conversion] = {}
    users: dict[Key, set[Scope]] = defaultdict(set)
    functions: dict[Key, FixtureDef] = {}
    blocked: set[Key] = set()
    unmoved: set[Key] = set()
    tests: dict[Key, bool] = {}
    for test in concerned:
        closure = model.closure(test)
        holders = [item for item in closure.fixtures if candidates.holds(item)]
        is_async = model.is_async_test(test)
        override = model.override_of(test)
        stays = override is not None and override.key in left
        if not is_async:
            tests[test.key] = tests.get(test.key, True) and not stays and candidates.test(test)
        unmoved.update(
            request.requester.key
            for request in closure.requests
            if request.requester
            and request.target
            and (request.target.key in left or not model.is_override(request.target.function))
        )
        requesters = {request.requester.key for request in closure.requests if request.requester}
        if model.suite_style is SuiteStyle.MODERN:
            # Only who asks for the fixture that is gone is in need; the rest works as it is.
            lost = {
                request.requester.key if request.requester else test.key
                for request in closure.requests
                if request.target is None
            }
            tests[test.key] = tests.get(test.key, True) and test.key in lost
            aliases = {item.key for item in closure.fixtures if item.function.is_alias}
            requesters &= lost | aliases if is_async else lost
        takes = candidates.takers(test)
        for item in closure.fixtures:
            if item.function.is_async:
                continue
            if item.key not in requesters and not takes(item):
                continue
            functions[item.key] = item
            users[item.key] |= alias_scopes(model, item.key, item.function) or {loop_scope(test)}
            if stays or any(holder.key != item.key for holder in holders):
                blocked.add(item.key)  # it may call what drives the loop
    for key, item in functions.items():
        conversion = candidates.fixture(key, item.function)
        if conversion is Conversion.ASYNC and key in blocked:
            conversion = None
        if (
            conversion is not None
            and key not in unmoved
            and len(users[key]) == 1
            and item.fixture.scope <= min(users[key])
        ):
            found[key] = conversion
    sync = {test.key for test in concerned if not model.is_async_test(test)}
    found.update(
        {key: Conversion.ASYNC for key, possible in tests.items() if possible and key in sync}
    )
    for item, target in unused:
        if item.function.is_alias and (target is None or target.key not in left):
            conversion = candidates.fixture(item.key, item.function)
            found.update({item.key: conversion} if conversion is not None else {})
    for key in _beside_a_bridge(candidates.model, concerned, unused, found):
        del found[key]
    return found


def alias_scopes(model: SuiteModel, key: Key, function: Function) -> set[Scope]:
    """List the loop scopes that a fixture which hands on the loop must have in a suite on 1.x.

    Those are the ones of its async tests; without any, what the configuration says. Of another
    fixture, or in an old suite, nothing is known here.
    """
    if model.suite_style is SuiteStyle.LEGACY or not function.is_alias:
        return set()
    found = {
        model.modern.test_loop_scope(test)
        for test in model.tests
        if model.is_async_test(test) and key in {item.key for item in model.closure(test).fixtures}
    }
    return found or {model.modern.fixture_loop_scope(function)}


def _beside_a_bridge(
    model: SuiteModel,
    concerned: Collection[Test],
    unused: Collection[tuple[FixtureDef, FixtureDef | None]],
    found: Mapping[Key, Conversion],
) -> set[Key]:
    """List the converted aliases of a loop that others ask for, too: a bridge serves them all."""
    asking: dict[Key | None, set[Key]] = defaultdict(set)
    for item, seen in unused:
        asking[seen.key if seen else None].add(item.key)
    for test in concerned:
        for request in model.closure(test).requests:
            target = request.target.key if request.target else None
            one = request.requester or test
            if not one.function.is_async:
                asking[target].add(one.key)
    return {
        key
        for keys in asking.values()
        if any(key not in found for key in keys)
        for key in keys
        if key in found and model.index.function(key).is_alias
    }
