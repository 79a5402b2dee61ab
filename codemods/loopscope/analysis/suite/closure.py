"""The fixture closure of a test, and the requests for ``event_loop`` in it."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping

from loopscope.analysis.file.facts import Function
from loopscope.analysis.suite.call_graph import CallGraph
from loopscope.analysis.suite.fixtures import AMBIENT, FixtureDef, Key, Test
from loopscope.analysis.suite.index import SuiteIndex
from loopscope.frozen import frozen
from loopscope.types import Scope

EVENT_LOOP = "event_loop"


class RequestKind(enum.Enum):
    """How a test or fixture comes to request ``event_loop``."""

    PARAMETER = "parameter"
    USEFIXTURES = "usefixtures"  # by a mark
    CONFIGURED = "configured"  # by the option usefixtures
    AUTOUSE = "autouse"
    GETFIXTUREVALUE = "getfixturevalue"
    RUNNING = "running"  # by getfixturevalue in a coroutine, where get_running_loop() works
    TRACED = "traced"  # a run has shown it
    WORK = "work"  # none in the source: the override does other work and must still be set up
    AFTER_WORK = "after work"  # of an async fixture, which gets the argument
    AMBIENT = "ambient"  # a sync test counts on the current loop


@frozen
class LoopRequest:
    """A request for ``event_loop``: by the test itself (requester None) or by a fixture.

    ``target`` is the fixture that answers it; None means pytest-asyncio's own.
    """

    requester: FixtureDef | None
    kind: RequestKind
    target: FixtureDef | None


@frozen
class Closure:
    """The fixtures of the suite that one test sets up, and the requests for the loop."""

    fixtures: tuple[FixtureDef, ...]
    requests: tuple[LoopRequest, ...]
    unknown: bool = False  # a getfixturevalue with a name that is no literal


class Closures:
    """Closures of all tests of a tree, with pytest's rule that the nearest fixture wins."""

    def __init__(self, index: SuiteIndex, used: Mapping[str, frozenset[str]]) -> None:
        self._index = index
        self._used = used  # what the record of a run says of a test
        self.call_graph = CallGraph(index)
        self._known: dict[tuple[str, Key], Closure] = {}
        # Fixtures that ask for what they, or what they hand out, are called with.
        self._asking = {
            function.fixture.name
            for facts in index.files.values()
            for function in facts.functions
            if function.fixture is not None and "" in function.dynamic
        }
        self._helpers_ask = any(
            function.dynamic and function.fixture is None and not function.name.startswith("test")
            for facts in index.files.values()
            for function in facts.functions
        )

    def visible(self, test: Test, name: str) -> tuple[FixtureDef, ...]:
        """List the fixtures of that name that the test sees, the nearest last."""
        return self._index.visible(test, name)

    def factories(self, test: Test) -> frozenset[str]:
        """List the kinds of loop by the nearest loop factory hook of a test; none without one."""
        return self._index.factories(test.module)

    def of(self, test: Test) -> Closure:
        """Return the closure of one test: its fixtures in the order in which they are found."""
        known = self._known.get((test.id, test.key))
        if known is None:
            known = self._known[test.id, test.key] = self._compute(test)
        return known

    def _compute(self, test: Test) -> Closure:
        found: dict[FixtureDef, None] = {}
        requests: dict[LoopRequest, None] = {}
        unknown = False
        queue: list[tuple[FixtureDef | None, str, RequestKind]] = [
            (None, name, kind) for name, kind in self._initial(test)
        ]
        while queue:
            requester, name, kind = queue.pop(0)
            if not name:
                unknown = True
                continue
            target = self.target(test, requester, name)
            if name == EVENT_LOOP:
                requests[LoopRequest(requester, kind, target)] = None
            if target is None or target in found:
                continue
            found[target] = None
            queue += [(target, more, kind) for more, kind in self._asked(test, target)]
        return Closure(tuple(found), tuple(requests), unknown)

    def target(self, test: Test, requester: FixtureDef | None, name: str) -> FixtureDef | None:
        """Find the fixture that the test, or a fixture of it, gets by a name."""
        chain = self.visible(test, name)
        if requester is not None and requester.fixture.name == name and requester in chain:
            chain = chain[: chain.index(requester)]  # its own name: the next one up
        return chain[-1] if chain else None

    def asked(self, test: Test, requester: FixtureDef | None) -> Iterator[tuple[str, RequestKind]]:
        """List the names that the test, or a fixture of it, asks for by itself."""
        return self._initial(test) if requester is None else self._asked(test, requester)

    def set_up_order(self, test: Test) -> tuple[FixtureDef | None, ...]:
        """List the fixtures as pytest sets them up; None is the ``event_loop`` of the plugin.

        Wider scopes are first, then those of the test; each comes after its own parameters.
        """
        order: dict[FixtureDef | None, None] = {}
        seen: set[FixtureDef | None] = set()

        def visit(item: FixtureDef | None) -> None:
            if item in seen:
                return
            seen.add(item)
            for name in item.function.parameters if item is not None else ():
                target = self.target(test, item, name)
                if target is not None or name == EVENT_LOOP:
                    visit(target)
            order[item] = None

        named = [(name, self.target(test, None, name)) for name, _ in self._initial(test)]
        own = [item for name, item in named if item is not None or name == EVENT_LOOP]
        for item in sorted([*own, *self.of(test).fixtures], key=_narrow):
            visit(item)
        return tuple(order)

    def _asked(self, test: Test, requester: FixtureDef) -> Iterator[tuple[str, RequestKind]]:
        for name in requester.function.parameters:
            yield name, RequestKind.PARAMETER
        if not (requester.fixture.name == AMBIENT and test.function.is_async):
            yield from self.dynamic(requester.key, requester.function)

    def _initial(self, test: Test) -> Iterator[tuple[str, RequestKind]]:
        configured = self._index.config.options.get("usefixtures", ())
        for name in configured if isinstance(configured, tuple) else ():
            yield name, RequestKind.CONFIGURED
        for mark in reversed(test.marks):
            if mark.name == "usefixtures":
                for name in mark.strings:
                    yield name, RequestKind.USEFIXTURES
        for name in self._index.autouse(test):
            yield name, RequestKind.AUTOUSE
        for name in test.function.parameters:
            if name not in test.function.parametrized:
                yield name, RequestKind.PARAMETER
        yield from self.dynamic(test.key, test.function)
        for name in sorted(self._used.get(test.id, ())):
            if name != EVENT_LOOP:  # the plugin set it up for every async test
                yield name, RequestKind.TRACED

    def dynamic(self, key: Key, function: Function) -> Iterator[tuple[str, RequestKind]]:
        """List the fixtures that the test gets by getfixturevalue, itself or through helpers.

        Async code has the running loop at hand instead.
        """
        names = [*function.dynamic]
        names += self._passed(key, function)
        if self._helpers_ask and not key.is_external:
            keys = self.call_graph.of(key)
            helpers = [self._index.function(other) for other in keys]
            names += (name for helper in helpers for name in helper.dynamic)
            for other, helper in zip(keys, helpers, strict=True):
                names += self._passed(other, helper)
            if "" in names and any(item.passes_loop_name for item in (function, *helpers)):
                names.append(EVENT_LOOP)
        for name in dict.fromkeys(names):
            running = function.is_async and name == EVENT_LOOP
            yield name, RequestKind.RUNNING if running else RequestKind.GETFIXTUREVALUE

    def _passed(self, key: Key, function: Function) -> Iterator[str]:
        """Yield the names of fixtures that a function hands to what asks for them."""
        return (name for callee, name in function.passed if self._asks(key, function, callee))

    def _asks(self, key: Key, function: Function, callee: str) -> bool:
        """Whether what a function calls asks for the fixture whose name it is called with."""
        if callee in function.parameters:
            return callee in self._asking
        helper = self.call_graph.find(key.path, callee) if self._helpers_ask else None
        return helper is not None and any(
            "" in self._index.function(one).dynamic
            for one in (helper, *self.call_graph.of(helper))
        )


def _narrow(item: FixtureDef | None) -> int:
    return -(Scope.FUNCTION if item is None else item.fixture.scope)


def loop_requests(closure: Closure) -> Iterable[LoopRequest]:
    """List the requests of a closure that no override of ``event_loop`` makes itself."""
    return (
        request
        for request in closure.requests
        if request.requester is None or request.requester.fixture.name != EVENT_LOOP
    )
