"""Join everything that must have one loop scope, for a given set of conversions.

Nodes are tests, async fixtures and bridges. A test is joined with its async fixtures, with
all tests of its legacy loop and, through sync code that stays sync, with its bridge. The
loop scope of a component is the widest that any member needs: joined once, nothing moves any
more, so this is the fixpoint.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from posixpath import dirname

from loopscope.analysis.suite.closure import EVENT_LOOP, LoopRequest, RequestKind, loop_requests
from loopscope.analysis.suite.fixtures import (
    CURRENT,
    FixtureDef,
    Key,
    Test,
    enclosing_base_ids,
    visible_base_ids,
)
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.planning.bridges import (
    BridgeNeed,
    RequestPlace,
    fixtures_after_work,
    requests_after_work,
)
from loopscope.planning.conversions import Conversion
from loopscope.planning.disjoint_set import DisjointSet
from loopscope.planning.loop_users import NO_CAUTION, Caution, LoopUsers
from loopscope.planning.override_actions import ActionKind, OverrideAction, choose_action, manual
from loopscope.types import Options, Scope

# All async fixtures from outside of the suite: only the configured default reaches them.
EXTERNAL = "fixtures that no file of the suite defines"
# All tests of the modules that a plan joins.
JOINED = "tests that are put on one loop"


class ComponentSolver:
    """The components of one suite; their loop scopes are asked when all is joined."""

    def __init__(
        self,
        model: SuiteModel,
        options: Options,
        converted: Mapping[Key, Conversion],
        caution: Caution = NO_CAUTION,
    ) -> None:
        self.model = model
        self.caution = caution
        self.options = options
        self.converted = converted
        self.nodes = DisjointSet()
        self.bridge_needs: dict[RequestPlace, BridgeNeed] = {}
        self.held: set[RequestPlace] = set()  # requests that a fixture of that name answers
        self.met: set[RequestPlace] = set()  # by async tests, which autouse alone gives the bridge
        self._actions: dict[FixtureDef, OverrideAction] = {}
        self.after_work = fixtures_after_work(model, self._works, converted)
        self.users = LoopUsers(model, options, converted, caution)
        self.made_tests = [test for test in model.classify.made_tests if test.function.is_async]
        for test in (*model.tests, *model.classify.made_tests):
            if self.users.concerns(test):
                self._join(test)
                if test.module in caution.joined:
                    one = Scope.MODULE if len(caution.joined) == 1 else Scope.SESSION
                    self.nodes.add(JOINED, one)
                    self.nodes.join(("test", test.id), JOINED)
        for item, target in self.unused_fixtures():
            path = self.model.index.registrar(item)
            place = (target, path)
            self.nodes.add(("bridge", place), item.fixture.scope)
            if target is not None:
                self.nodes.add(("bridge", place), self.model.legacy.override_loop_scope(target))
            need = self.bridge_needs.setdefault(place, BridgeNeed())
            need.files.add(path)
            need.scope = max(need.scope, item.fixture.scope)

        if not options.target.has(1, 0):
            self._leave_packages()

    def _leave_packages(self) -> None:
        """Widen the loop of several packages: before pytest-asyncio 1.0 each had its own.

        See docs/loop-rules.md, Packages share one loop.
        """
        concerned = [t for t in self.model.tests if ("test", t.id) in self.nodes]
        folders: dict[Hashable, set[str]] = defaultdict(set)
        for test in concerned:
            folders[self.nodes.root(("test", test.id))].add(dirname(test.module))
        for test in concerned:
            found = folders[self.nodes.root(("test", test.id))]
            package = len(found) == 1 and f"{min(found)}/__init__.py" in self.model.files
            if self.loop_scope(test) is Scope.PACKAGE and not package:
                self.nodes.add(("test", test.id), Scope.SESSION)

    # -- joining ------------------------------------------------------------------------

    def loop_scope(self, test: Test) -> Scope:
        """Return the loop scope of the test's component."""
        return self.nodes.loop_scope(("test", test.id))

    def _join(self, test: Test) -> None:
        model, nodes = self.model, self.nodes
        node = ("test", test.id)
        nodes.add(("legacy loop", model.legacy.loop(test)), model.legacy.loop_scope(test))
        nodes.join(node, ("legacy loop", model.legacy.loop(test)))
        # One definition, collected by several classes: it has one mark, so one loop scope.
        nodes.join(node, ("definition", test.key))
        own = self.users.is_async(test)
        legacy = model.suite_style is SuiteStyle.LEGACY
        for fixture_def in model.closure(test).fixtures:
            static = fixture_def.key in self.converted or model.is_async_fixture(
                fixture_def.function
            )
            if static or (own and self._follows(fixture_def, test)):
                fixture = fixture_def.fixture
                own_scope = fixture.loop_scope or Scope.FUNCTION
                given = test.function.parameter_scopes.get(fixture.name, Scope.FUNCTION)
                nodes.add(("fixture", fixture_def.key), max(fixture.scope, own_scope, given))
                if not (legacy and model.legacy.outlives_loop(fixture_def, test)):
                    nodes.join(node, ("fixture", fixture_def.key))
            if static and fixture_def.key.is_external and legacy:
                nodes.join(node, EXTERNAL)
        there = any(item.fixture.name == CURRENT for item in model.closure(test).fixtures)
        wants = own and model.loses_current_loop and not there
        if wants and self.users.ambient.set_up_by_methods(test):
            nodes.join(node, ("current", test.module))
        for request in self._requests(test):
            # No edit reaches a test that a call has made: what it asks for stays.
            made = test.key.is_external and request.requester is None
            self._join_bridge(test, request, own and not made)

    def _follows(self, fixture_def: FixtureDef, test: Test) -> bool:
        """Whether the value of a sync fixture belongs to the loop of the test.

        What the functions that it calls do is no reason to widen the loops of its tests.
        """
        if not self.users.takes_current(fixture_def):
            return False
        through = self.model.current.only_through(fixture_def.key)
        return not through or fixture_def.fixture.scope <= self.model.legacy.loop_scope(test)

    def _requests(self, test: Test) -> Iterator[LoopRequest]:
        yield from loop_requests(self.model.closure(test))
        for request in self.model.closure(test).requests:
            if (
                request.requester is not None
                and request.target is not None
                and self._is_left(request.requester)
            ):
                yield request
        override = self.model.override_of(test)
        if override is not None and self.users.is_async(test):
            # If this override were deleted, the test would see the next one outside of it.
            around = self.model.closures.visible(test, EVENT_LOOP)
            if any(self._works(item) for item in around) or any(
                item.fixture.autouse and self._is_current(item) for item in around[:-1]
            ):
                yield LoopRequest(None, RequestKind.WORK, override)
        yield from requests_after_work(self.model, test, self.after_work)
        shared = self.users.ambient.shared(test)
        if shared is not None and self.users.is_ambient(test):
            yield LoopRequest(None, RequestKind.AMBIENT, shared)

    def _is_left(self, requester: FixtureDef) -> bool:
        """Recognize an override that builds on the next one, and that a person must replace."""
        return (
            self.model.is_override(requester.function)
            and self.override_action(requester).kind is ActionKind.MANUAL
        )

    def _works(self, override: FixtureDef) -> bool:
        return self.model.is_override(override.function) and self.override_action(override).works

    def _is_current(self, override: FixtureDef) -> bool:
        """Whether an autouse override does more for sync tests than to make an idle loop."""
        known = self.model.is_override(override.function)
        goes = known and self.override_action(override).kind is ActionKind.DELETE
        return not goes or self.users.ambient.is_current_by_autouse(override)

    def _join_bridge(self, test: Test, request: LoopRequest, own: bool) -> None:
        """Join the test with the bridge that serves a request which stays in sync code."""
        if request.target is not None and not self.model.is_override(request.target.function):
            self.held.add((request.target, test.module))
            return
        autouse = request.kind is RequestKind.AUTOUSE
        if autouse and request.target is not None and not self._is_current(request.target):
            return
        if not self.stays(request, own):
            if request.kind is RequestKind.AUTOUSE:
                # Sync tests may keep the bridge, and async ones get it too.
                self.nodes.join(("test", test.id), ("bridge", (request.target, test.module)))
                self.met.add((request.target, test.module))
            return
        scope = request.requester.fixture.scope if request.requester else Scope.FUNCTION
        place = (request.target, test.module)
        node = ("bridge", place)
        # Hypothesis refuses a function-scoped fixture under @given.
        drawn = "hypothesis.given" in test.function.decorators
        if (request.kind is RequestKind.WORK or drawn) and request.target is not None:
            scope = min(request.target.fixture.scope, self.model.legacy.loop_scope(test))
        self.nodes.add(node, scope)
        self.nodes.join(("test", test.id), node)
        if request.requester is not None and scope > Scope.FUNCTION:
            # A cached sync fixture hands its loop to every test that shares it.
            fixture = request.requester.fixture
            given = test.function.parameter_scopes.get(fixture.name, Scope.FUNCTION)
            region = test.module if max(fixture.scope, given) <= Scope.MODULE else ""
            self.nodes.join(("test", test.id), ("requester", request.requester.key, region))
        need = self.bridge_needs.setdefault(place, BridgeNeed())
        need.files.add(self._requesting_file(request, test))
        need.reached = True
        need.scope = max(need.scope, scope)
        need.autouse = need.autouse or request.kind is RequestKind.AUTOUSE
        need.works = need.works or request.kind is RequestKind.WORK

    def _requesting_file(self, request: LoopRequest, test: Test) -> str:
        """Return the file by which pytest registers who asks: the bridge is visible from there.

        The root conftest answers the configuration, the test's module what stands outside.
        """
        if request.kind is RequestKind.CONFIGURED:
            return "conftest.py"
        if request.requester is None or request.requester.key.is_external:
            return test.module
        path = self.model.index.registrar(request.requester)
        return test.module if path in self.model.cross_suite else path

    def stays(self, request: LoopRequest, own: bool) -> bool:
        """Whether the request is still there after the conversions."""
        if request.kind in (RequestKind.WORK, RequestKind.AFTER_WORK, RequestKind.AMBIENT):
            return True
        if request.kind is RequestKind.RUNNING:
            return False
        if request.kind is RequestKind.AUTOUSE or (
            request.kind in (RequestKind.USEFIXTURES, RequestKind.CONFIGURED) and own
        ):
            return not own
        if request.kind is not RequestKind.PARAMETER:
            return True
        if request.requester is None:
            return not own
        return (
            not request.requester.function.is_async and request.requester.key not in self.converted
        )

    # -- what no test reaches ------------------------------------------------------------

    def unused_fixtures(self) -> Iterator[tuple[FixtureDef, FixtureDef | None]]:
        """List registered sync fixtures that ask for the loop, and that no known test sets up.

        Each comes with the override that it sees.
        """
        reached = {
            item.key for test in self.model.tests for item in self.model.closure(test).fixtures
        }
        for fixtures in self.model.index.registered.values():
            for item in fixtures.values():
                function = item.function
                known = item.key in reached or item.key in self.converted
                if function.is_async or known or item.key.is_external:
                    continue
                asks = EVENT_LOOP in (*function.parameters, *function.dynamic)
                if asks and function.override is None and not self._bridged(item.base_id):
                    yield item, self.seen_from(self.model.index.registrar(item), item.base_id)

    def _bridged(self, base_id: str) -> bool:
        """Whether a bridge of an earlier migration is visible there."""
        nearest = self.model.index.seen_from(base_id, EVENT_LOOP)
        return nearest is not None and not self.model.is_override(nearest.function)

    def seen_from(self, path: str, base_id: str = "") -> FixtureDef | None:
        """Find the override that a fixture of this file, or class, sees without a test."""
        base_ids = visible_base_ids(path).union(enclosing_base_ids(base_id))
        seen = [item for item in self.model.overrides if item.base_id in base_ids]
        return max(seen, key=lambda item: len(item.base_id.removeprefix("./")), default=None)

    def override_action(self, override: FixtureDef) -> OverrideAction:
        """Choose what becomes of an override; the same at every call."""
        known = self._actions.get(override)
        if known is None:
            known = self._actions[override] = self._choose_action(override)
        return known

    def _choose_action(self, override: FixtureDef) -> OverrideAction:
        places = [item for item in self.model.overrides if item.key == override.key]
        places = places or [override]
        chosen = choose_action(
            override.function,
            places,
            self.options,
            debugs_all=self.model.debugs_all(places),
            careful=self.caution.is_careful(override.key.path, self.options),
        )
        body = override.function.override
        methods = body.methods if body is not None else ()
        if chosen.works and self.model.driven.by_calls(override.key, methods):
            return manual(
                "it calls code that runs a loop, which fails in an async fixture, where one runs"
            )
        return chosen
