"""Which tests use what is kept, and on which loops."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from loopscope.analysis.file.facts import Function
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.analysis.suite.loop_values import Bond
from loopscope.analysis.suite.mention_graph import MentionGraph, Node, NodeKind
from loopscope.loop_map.model import Loop, region_of
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.rules.ls316_kept_loop.holders import Holder, Holders
from loopscope.rules.ls316_kept_loop.in_files import TEST_CLIENTS
from loopscope.rules.ls317_never_run.test_cases import Kind, kind_of
from loopscope.types import Scope

_CLIENT_LOOP = Loop(Scope.FUNCTION, "TestClient")
_Place = Node | int  # a node of the graph, or the number of a holder


@dataclass(slots=True)
class Use:
    """The tests that use one thing, and the loops that it meets."""

    tests: dict[str, Test] = field(default_factory=dict)
    loops: set[Loop] = field(default_factory=set)

    def add(self, test: Test, loops: Iterable[Loop]) -> None:
        loops = set(loops)
        if loops:
            self.tests[test.id] = test
            self.loops |= loops

    @property
    def by_test_client(self) -> bool:
        return _CLIENT_LOOP in self.loops

    @property
    def common(self) -> str:
        """The narrowest loop scope that is one loop for all of the tests."""
        tests = self.tests.values()
        if all(test.classes for test in tests) and len({t.base_ids for t in tests}) == 1:
            return "class"
        return "module" if len({test.module for test in tests}) == 1 else "session"


class Users:
    """Follows what tests and their fixtures mention, to what is kept."""

    def __init__(self, model: SuiteModel, holders: Holders) -> None:
        self._model = model
        self._holders = holders
        self._all = holders.all
        legacy = model.suite_style is SuiteStyle.LEGACY
        self._map = model.legacy_map if legacy else model.modern_map
        self._variables: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._attributes: dict[Key, dict[str, list[int]]] = defaultdict(dict)
        self._functions: dict[Key, list[int]] = defaultdict(list)
        for number, holder in enumerate(self._all):
            if holder.owner is None:
                self._variables[holder.path, holder.name].append(number)
            elif holder.place.startswith("on"):
                own = self._attributes[Key(holder.path, holder.owner)]
                own.setdefault(holder.name, []).append(number)
            else:
                self._functions[Key(holder.path, holder.owner)].append(number)
        self._graph = MentionGraph(model.files, model.index, frozenset(self._variables))
        self._joined: dict[tuple[str, str], list[str]] = defaultdict(list)
        for path, making in holders.joined:
            self._joined[path, making.name] += making.callees

    def uses(self) -> Iterator[tuple[Holder, Use]]:
        """Yield what is used on loops, each with its users."""
        if self._all:  # else there is nothing to reach
            yield from self._of_tests()
        yield from self._of_fixtures()

    def _of_tests(self) -> Iterator[tuple[Holder, Use]]:
        """Yield what the code of tests reaches, with these."""
        roots = {test.id: tuple(self._roots(test)) for test in self._tests()}
        reached = self._reached({key for found in roots.values() for key, _ in found})
        uses: dict[tuple[int, Key | None], Use] = defaultdict(Use)
        for test in self._tests():
            client = any(self._is_client(key, reached) for key, _ in roots[test.id])
            for key, loops in roots[test.id]:
                for number in reached.get(key, ()):
                    if key == self._all[number].maker:
                        continue
                    group = test.classes[-1] if self._all[number].each and test.classes else None
                    met = {*loops, _CLIENT_LOOP} if client else loops
                    uses[number, group].add(test, met)
        for (number, _), use in uses.items():
            if not self._all[number].test_client:
                yield self._all[number], use

    def _tests(self) -> Iterator[Test]:
        return (t for t in self._model.index.tests if t.module not in self._model.cross_suite)

    # -- loops --------------------------------------------------------------------------------

    def _own_loops(self, test: Test) -> set[Loop]:
        """Return the loop of an async test; one for each of its parameters is more than one."""
        if test.unittest:
            isolated = kind_of(self._model, test.classes[-1]) is Kind.ISOLATED
            return (
                {Loop(Scope.FUNCTION, test.id)} if isolated and test.function.is_async else set()
            )
        found = self._map.get(test.id)
        if found is None or found.own is None:
            return set()
        several = found.own.scope is Scope.FUNCTION and test.function.parametrized
        return {found.own, Loop(Scope.FUNCTION, f"{test.id}[")} if several else {found.own}

    def _roots(self, test: Test) -> Iterator[tuple[Key, set[Loop]]]:
        """Yield the code that belongs to a test, with the loops that it runs on."""
        own = self._own_loops(test)
        yield test.key, own
        for kind, path, ordinal in self._graph.around(test):
            if kind is NodeKind.FUNCTION:
                yield Key(path, int(ordinal)), own
        found = self._map.get(test.id)
        for item in self._model.closure(test).fixtures:
            if not item.key.is_external:
                loop = found.fixtures.get(item.fixture.name) if found else None
                yield item.key, {loop} if loop is not None else self._set_up_on(test, item, own)

    def _set_up_on(self, test: Test, item: FixtureDef, own: set[Loop]) -> set[Loop]:
        """Return the loops on which a fixture uses things where the loop map names none.

        A wide one is set up once: on its own loop, or on none where it is sync. What a sync one
        hands out is used by the tests.
        """
        scope = item.fixture.scope
        if scope is Scope.FUNCTION:
            return own
        if self._model.is_async_fixture(item.function):
            wide = item.fixture.loop_scope or scope
            return {Loop(wide, region_of(test, wide))}
        return own if self._hands_out(test, item) else set()

    def _of_fixtures(self) -> Iterator[tuple[Holder, Use]]:
        """Yield sync fixtures that outlive the loops of their tests, with these."""
        uses: dict[tuple[Key, str], Use] = defaultdict(Use)
        for test in self._model.own_tests:
            found = self._map.get(test.id)
            for item in self._model.closure(test).fixtures:
                scope = item.fixture.scope
                if scope is Scope.FUNCTION or item.key.is_external or found is None:
                    continue
                if item.function.is_async or self._model.is_async_fixture(item.function):
                    continue  # it has a loop of its own
                if not self._hands_out(test, item):
                    continue
                asking = {
                    loop
                    for other in self._model.closure(test).fixtures
                    if item.fixture.name in other.function.parameters
                    and (loop := found.fixtures.get(other.fixture.name)) is not None
                }
                region = region_of(test, scope)
                uses[item.key, region].add(test, self._own_loops(test) | asking)
        for (key, _), use in uses.items():
            if len(use.loops) > 1 and key.path not in self._model.cross_suite:
                holder = self._holders.of_fixture(key, self._model.index.function(key))
                if holder is not None:
                    yield holder, use

    def _hands_out(self, test: Test, fixture: FixtureDef) -> bool:
        """Whether a sync fixture hands out, or stores, more than text, numbers and the like."""

        def lookup(asking: FixtureDef, name: str) -> FixtureDef | None:
            return self._model.closures.target(test, asking, name)

        values = self._model.values
        held = values.held(fixture, lookup)
        return held.bond is not Bond.NONE or any(values.stored(fixture, lookup))

    # -- what is within reach -----------------------------------------------------------------

    def _reached(self, roots: Iterable[Key]) -> Mapping[Key, set[int]]:
        """Find the holders that each root may use, from the holders back to the roots."""
        before: dict[_Place, set[_Place]] = defaultdict(set)
        starts = {(NodeKind.FUNCTION, key.path, key.ordinal): key for key in roots}
        seen: set[_Place] = set(starts)
        queue: list[_Place] = list(starts)
        while queue:
            place = queue.pop()
            if isinstance(place, int):
                continue
            for target in self._targets(place, start=place in starts):
                before[target].add(place)
                if target not in seen:
                    seen.add(target)
                    queue.append(target)
        found: dict[Key, set[int]] = defaultdict(set)
        for number in range(len(self._all)):
            reaching: set[_Place] = {number}
            back: list[_Place] = [number]
            while back:
                new = before[back.pop()] - reaching
                reaching |= new
                back += new
            for place in reaching:
                if not isinstance(place, int) and place in starts:
                    found[starts[place]].add(number)
        return found

    def _targets(self, node: Node, *, start: bool) -> Iterator[_Place]:
        kind, path, name = node
        if kind is NodeKind.FUNCTION:
            key = Key(path, int(name))
            yield from self._of_function(key, self._model.index.function(key), start=start)
            return
        if kind is NodeKind.CLASS:
            for owner in self._model.index.mro(Key(path, int(name))):
                for numbers in self._attributes.get(owner, {}).values():
                    yield from numbers
        elif kind is NodeKind.VARIABLE:
            yield from self._variables.get((path, str(name)), ())
            yield from self._graph.mentioned(path, tuple(self._joined[path, str(name)]), None)
            for function in self._model.files[path].functions:
                if not function.known_decorators and any(
                    item.startswith(f"{name}.") for item in function.refers
                ):  # @app.get("/")
                    yield (NodeKind.FUNCTION, path, function.ordinal)
        yield from self._graph.next(node)

    def _of_function(self, key: Key, function: Function, *, start: bool) -> Iterator[_Place]:
        yield from self._functions.get(key, ())
        if function.fixture is not None and not start:
            return
        refers = tuple(self._not_hidden(key.path, function))
        for item in refers:
            if item.startswith("self.") and function.class_ordinal is not None:
                for owner in self._model.index.mro(Key(key.path, function.class_ordinal)):
                    yield from self._attributes.get(owner, {}).get(item.partition(".")[2], ())
        itself = (NodeKind.FUNCTION, *key)
        yield from (
            node for node in self._graph.mentioned(key.path, refers, function) if node != itself
        )

    def _not_hidden(self, path: str, function: Function) -> Iterator[str]:
        """Leave out what is the value of a fixture, whatever else has its name in the file."""
        hidden = set(function.parameters)
        origins = {
            f"{bound.module}.{bound.attribute}" if bound.attribute else bound.module
            for bound in self._model.files[path].imports
            if bound.name in hidden
        }
        for name in function.refers:
            imported = any(name == item or name.startswith(f"{item}.") for item in origins)
            if not imported and name.partition(".")[0] not in hidden:
                yield name

    def _is_client(self, key: Key, reached: Mapping[Key, set[int]]) -> bool:
        function = self._model.index.function(key)
        return not TEST_CLIENTS.isdisjoint(function.refers) or any(
            self._all[number].test_client for number in reached.get(key, ())
        )
