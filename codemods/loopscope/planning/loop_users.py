"""Which tests and fixtures of a suite have to do with a loop, for a given set of conversions.

``Caution`` is what a plan does without, once the recheck has condemned the shortest one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property

from loopscope.analysis.file.facts import Function
from loopscope.analysis.suite.closure import EVENT_LOOP, RequestKind, loop_requests
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.frozen import frozen
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.planning.ambient import AmbientUsers
from loopscope.types import Options, Scope


@frozen
class Caution:
    """Where a plan rests on no assumption, and which tests it puts on one loop.

    ``careful`` are files; ``joined`` are test modules, whose tests all share one loop.
    """

    careful: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()

    def is_careful(self, path: str, options: Options) -> bool:
        """Whether no edit of the file may rest on an assumption."""
        return options.safe_only or path in self.careful


NO_CAUTION = Caution()


class LoopUsers:
    """Tells who is on a loop, or asks for one, once the conversions are done."""

    def __init__(
        self, model: SuiteModel, options: Options, converted: Collection[Key], caution: Caution
    ) -> None:
        self.model = model
        self.converted = converted
        self.ambient = AmbientUsers(model, options, self._settled(), caution.careful)

    def concerns(self, test: Test) -> bool:
        """Whether the test, or anything that it sets up, has to do with a loop."""
        return self._is_on_loop(test) or self.is_ambient(test)

    def needs_kind(self, test: Test) -> bool:
        """Whether the test is seen to use a loop; to import what asks for one is not enough."""
        return self._is_on_loop(test) or (self.is_ambient(test) and self.ambient.is_seen(test))

    def _is_on_loop(self, test: Test) -> bool:
        return (
            self.is_async(test)
            or bool(self.model.legacy.loop_bound(test))
            or any(self.is_loop_fixture(item) for item in self.model.closure(test).fixtures)
        )

    def is_ambient(self, test: Test) -> bool:
        """Recognize a sync test that gets its current loop from LS109, and not from a bridge."""
        if self.is_async(test) or test.key.is_external or not self.ambient.reason(test):
            return False
        if test.unittest:
            return not test.function.is_async  # those of IsolatedAsyncioTestCase have their own
        if self.ambient.set_up_by_methods(test):
            return True  # before the bridge is there
        closure = self.model.closure(test)
        if any(True for _ in loop_requests(closure)) or any(map(self._bound, closure.fixtures)):
            return self._asks_before_loop(test) or self._may_lose_current(test)
        if any(map(self._makes_current, closure.fixtures)):
            return self._asks_before_loop(test)
        return True

    def _makes_current(self, item: FixtureDef) -> bool:
        """Whether an async fixture is set up on a loop for the test alone.

        The option says so in a suite on 1.x, or in one of which a part was left to a person.
        """
        return (
            self.model.settings.fixture_default is not None
            and self.model.is_async_fixture(item.function)
            and item.fixture.scope is Scope.FUNCTION
            and self.model.modern.fixture_loop_scope(item.function) is Scope.FUNCTION
        )

    def ambient_tests(self) -> list[Test]:
        """List the tests that get their current loop from LS109, those of unittest among them."""
        others = (test for test in self.model.index.tests if test.unittest)
        return [test for test in (*self.model.tests, *others) if self.is_ambient(test)]

    def _asks_before_loop(self, test: Test) -> bool:
        """Whether a sync fixture asks for the current loop, and the test's own comes after it."""
        for item in self.model.closures.set_up_order(test):
            if item is None or item.fixture.name == EVENT_LOOP or self._bound(item):
                return False
            if item.key in self.converted or self.model.is_async_fixture(item.function):
                return False
            if self.takes_current(item):
                return True
        return False

    def _may_lose_current(self, test: Test) -> bool:
        """Whether a bridge gives the test a wide loop, which a narrower one makes current no more.

        See docs/loop-rules.md, The bridge.
        """
        if self.ambient.shared(test) is None or not self.model.current.asks(test.key):
            return False
        requests = loop_requests(self.model.closure(test))
        if any(request.kind is RequestKind.AUTOUSE for request in requests):
            return False  # such a bridge makes its loop current for each test
        narrowest = self._narrowest
        return narrowest is not None and narrowest < self.model.legacy.loop_scope(test)

    @cached_property
    def _narrowest(self) -> Scope | None:
        """The loop scope of the async test with the narrowest loop."""
        tests = filter(self.model.is_async_test, self.model.tests)
        return min(map(self.model.legacy.loop_scope, tests), default=None)

    def _bound(self, item: FixtureDef) -> bool:
        """Recognize a sync fixture under ``pytest_asyncio.fixture``, set up on its own loop."""
        fixture = item.function.fixture
        return (
            fixture is not None
            and fixture.origin == "pytest_asyncio.fixture"
            and not item.function.is_async
            and item.function.override is None
        )

    def _settled(self) -> frozenset[Key]:
        """List the functions whose calls for the current loop the migration takes care of."""
        overrides = {item.key for item in self.model.overrides}
        bound = {
            key
            for key, function in self.fixtures()
            if function.fixture and function.fixture.origin == "pytest_asyncio.fixture"
        }
        return frozenset(overrides | bound | set(self.converted))

    def is_async(self, test: Test) -> bool:
        return self.model.is_async_test(test) or test.key in self.converted

    def is_loop_fixture(self, fixture_def: FixtureDef) -> bool:
        return (
            fixture_def.key in self.converted
            or self.model.is_async_fixture(fixture_def.function)
            or self.takes_current(fixture_def)
        )

    def takes_current(self, fixture_def: FixtureDef) -> bool:
        """Recognize a sync fixture that asks for the current loop, to which its value belongs."""
        return (
            not fixture_def.function.is_async
            and fixture_def.function.override is None
            and (
                fixture_def.key in self.model.classify.external_takers
                or self.model.current.asks(fixture_def.key)
            )
        )

    def fixtures(self) -> Iterator[tuple[Key, Function]]:
        for path, facts in self.model.files.items():
            for function in facts.functions:
                key = Key(path, function.ordinal)
                if function.fixture is None or function.override is not None:
                    continue
                if self.model.is_async_fixture(function) or key in self.converted:
                    yield key, function
