"""Plan the loop scopes of a suite: every test with its fixtures on one loop, as before.

Nodes are tests, async fixtures and bridges. A test is joined with its async fixtures, with
all tests of its legacy loop and, through sync code that stays sync, with its bridge. The
level of a component is the widest that any member needs: joined once, nothing moves any
more, so this is the fixpoint. It is solved first with all sync code left sync; what can be
converted then is, and it is solved again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import basename

from loopscope.facts.model import Function, Place
from loopscope.loops.ambient import Ambient, AmbientUsers
from loopscope.loops.bridges import Asked, Bridge, place_bridges
from loopscope.loops.closure import Ask, loop_asks
from loopscope.loops.components import Components
from loopscope.loops.conversions import Candidates, How, choose
from loopscope.loops.reading import Era, Reading
from loopscope.loops.treatments import Treated, Treatment, treat
from loopscope.loops.tree import Key, Registered, Test, conftest_holder, directory_holders
from loopscope.scopes import Scope
from loopscope.values import Options

# The xunit methods that run after function-scoped fixtures of the module.
XUNIT_METHODS = frozenset({"setup_method", "setup", "teardown_method", "teardown"})


@dataclass(frozen=True, slots=True)
class Plan:
    """The loop scope of everything, and what stands in for the old fixture."""

    era: Era
    default: Scope  # the loop scope of a test that names none
    fixture_default: Scope | None  # the same for a fixture; None: its own scope
    tests: Mapping[str, Scope]  # test id -> loop scope, of async tests
    fixtures: Mapping[Key, Scope]  # async (or bound) fixture -> loop scope
    overrides: Mapping[Key, Treated]
    bridges: tuple[Bridge, ...]
    converted: Mapping[Key, How] = field(default_factory=dict)
    widened: Mapping[str, Scope] = field(default_factory=dict)  # test id -> the level it had
    ambients: tuple[Ambient, ...] = ()
    currents: Mapping[str, Scope] = field(default_factory=dict)  # module -> level, for xunit

    def stays(self, key: Key) -> bool:
        """Whether the override is left in its place."""
        treated = self.overrides.get(key)
        return treated is not None and treated.stays


def make_plan(reading: Reading, options: Options) -> Plan:
    """The plan for one suite; a modern suite keeps the loops that it has."""
    first = Planner(reading, options, {})
    concerned = [test for test in reading.tests if first.concerns(test)]
    converted = choose(Candidates(reading, options), first.level, concerned)
    return (Planner(reading, options, converted) if converted else first).plan()


class Planner:
    """Solves the levels of one suite for a given set of conversions."""

    def __init__(self, reading: Reading, options: Options, converted: Mapping[Key, How]) -> None:
        self.reading = reading
        self.options = options
        self.converted = converted
        self.nodes = Components()
        self.asked: dict[tuple[Registered | None, str], Asked] = {}
        self.ambient = AmbientUsers(reading, options, self._settled())
        for test in reading.tests:
            if self.concerns(test):
                self._join(test)
        for target, key, function in self._unreached():
            assert function.fixture is not None
            place = (target, key.path)
            self.nodes.add(("bridge", place), function.fixture.scope)
            if target is not None:
                capped = Scope.MODULE if target.in_module else Scope.SESSION
                self.nodes.add(("bridge", place), min(target.fixture.scope, capped))
            asked = self.asked.setdefault(place, Asked())
            asked.files.add(key.path)
            asked.scope = max(asked.scope, function.fixture.scope)

    def plan(self) -> Plan:
        """The levels, with what becomes of every override and request."""
        reading, modern = self.reading, self.reading.era is Era.MODERN
        tests = {
            test.id: reading.test_level(test) if modern else self.level(test)
            for test in reading.tests
            if self._is_async(test)
        }
        fixtures = {key: self._fixture_level(key, function) for key, function in self._fixtures()}
        default = reading.settings.test_default or Scope.FUNCTION
        if not modern:
            # Without the option for tests (0.26) function is the only default there is.
            explicit = self.options.style == "explicit" or not self.options.target.has(0, 26)
            present = reading.settings.test_default
            default = present or (Scope.FUNCTION if explicit else _default(tests, fixtures))
        overrides = dict(self._overrides(tests))
        bridges = place_bridges(
            {place: asked for place, asked in self.asked.items() if self._wants(place, overrides)},
            lambda place: Scope.FUNCTION if modern else self.nodes.level(("bridge", place)),
        )
        for bridge in bridges:
            if bridge.replaces is not None:
                treated = overrides[bridge.replaces]
                if treated.treatment is Treatment.DELETE:
                    overrides[bridge.replaces] = Treated(Treatment.BRIDGE)
        replaced = {bridge.replaces for bridge in bridges}
        for key, treated in overrides.items():
            if treated.treatment is Treatment.WORK and key not in replaced:
                overrides[key] = Treated(Treatment.DELETE)  # nobody ever set it up
        return Plan(
            reading.era,
            default,
            self._fixture_default(default),
            tests,
            fixtures,
            overrides,
            tuple(bridges),
            self.converted,
            {} if modern else self._widened(tests),
            tuple(self.ambient.place([t for t in reading.tests if self._is_ambient(t)])),
            {
                module: self.nodes.level(("current", module))
                for module in {test.module for test in reading.tests}
                if ("current", module) in self.nodes
            },
        )

    # -- who is concerned ---------------------------------------------------------------

    def concerns(self, test: Test) -> bool:
        """Whether the test, or anything that it sets up, has to do with a loop."""
        return (
            self._is_async(test)
            or bool(self.reading.loop_bound(test))
            or any(self._is_loop_fixture(item) for item in self.reading.closure(test).fixtures)
            or self._is_ambient(test)
        )

    def _is_ambient(self, test: Test) -> bool:
        """A sync test that gets its current loop from LS109, and not from a bridge."""
        if self._is_async(test) or not self.ambient.concerns(test):
            return False
        return not any(True for _ in loop_asks(self.reading.closure(test)))

    def _settled(self) -> frozenset[Key]:
        """The functions whose calls for the current loop the migration takes care of."""
        overrides = {item.key for item in self.reading.overrides}
        bound = {
            key
            for key, function in self._fixtures()
            if function.fixture and function.fixture.origin == "pytest_asyncio.fixture"
        }
        return frozenset(overrides | bound | set(self.converted))

    def _is_async(self, test: Test) -> bool:
        return self.reading.is_async_test(test) or test.key in self.converted

    def _is_loop_fixture(self, registered: Registered) -> bool:
        return (
            registered.key in self.converted
            or self.reading.is_async_fixture(registered.function)
            or self._takes_current(registered)
        )

    def _takes_current(self, registered: Registered) -> bool:
        """A sync fixture that asks for the current loop: its value belongs to that loop."""
        return (
            not registered.function.is_async
            and registered.function.override is None
            and registered.key in self._current
        )

    def _takes_current_in_setup(self, key: Key) -> bool:
        """A class with an xunit set-up that asks for the current loop."""
        return any(
            function.class_ordinal == owner.ordinal
            and function.name in XUNIT_METHODS
            and Key(owner.path, function.ordinal) in self._current
            for owner in self.reading.tree.mro(key)
            for function in self.reading.files[owner.path].functions
        )

    @cached_property
    def _current(self) -> frozenset[Key]:
        return frozenset(
            Key(path, call.owner)
            for path, facts in self.reading.files.items()
            for call in facts.loop_calls
            if call.owner is not None and call.place is Place.SYNC
        )

    # -- joining ------------------------------------------------------------------------

    def level(self, test: Test) -> Scope:
        """The level of the test's component."""
        return self.nodes.level(("test", test.id))

    def _join(self, test: Test) -> None:
        reading, nodes = self.reading, self.nodes
        node = ("test", test.id)
        nodes.add(("slot", reading.slot(test)), reading.slot_level(test))
        nodes.join(node, ("slot", reading.slot(test)))
        # One definition, collected by several classes: it has one mark, so one level.
        nodes.join(node, ("definition", test.key))
        own = self._is_async(test)
        for registered in reading.closure(test).fixtures:
            static = registered.key in self.converted or reading.is_async_fixture(
                registered.function
            )
            if static or (own and self._takes_current(registered)):
                fixture = registered.fixture
                nodes.add(("fixture", registered.key), fixture.scope)
                nodes.add(("fixture", registered.key), fixture.loop_scope or Scope.FUNCTION)
                nodes.join(node, ("fixture", registered.key))
        legacy = reading.era is Era.LEGACY
        if legacy and own and any(self._takes_current_in_setup(key) for key in test.classes):
            nodes.join(node, ("current", test.module))
        for ask in self._asks(test):
            self._ask(test, ask, own)

    def _asks(self, test: Test) -> Iterator[Ask]:
        yield from loop_asks(self.reading.closure(test))
        override = self.reading.override_of(test)
        if override is not None and self._is_async(test):
            treated = self._treated(override)
            if treated.treatment is Treatment.WORK:
                yield Ask(None, "work", override)
        shared = self.ambient.shared(test)
        if shared is not None and self._is_ambient(test):
            yield Ask(None, "ambient", shared)

    def _ask(self, test: Test, ask: Ask, own: bool) -> None:
        """Join the test with the bridge that serves a request which stays in sync code."""
        if ask.target is not None and not self.reading.is_override(ask.target.function):
            return
        if not self._stays(ask, own):
            return
        scope = ask.asker.fixture.scope if ask.asker else Scope.FUNCTION
        place = (ask.target, test.module)
        node = ("bridge", place)
        if ask.how == "work" and ask.target is not None:
            scope = min(ask.target.fixture.scope, self.reading.slot_level(test))
        self.nodes.add(node, scope)
        self.nodes.join(("test", test.id), node)
        if ask.asker is not None and scope > Scope.FUNCTION:
            # A cached sync fixture hands its loop to every test that shares it.
            self.nodes.join(("test", test.id), ("asker", ask.asker.key))
        asked = self.asked.setdefault(place, Asked())
        asked.files.add(ask.asker.key.path if ask.asker else test.key.path)
        asked.scope = max(asked.scope, scope)
        asked.autouse = asked.autouse or ask.how == "autouse"
        asked.works = asked.works or ask.how == "work"

    def _stays(self, ask: Ask, own: bool) -> bool:
        """Whether the request is still there after the conversions."""
        if ask.how in ("work", "ambient"):
            return True
        if ask.how == "autouse" or (ask.how == "usefixtures" and own):
            return not own
        if ask.how != "parameter":
            return True
        if ask.asker is None:
            return not own
        return not ask.asker.function.is_async and ask.asker.key not in self.converted

    # -- levels -------------------------------------------------------------------------

    def _fixtures(self) -> Iterator[tuple[Key, Function]]:
        for path, facts in self.reading.files.items():
            for function in facts.functions:
                key = Key(path, function.ordinal)
                if function.fixture is None or function.override is not None:
                    continue
                if self.reading.is_async_fixture(function) or key in self.converted:
                    yield key, function

    def _fixture_level(self, key: Key, function: Function) -> Scope:
        if self.reading.era is Era.MODERN and key not in self.converted:
            return self.reading.fixture_level(function)
        node = ("fixture", key)
        if node in self.nodes:
            return self.nodes.level(node)
        assert function.fixture is not None
        scope = max(function.fixture.scope, function.fixture.loop_scope or Scope.FUNCTION)
        # No test uses it: it would have lived on the loop that its own place sees.
        override = self._seen_from(key.path)
        if override is not None:
            capped = Scope.MODULE if override.in_module else Scope.SESSION
            scope = max(scope, min(override.fixture.scope, capped))
        return scope

    def _fixture_default(self, default: Scope) -> Scope | None:
        """A value that stands in the configuration stays; else it is that of the tests."""
        settings = self.reading.settings
        if settings.fixture_scope:
            return None
        if self.reading.era is Era.MODERN and settings.fixture_default is None:
            return None if self.options.target.has(1, 5) else Scope.FUNCTION
        return settings.fixture_default or default

    def _unreached(self) -> Iterator[tuple[Registered | None, Key, Function]]:
        """Sync fixtures that ask for the loop, and that no known test sets up."""
        reached = {
            item.key for test in self.reading.tests for item in self.reading.closure(test).fixtures
        }
        for path, facts in self.reading.files.items():
            for function in facts.functions:
                key = Key(path, function.ordinal)
                if function.fixture is None or function.is_async or key in reached:
                    continue
                asks = "event_loop" in function.parameters and function.override is None
                if asks and not self._bridged(path):
                    yield self._seen_from(path), key, function

    def _bridged(self, path: str) -> bool:
        """Whether the file sees a bridge of an earlier migration."""
        registered = self.reading.tree.registered
        return any(
            "event_loop" in registered.get(holder, {})
            and not self.reading.is_override(registered[holder]["event_loop"].function)
            for holder in _holders(path)
        )

    def _seen_from(self, path: str) -> Registered | None:
        """The override that a fixture of this file sees, without a test."""
        holders = _holders(path)
        seen = [item for item in self.reading.overrides if item.holder in holders]
        return max(seen, key=lambda item: len(item.holder.removeprefix("./")), default=None)

    def _widened(self, tests: Mapping[str, Scope]) -> dict[str, Scope]:
        return {
            test.id: self.reading.slot_level(test)
            for test in self.reading.tests
            if test.id in tests and tests[test.id] > self.reading.slot_level(test)
        }

    # -- overrides ----------------------------------------------------------------------

    def _treated(self, override: Registered) -> Treated:
        places = [item for item in self.reading.overrides if item.key == override.key]
        return treat(override.function, places or [override], self.options)

    def _overrides(self, tests: Mapping[str, Scope]) -> Iterator[tuple[Key, Treated]]:
        for path, facts in self.reading.files.items():
            for function in facts.functions:
                if not self.reading.is_override(function):
                    continue
                key = Key(path, function.ordinal)
                if self._only_sync(key):
                    yield key, Treated(Treatment.ORDINARY)
                    continue
                treated = self._treated(Registered("", key, function))
                if treated.treatment is Treatment.FACTORY:
                    treated = self._factory(key, tests)
                yield key, treated

    def _factory(self, key: Key, tests: Mapping[str, Scope]) -> Treated:
        """A loop factory, where pytest-asyncio gives all concerned tests its loop."""
        wide = False
        covered: set[str] = set()
        for test in self.reading.tests:
            override = self.reading.override_of(test)
            if override is None or override.key != key or not self.concerns(test):
                continue
            if test.id not in tests:
                return Treated(
                    Treatment.MANUAL,
                    f"it makes a loop of another kind, and the sync test {test.function.qualname} "
                    "uses it: loop factories reach async tests only",
                )
            covered.add(test.id)
            wide = wide or tests[test.id] > Scope.FUNCTION
        if wide and covered != set(tests):
            return Treated(
                Treatment.MANUAL,
                "it makes a loop of another kind for a part of the suite, and loops are wider "
                "than function: the runner would be rebuilt between tests",
            )
        return Treated(Treatment.FACTORY)

    def _only_sync(self, key: Key) -> bool:
        """Whether only sync tests and sync fixtures meet the override: an ordinary fixture."""
        met = False
        for test in self.reading.tests:
            override = self.reading.override_of(test)
            if override is None or override.key != key:
                continue
            if self._is_async(test) or any(
                self._is_loop_fixture(item) for item in self.reading.closure(test).fixtures
            ):
                return False
            met = met or any(True for _ in loop_asks(self.reading.closure(test)))
        return met

    def _wants(
        self, place: tuple[Registered | None, str], overrides: Mapping[Key, Treated]
    ) -> bool:
        """Whether a bridge is written for requests at this place."""
        target = place[0]
        return target is None or not overrides[target.key].stays


def _holders(path: str) -> frozenset[str]:
    """The holders whose fixtures the code of a file sees."""
    own = conftest_holder(path) if basename(path) == "conftest.py" else path
    return frozenset({"", *directory_holders(path), own})


def _default(tests: Mapping[str, Scope], fixtures: Mapping[Key, Scope]) -> Scope:
    """The level of most async tests; function on a tie."""
    counts = Counter(tests.values()) or Counter(fixtures.values())
    if not counts:
        return Scope.FUNCTION
    most = max(counts.values())
    best = [scope for scope, number in counts.items() if number == most]
    return best[0] if len(best) == 1 else Scope.FUNCTION
