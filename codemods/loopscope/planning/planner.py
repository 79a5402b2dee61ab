"""Plan the loop scopes of a suite: every test with its fixtures on one loop, as before.

The components are solved first with all sync code left sync; what can be converted then is,
and they are solved again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import field, replace

from loopscope.analysis.file.facts import Function
from loopscope.analysis.suite.classify import can_say_fixture_scope
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.frozen import frozen
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.planning.ambient import Ambient
from loopscope.planning.bridges import RequestPlace, Sites, bridge_name, place_bridges
from loopscope.planning.conversions import Candidates, Conversion, alias_scopes, choose
from loopscope.planning.cures import NOTHING_FOREIGN, Foreign, find_foreign
from loopscope.planning.defaults import choose_default
from loopscope.planning.loop_users import NO_CAUTION, Caution
from loopscope.planning.override_actions import ActionKind, OverrideAction
from loopscope.planning.planned_overrides import (
    actions,
    deviating,
    keep_foundations,
    keep_kinds,
    without_shadowed,
)
from loopscope.planning.shared_bridges import Bridge
from loopscope.planning.solver import EXTERNAL, ComponentSolver
from loopscope.types import Options, Scope


@frozen
class Plan:
    """The loop scope of everything, and what stands in for the old fixture."""

    suite_style: SuiteStyle
    default: Scope  # the loop scope of a test that names none
    fixture_default: Scope | None  # the same for a fixture; None: its own scope
    tests: Mapping[str, Scope]  # test id -> loop scope, of async tests
    fixtures: Mapping[Key, Scope]  # async (or bound) fixture -> loop scope
    overrides: Mapping[Key, OverrideAction]
    bridges: tuple[Bridge, ...]
    converted: Mapping[Key, Conversion] = field(default_factory=dict)
    widened: Mapping[str, Scope] = field(default_factory=dict)  # test id -> the loop scope it had
    ambients: tuple[Ambient, ...] = ()
    currents: Mapping[str, Scope] = field(default_factory=dict)  # module -> loop scope, for xunit
    # Ids of async tests, and fixtures of sync tests, that name their loop scope even where it is
    # the default, because a kept override suggests another one.
    named: frozenset[str | Key] = frozenset()
    careful: frozenset[str] = frozenset()  # files in which no edit rests on an assumption
    foreign: Foreign = NOTHING_FOREIGN  # of a modern suite: what is on another loop
    made: Mapping[str, Scope] = field(default_factory=dict)  # of tests that no mark can reach

    def stays(self, key: Key) -> bool:
        """Whether the override is left in its place."""
        override_action = self.overrides.get(key)
        return override_action is not None and override_action.stays


def make_plan(model: SuiteModel, options: Options, caution: Caution = NO_CAUTION) -> Plan:
    """Plan one suite; a modern suite keeps the loops that it has, but for what is foreign."""
    plan = _make_plan(model, options, caution)
    foreign = find_foreign(model, options)
    return replace(plan, foreign=foreign) if foreign is not NOTHING_FOREIGN else plan


def _make_plan(model: SuiteModel, options: Options, caution: Caution) -> Plan:
    first = LoopPlanner(model, options, {}, caution)
    if not model.uses_plugin:
        return first.plan()
    concerned = [test for test in model.tests if first.solver.users.concerns(test)]
    left, policies = frozenset[Key](), frozenset[Key]()
    candidates = Candidates(model, options, caution)
    unused = tuple(first.solver.unused_fixtures())
    while True:
        converted = choose(candidates, first.solver.loop_scope, concerned, unused, left)
        planner = first
        if converted or policies:
            planner = LoopPlanner(model, options, converted, caution, policies)
        plan = planner.plan()
        instead = {key for act in plan.overrides.values() for key in act.policies}
        if instead:
            policies |= instead  # nobody is converted for a factory that cannot be
            candidates = Candidates(model, options, caution, policies)
            continue
        manual = {key for key, act in plan.overrides.items() if act.kind is ActionKind.MANUAL}
        if not converted or manual <= left:
            return plan
        left |= manual  # nobody is converted for an override that a person must replace


class LoopPlanner:
    """Turns the loop scopes that its solver finds into a plan: overrides, bridges, defaults."""

    def __init__(
        self,
        model: SuiteModel,
        options: Options,
        converted: Mapping[Key, Conversion],
        caution: Caution = NO_CAUTION,
        policies: Collection[Key] = (),
    ) -> None:
        self.model = model
        self.options = options
        self.policies = policies  # overrides for which an event_loop_policy fixture stands
        self.solver = ComponentSolver(model, options, converted, caution)

    def plan(self) -> Plan:
        """Plan the loop scopes, and the action for every override and request."""
        model, modern = self.model, self.model.suite_style is SuiteStyle.MODERN
        tests = {
            test.id: model.modern.test_loop_scope(test) if modern else self.solver.loop_scope(test)
            for test in model.tests
            if self.solver.users.is_async(test)
        }
        fixtures = {
            key: self._fixture_loop_scope(key, function)
            for key, function in self.solver.users.fixtures()
        }
        made = {test.id: self.solver.loop_scope(test) for test in self.solver.made_tests}
        default = model.settings.test_default or Scope.FUNCTION
        if not modern:
            # Without the option for tests (0.26) function is the only default there is.
            explicit = self.options.style == "explicit" or not self.options.target.has(0, 26)
            explicit = explicit or self._writes_no_defaults()
            present = model.settings.test_default
            own = [test for test in model.own_tests if test.id in tests]
            counting = own or [test for test in model.tests if test.id in tests]
            default = present or (
                Scope.FUNCTION
                if explicit
                else choose_default(counting, tests, fixtures, model.closures, model.texts)
            )
            if len({*made.values()}) == 1 and not explicit and present is None:
                default = next(iter(made.values()))
            if EXTERNAL in self.solver.nodes and not explicit and present is None:
                default = self.solver.nodes.loop_scope(EXTERNAL)
        overrides = without_shadowed(
            model, dict(actions(self.solver, tests, fixtures, self.policies))
        )
        overrides = keep_foundations(model, overrides)
        needs = self.solver.bridge_needs
        wanted = {place: need for place, need in needs.items() if self._wants(place, overrides)}
        bridges = place_bridges(
            wanted,
            lambda place: (
                Scope.FUNCTION if modern else self.solver.nodes.loop_scope(("bridge", place))
            ),
            self._sites(overrides, [place for place in needs if place not in wanted]),
        )
        name = bridge_name(model, self.options.target)
        bridges = [replace(self._at_home(bridge), name=name) for bridge in bridges]
        for bridge in bridges:
            if bridge.replaces is not None:
                override_action = overrides[bridge.replaces]
                if override_action.kind is ActionKind.DELETE:
                    overrides[bridge.replaces] = OverrideAction(ActionKind.BRIDGE)
        replaced = {bridge.replaces for bridge in bridges}
        for key, override_action in overrides.items():
            if override_action.kind is ActionKind.WORK and key not in replaced:
                overrides[key] = OverrideAction(ActionKind.DELETE)  # nobody ever set it up
        keep_kinds(model, overrides, replaced)
        return Plan(
            model.suite_style,
            default,
            self._fixture_default(default, fixtures.values()),
            tests,
            fixtures,
            overrides,
            tuple(bridges),
            self.solver.converted,
            {} if modern else self._widened(tests),
            tuple(self.solver.users.ambient.place(self.solver.users.ambient_tests())),
            {
                module: self.solver.nodes.loop_scope(("current", module))
                for module in {test.module for test in model.tests}
                if ("current", module) in self.solver.nodes
            },
            frozenset() if modern else frozenset(self._named(overrides)),
            self.solver.caution.careful,
            made=made,
        )

    def _named(self, overrides: Mapping[Key, OverrideAction]) -> Iterator[str | Key]:
        def loop_scope(test: Test) -> Scope | None:
            return self.solver.loop_scope(test) if self.solver.users.concerns(test) else None

        for test in deviating(self.model, overrides, loop_scope):
            if self.solver.users.is_async(test):
                yield test.id
            else:
                yield from (item.key for item in self.model.closure(test).fixtures)

    def _sites(
        self, overrides: Mapping[Key, OverrideAction], unwanted: Iterable[RequestPlace]
    ) -> Sites:
        """Return what bridges must not hide, and where they may stand."""
        index, cross_suite = self.model.index, self.model.cross_suite
        return Sites(
            index.plugins,
            [path for path in index.conftests if path not in cross_suite],
            [
                base_id
                for base_id, fixtures in index.registered.items()
                if EVENT_LOOP in fixtures and not self._goes(fixtures[EVENT_LOOP], overrides)
            ],
            {*self.solver.held, *unwanted},
            [key for key, action in overrides.items() if action.kind is ActionKind.DELETE],
            self.solver.met,
        )

    def _goes(self, item: FixtureDef, overrides: Mapping[Key, OverrideAction]) -> bool:
        """Whether the fixture is an override that makes room for a bridge."""
        if item.key.is_external:
            return True
        return self.model.is_override(item.function) and not overrides[item.key].stays

    def _at_home(self, bridge: Bridge) -> Bridge:
        """Move a bridge to where it can stand: what others use is not replaced."""
        key = bridge.replaces
        if key is None:
            return bridge
        function = self.model.index.function(key)
        if not function.is_own and function.fixture is not None:
            return replace(bridge, path=function.fixture.path or key.path, replaces=None)
        if not key.path.startswith("../"):
            return bridge
        files = [item.file for item in self.model.overrides if item.key == key]
        own = [file for file in files if file not in self.model.cross_suite]
        return replace(bridge, path=min(own, default="conftest.py"), replaces=None)

    def _fixture_loop_scope(self, key: Key, function: Function) -> Scope:
        if self.model.suite_style is SuiteStyle.MODERN and key not in self.solver.converted:
            return self.model.modern.fixture_loop_scope(function)
        if scopes := alias_scopes(self.model, key, function):
            return max(scopes)
        node = ("fixture", key)
        if node in self.solver.nodes:
            return self.solver.nodes.loop_scope(node)
        assert function.fixture is not None
        scope = max(function.fixture.scope, function.fixture.loop_scope or Scope.FUNCTION)
        if function.fixture.loop_scope is not None:
            return scope
        # No test uses it: it would have lived on the loop that its own place sees.
        override = self.solver.seen_from(key.path)
        if override is not None:
            return max(scope, self.model.legacy.override_loop_scope(override))
        # The default that an earlier migration wrote, where something was left to a person.
        return max(scope, self.model.settings.fixture_default or Scope.FUNCTION)

    def _fixture_default(self, default: Scope, loop_scopes: Collection[Scope]) -> Scope | None:
        """Keep a configured value that a fixture relies on; else take that of the tests."""
        settings = self.model.settings
        if settings.fixture_scope:
            return None
        if self.model.suite_style is SuiteStyle.MODERN and settings.fixture_default is None:
            return None if can_say_fixture_scope(settings, self.options) else Scope.FUNCTION
        nodes = self.solver.nodes
        external = [nodes.loop_scope(EXTERNAL)] if EXTERNAL in nodes else []
        if self._writes_no_defaults():
            return None
        if settings.fixture_default is None:
            return external[0] if external else default
        present = settings.fixture_default
        legacy = self.model.suite_style is SuiteStyle.LEGACY
        widens = legacy and default > present and {*loop_scopes, *external} == {default}
        return default if widens and not self.options.safe_only else present

    def _writes_no_defaults(self) -> bool:
        """Whether a configuration, which would be new, would count for other projects, too."""
        return self.model.index.config.path is None and bool(self.model.cross_suite.bare)

    def _widened(self, tests: Mapping[str, Scope]) -> dict[str, Scope]:
        return {
            test.id: self.model.legacy.loop_scope(test)
            for test in self.model.tests
            if test.id in tests and tests[test.id] > self.model.legacy.loop_scope(test)
        }

    def _wants(
        self, place: tuple[FixtureDef | None, str], overrides: Mapping[Key, OverrideAction]
    ) -> bool:
        """Whether a bridge is written for requests at this place."""
        target = place[0]
        return target is None or target.key.is_external or not overrides[target.key].stays
