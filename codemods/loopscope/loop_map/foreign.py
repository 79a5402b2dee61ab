"""Who uses the value of an async fixture, on which loops, and whether the value belongs to one.

On 1.x a test and its fixtures each name their loop scope. Where a value belongs to the loop that
it was made on, whoever uses it must be on that loop (docs/loop-rules.md, Another loop scope
is another loop); a value that belongs to none may be used anywhere.

Up to pytest-asyncio 1.1 a test that names a wide loop may run on the loop of its fixture, whatever
either of them uses, and 0.24 and 0.26 may refuse to collect it (docs/loop-rules.md, Tests on the
current loop).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import pairwise

from loopscope.analysis.file.facts import ScopeKind
from loopscope.analysis.file.mark_facts import Mark
from loopscope.analysis.file.values import Use
from loopscope.analysis.suite.closure import RequestKind
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.analysis.suite.loop_values import Bond, Held
from loopscope.frozen import frozen
from loopscope.loop_map.kept_outside import KeptOutside
from loopscope.loop_map.model import Loop, LoopMap
from loopscope.loop_map.other_plugins import is_of_another_plugin, of_other_plugins
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.types import Scope


@frozen
class LoopUse:
    """The use of a fixture's value by a test, or by an async fixture that the test sets up.

    ``user`` is None for the test itself. ``way`` are the fixtures between the two that hand the
    value on. ``word`` says what the value is, where that is known.
    """

    test: Test
    user: FixtureDef | None
    way: tuple[FixtureDef, ...]
    fixture: FixtureDef
    on: Loop  # the loop of the user
    made_on: Loop  # that of the fixture
    word: str = ""

    @property
    def is_foreign(self) -> bool:
        return self.on != self.made_on

    @property
    def chain(self) -> str:
        """The way from the test to the fixture, as people write it."""
        names = [self.test.function.name]
        names += [] if self.user is None else [self.user.fixture.name]
        names += [item.fixture.name for item in (*self.way, self.fixture)]
        return " -> ".join(names)


class LoopUses:
    """The uses of async fixtures in one suite of the modern style."""

    def __init__(self, model: SuiteModel) -> None:
        self._model = model
        self._closures = model.closures
        self._outside = KeptOutside(model)

    @cached_property
    def foreign(self) -> tuple[LoopUse, ...]:
        """The uses on another loop than that of the fixture."""
        loops = self._model.modern_map
        return tuple(
            use
            for test in self._model.tests
            if test.id in loops and len(loops[test.id].all) > 1
            for use in self.of(test)
            if use.is_foreign
        )

    def of(self, test: Test) -> Iterator[LoopUse]:
        """List the uses by a test, and by the async fixtures that it sets up."""
        model = self._model
        loops = model.modern_map.get(test.id)
        if loops is None or is_of_another_plugin(model, test):
            return
        if loops.own is not None:
            yield from self._all_uses(test, None, loops.own)
        for item in self._closures.of(test).fixtures:
            if self.is_made_on_a_loop(item) and item.function.is_async:
                yield from self._all_uses(test, item, self.loop_of(test, item))

    def _all_uses(self, test: Test, user: FixtureDef | None, on: Loop) -> Iterator[LoopUse]:
        """List the uses of what is asked for, and of what other fixtures keep in variables."""
        asked = set()
        for use in self._uses(test, user, on):
            asked.add(use.fixture)
            yield use
        key = test.key if user is None else user.key
        for item in self._closures.of(test).fixtures:
            made = item.function.is_async and self.is_made_on_a_loop(item)
            if made and item not in asked and self._outside.reached(key, item.key) is not None:
                yield LoopUse(test, user, (), item, on, self.loop_of(test, item))

    def loop_of(self, test: Test, fixture: FixtureDef) -> Loop:
        """Return the loop that a fixture of a test is set up on."""
        scope = self._model.modern.fixture_loop_scope(fixture.function)
        known = self._model.modern_map[test.id].fixtures.get(fixture.fixture.name)
        if known is not None and known.scope is scope:
            return known  # another fixture of this name may have taken its place
        return Loop(scope, self._model.modern.region_of(test, scope))

    def is_made_on_a_loop(self, fixture: FixtureDef) -> bool:
        """Whether the value may belong to the loop of the fixture's own loop scope.

        A sync function under ``pytest_asyncio.fixture`` that never asks for the loop has none.
        """
        function, model = fixture.function, self._model
        if not model.is_async_fixture(function):
            return False
        return (
            function.is_async
            or (fixture.key.is_external and fixture.key in model.classify.external_takers)
            or (not fixture.key.is_external and model.current.asks(fixture.key))
        )

    def _uses(self, test: Test, user: FixtureDef | None, on: Loop) -> Iterator[LoopUse]:
        seen: set[tuple[FixtureDef, FixtureDef | None]] = set()
        queue: list[tuple[FixtureDef, tuple[FixtureDef, ...]]]
        queue = [(item, ()) for item in self._asked(test, user)]
        while queue:
            item, way = queue.pop(0)
            step = (item, way[-1] if way else None)
            if step in seen:
                continue
            seen.add(step)
            made = self.is_made_on_a_loop(item)
            if made:
                yield LoopUse(test, user, way, item, on, self.loop_of(test, item))
            if not made or self._model.values.hands_on(item):
                queue += [(more, (*way, item)) for more in self._asked(test, item)]

    def _asked(self, test: Test, requester: FixtureDef | None) -> Iterator[FixtureDef]:
        for name, kind in self._closures.asked(test, requester):
            if kind is RequestKind.RUNNING or not name:
                continue
            found = self._closures.target(test, requester, name)
            if found is not None and found != requester:
                yield found

    # -- whether the value belongs to its loop -------------------------------------------

    def bond(self, use: LoopUse) -> Held | None:
        """Return what ties the user to the loop of the fixture; None where nothing does."""
        values, test = self._model.values, use.test

        def lookup(item: FixtureDef, name: str) -> FixtureDef | None:
            return self._closures.target(test, item, name)

        user = use.user.key if use.user is not None else test.key
        made = use.user is not None and use.user.key.is_external
        first = use.way[0] if use.way else use.fixture
        how = Use.AWAITED if made else values.use(user, first.fixture.name)
        held = values.held(use.fixture, lookup)
        for outer, inner in pairwise((*use.way, use.fixture)):
            if not values.derives(outer, inner.fixture.name):
                how = None
        if how is not None:
            if use.way:
                held = max(held, values.held(first, lookup), key=lambda one: one.bond)
            if _ties(held.bond, how):
                return held
            going_on = values.of(use.fixture.key).runs
            if going_on and how >= Use.USED:
                return Held(Bond.BOUND, going_on)
        return self._stored(use, user, lookup)

    def _stored(self, use: LoopUse, user: Key, lookup: object) -> Held | None:
        """Return what the fixture leaves outside of itself that the user may take from there."""
        values = self._model.values
        for root, held in values.stored(use.fixture, lookup):  # type: ignore[arg-type]
            how = values.use(user, root)
            if how is not None and _ties(held.bond, how):
                return held
            if held.bond >= Bond.NAMED and not root.startswith("self."):
                return held
        return self._outside.reached(user, use.fixture.key)


def strays(model: SuiteModel) -> frozenset[tuple[str, str]]:
    """List the tests with the fixtures on another loop whose values belong to that one."""
    uses = LoopUses(model)
    return frozenset(
        (use.test.id, use.fixture.fixture.name)
        for use in uses.foreign
        if uses.bond(use) is not None
    )


def _ties(bond: Bond, use: Use) -> bool:
    return {
        Bond.NONE: False,
        Bond.UNKNOWN: use is Use.AWAITED,
        Bond.NAMED: use >= Use.PASSED,
        Bond.BOUND: use >= Use.USED,
    }[bond]


def too_narrow(model: SuiteModel) -> tuple[Key, ...]:
    """List the fixtures whose scope is wider than their loop scope: pytest refuses them."""
    found = []
    others = of_other_plugins(model)
    for path, facts in model.files.items():
        for function in facts.functions:
            fixture = function.fixture
            key = Key(path, function.ordinal)
            if fixture is None or key in others or not model.is_async_fixture(function):
                continue
            if fixture.scope_kind is ScopeKind.CALLABLE:
                continue  # what it returns is not known
            if fixture.origin != "pytest_asyncio.fixture" and not function.is_async:
                continue
            if "loop_scope" in fixture.keywords and fixture.loop_scope is None:
                continue  # not a literal
            if fixture.scope > model.modern.fixture_loop_scope(function):
                found.append(key)
    return tuple(found)


def mixed(loops: LoopMap) -> frozenset[tuple[str, str]]:
    """List the tests on wide loops with the names of their fixtures on other loops."""
    return frozenset(
        (test, name)
        for test, found in loops.items()
        if found.own is not None and found.own.scope > Scope.FUNCTION
        for name, loop in found.fixtures.items()
        if loop != found.own
    )


def refused(model: SuiteModel) -> frozenset[tuple[str, str]]:
    """List the sync tests under wide marks with the names of their fixtures on function loops.

    Below 1.0 collecting them fails: the mark counts, whatever runs.
    """
    return frozenset(
        (test.id, name)
        for test in model.tests
        if test.id in model.modern_map
        and test.mark("asyncio") is not None
        and not model.is_async_test(test)
        and model.modern.test_loop_scope(test) > Scope.FUNCTION
        for name, loop in model.modern_map[test.id].fixtures.items()
        if loop.scope is Scope.FUNCTION
    )


def newly_mixed(
    model: SuiteModel, tests: Mapping[str, Scope], fixtures: Mapping[Key, Scope]
) -> Iterator[tuple[str, Key]]:
    """Yield such tests with their fixtures, but for those that are on two wide loops already.

    ``tests`` and ``fixtures`` are the loop scopes of the cure.
    """
    for test in model.tests:
        own = tests.get(test.id, Scope.FUNCTION)
        if own is Scope.FUNCTION:
            continue
        old = model.modern.test_loop_scope(test)
        for item in model.closures.of(test).fixtures:
            if item.key not in fixtures or fixtures[item.key] is own:
                continue
            current = model.modern.fixture_loop_scope(item.function)
            if old is Scope.FUNCTION or current is old:
                yield test.id, item.key


def newly_refused(
    model: SuiteModel, tests: Mapping[str, Scope], fixtures: Mapping[Key, Scope]
) -> Iterator[tuple[Key, Scope]]:
    """Yield fixtures on function loops of sync tests under wide marks, with these loop scopes.

    A mark goes where the async tests go that have it, too. See refused.
    """
    moved: dict[tuple[object, ...], Scope] = {}
    for test in model.tests:
        mark = test.mark("asyncio")
        if mark is not None and test.id in tests:
            place = _place(mark)
            moved[place] = max(tests[test.id], moved.get(place, Scope.FUNCTION))
    for test in model.tests:
        mark = test.mark("asyncio")
        if mark is None or test.id in tests:
            continue
        own = moved.get(_place(mark)) or model.modern.test_loop_scope(test)
        for item in model.closures.of(test).fixtures:
            if own > Scope.FUNCTION and fixtures.get(item.key) is Scope.FUNCTION:
                yield item.key, own


def _place(mark: Mark) -> tuple[object, ...]:
    return mark.path, mark.ordinal, mark.statement, mark.line
