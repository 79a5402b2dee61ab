"""Tests that other code calls with its ``event_loop``: it goes at both ends, or stays.

A coroutine finds the running loop, and that is what was handed to it where a test or fixture
awaits it, or runs it on its own loop.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from loopscope.analysis.file.facts import Function, LoopUse, UseKind
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import Key
from loopscope.analysis.suite.test_uses import TestUse
from loopscope.frozen import frozen
from loopscope.rules.context import DefinitionEdit, RuleContext, RuleResult, action


@frozen
class DropHandedLoop(DefinitionEdit):
    """Drops ``event_loop`` from the calls of a test."""

    called: str

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.call_arguments import drop_argument

        return drop_argument(node, self.called, EVENT_LOOP)


class CalledTests:
    """What becomes of the calls of the tests that lose their argument."""

    def __init__(self, context: RuleContext, losing: Collection[Key]) -> None:
        """Look for the calls of the tests that are ``losing`` their argument."""
        self._context = context
        self._filled = {test.key for test in context.model.tests}
        asked = self._filled if losing else ()
        self._uses = {key: context.model.test_uses.of(key) for key in asked}
        self._blocked: dict[Key, TestUse] = {}
        for key in losing:
            function = context.model.index.function(key)
            blocking = [one for one in self._uses[key] if not self._may_go(function, one)]
            if blocking:
                self._blocked[key] = blocking[0]
        going = {key for key in losing if key not in self._blocked}
        while shared := self._shared(going):
            self._blocked.update(shared)
            going -= shared.keys()
        self._calls: dict[Key, list[tuple[str, TestUse]]] = defaultdict(list)  # by the caller
        for key in sorted(going):
            name = context.model.index.function(key).name
            for one in self._uses[key]:
                assert one.caller is not None
                calls = self._calls[Key(one.path, one.caller)]
                calls += [] if (name, one) in calls else [(name, one)]

    def _shared(self, going: Collection[Key]) -> dict[Key, TestUse]:
        """Find the tests with a call that may mean another one, which keeps its argument."""
        function = self._context.model.index.function
        kept = {
            (function(key).name, one)
            for key, uses in self._uses.items()
            if key not in going
            for one in uses
        }
        return {
            key: one
            for key in going
            for one in self._uses[key]
            if (function(key).name, one) in kept
        }

    def _may_go(self, function: Function, use: TestUse) -> bool:
        """Whether the argument of a call may go: it is the loop that runs there, or unused."""
        if not use.hands_loop or use.caller is None or use.path in self._context.model.cross_suite:
            return False
        if not function.loop_uses:
            return True
        key = Key(use.path, use.caller)
        caller = self._context.model.index.function(key)
        of_pytest = key in self._filled or caller.fixture is not None
        set_anew = any(one.kind is UseKind.STORE for one in caller.loop_uses)
        return use.straight and of_pytest and not set_anew

    def edits(self) -> Iterator[RuleResult]:
        """Drop the argument from the calls: before what else becomes of the callers."""
        for caller, calls in self._calls.items():
            function = self._context.model.index.function(caller)
            for name, use in dict(calls).items():
                yield DropHandedLoop(
                    "LS102", caller.path, use.line, function.qualname,
                    f"argument event_loop dropped where {name} is called: it takes none any more",
                    caller.ordinal, name,
                )  # fmt: skip

    def blocked(self, key: Key) -> RuleResult | None:
        """Say what keeps a test or fixture from losing its argument, None where nothing does."""
        function = self._context.model.index.function(key)
        name, use = function.qualname, self._blocked.get(key)
        if function.fixture is not None:
            caller = self._caller(key, function)
            if caller is None:
                return None
            place = f"{caller.qualname} calls the fixture {name}"
        elif use is None:
            return None
        elif use.caller is None:
            place = f"{use.path}:{use.line} mentions {name}"
        else:
            caller = self._context.model.index.function(Key(use.path, use.caller))
            place = f"{caller.qualname} ({use.path}:{use.line}) calls {name}, or hands it on"
        return action(
            "LS102", key.path, function.line,
            f"{place}, so that its argument event_loop cannot go by itself: drop it here and"
            " there",
        )  # fmt: skip

    def _caller(self, key: Key, fixture: Function) -> Function | None:
        """Find a function of the file that calls a fixture itself, and not its value."""
        name, own = fixture.name, f"self.{fixture.name}"
        for other in self._context.model.index.callers(key.path, own, name):
            if name in other.parameters and own not in other.calls:
                continue
            if other is not fixture:
                return other
        return None

    def left(self, key: Key, uses: Collection[LoopUse]) -> list[LoopUse]:
        """Leave out the uses of a function's loop that go with the calls of tests."""
        lines = [use.line for _, use in self._calls.get(key, ())]
        left = []
        for use in uses:
            if use.method == "" and use.line in lines:
                lines.remove(use.line)
            else:
                left.append(use)
        return left
