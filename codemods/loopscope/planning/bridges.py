"""The places and the name of bridges: fixtures that return the running loop.

See docs/loop-rules.md, The bridge.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from loopscope.analysis.suite.closure import EVENT_LOOP, LoopRequest, RequestKind
from loopscope.analysis.suite.fixtures import (
    FixtureDef,
    Key,
    Test,
    enclosing_base_ids,
    own_base_id,
    registering_base_id,
)
from loopscope.frozen import frozen
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.planning.shared_bridges import Bridge, Standing, seen, share
from loopscope.types import Scope, Target

# The override that answered (None: pytest-asyncio's own fixture) and the asking test's module;
# the file that registers the fixture that asks, where no test sets it up.
RequestPlace = tuple[FixtureDef | None, str]


@dataclass(slots=True)
class BridgeNeed:
    """The requests of one module's tests that one fixture answered."""

    files: set[str] = field(default_factory=set)  # by which pytest registers the requesters
    reached: bool = False  # a test asks, or a fixture that one uses
    scope: Scope = Scope.FUNCTION  # of the widest requester
    autouse: bool = False
    works: bool = False  # the override does work, which only its own bridge can keep


@frozen
class Sites:
    """The places of a suite as far as bridges depend on them."""

    plugins: Collection[str] = ()
    conftests: Collection[str] = ()
    # Base ids of fixtures named event_loop that stay: what lies below does not see past them.
    left: Collection[str] = ()
    # The requests that such a fixture answers.
    held: Collection[RequestPlace] = ()
    # Overrides that could be deleted as well, were there another bridge for their tests.
    plain: Collection[Key] = ()
    # Requests by autouse alone, of async tests: they need no bridge, and get one that is there.
    met: Collection[RequestPlace] = ()

    def base_id(self, path: str) -> str:
        """Return the base id that registers the fixtures of a file."""
        return registering_base_id(path, self.plugins)

    def view(self, place: RequestPlace) -> str:
        """Return the base id from which a request looks for its fixture."""
        target, module = place
        return target.base_id if target is not None and target.in_class else self.base_id(module)


def bridge_name(model: SuiteModel, target: Target) -> str:
    """Name the bridges of a suite; below pytest-asyncio 1.0 ``event_loop`` is taken.

    See docs/loop-rules.md, The bridge.
    """
    if target.has(1, 0):
        return EVENT_LOOP
    taken: set[str] = set()
    for facts in model.files.values():
        for function in facts.functions:
            taken.update((function.name, *function.parameters))
            if function.fixture is not None:
                taken.add(function.fixture.name)
    return next(name for name in _other_names() if name not in taken)


def _other_names() -> Iterator[str]:
    yield "running_loop"
    for number in count(2):
        yield f"running_loop_{number}"


def place_bridges(
    needs: Mapping[RequestPlace, BridgeNeed],
    loop_scope: Callable[[RequestPlace], Scope],
    sites: Sites,
) -> list[Bridge]:
    """Place the fewest bridges that serve all requests, outer places first.

    A parent's bridge serves every region of the same loop scope; another loop scope needs a
    nearer one. Bridges of the same kind in many modules become one in a conftest above them.
    """
    modules: dict[FixtureDef | None, list[str]] = defaultdict(list)
    for target, module in needs:
        modules[target].append(module)
    standing: Standing = dict.fromkeys(sites.left)
    for target in sorted(modules, key=_depth):
        places = {module: (target, module) for module in modules[target]}
        loop_scopes = {module: loop_scope(place) for module, place in places.items()}
        needed = {module: needs[place] for module, place in places.items()}
        met = {loop_scope(place) for place in sites.met if place[0] == target}
        for base_id, bridge in _bridges_of(target, needed, loop_scopes, standing, sites, met):
            standing[base_id] = bridge
    views = {sites.view(place) for place in (*needs, *sites.held)}
    share(standing, views, sites.conftests, sites.plain)
    return list(dict.fromkeys(bridge for bridge in standing.values() if bridge is not None))


def _depth(target: FixtureDef | None) -> tuple[int, bool, int]:
    """Plugins come first, then each conftest before the modules beside it and their classes."""
    if target is None:
        return (-1, False, 0)
    place = target.base_id.removeprefix("./")
    return (place.count("/"), place != "" and not place.endswith("/"), place.count("::"))


def _bridges_of(
    target: FixtureDef | None,
    needs: Mapping[str, BridgeNeed],
    loop_scopes: Mapping[str, Scope],
    standing: Standing,
    sites: Sites,
    met: Collection[Scope],
) -> Iterator[tuple[str, Bridge]]:
    # A fixture that no test uses has no say beside tests, and must not hide their bridge.
    used = [module for module in needs if needs[module].reached] or list(needs)
    main = Counter(loop_scopes[module] for module in used).most_common(1)[0][0]
    served = [module for module in needs if loop_scopes[module] is main or module not in used]
    scope = min(max(needs[module].scope for module in served), main)
    autouse = any(needs[module].autouse for module in served)
    works = any(needs[module].works for module in served)
    own = autouse or works
    if target is not None and target.key.is_external:
        target = None  # it stays where it is; ours is nearer
    if target is None:
        files = {path for module in served for path in needs[module].files}
        for path in sorted(files, key=lambda path: (path not in sites.plugins, _level(path))):
            base_id = sites.base_id(path)
            below = [m for m in served if base_id in enclosing_base_ids(sites.base_id(m))]
            scope = min(max((needs[m].scope for m in below), default=scope), main)
            if not _served(base_id, main, scope, standing):
                yield base_id, Bridge(path, scope, main)
    elif autouse and not works and not target.in_module and set(met) - {main}:
        for module in served:  # others below it would get a bridge on another loop than theirs
            need = needs[module]
            yield sites.base_id(module), Bridge(module, need.scope, main, autouse=need.autouse)
    elif own or not _served(target.base_id, main, scope, standing):
        yield target.base_id, Bridge(target.key.path, scope, main, target.key, autouse)
    for module in used:
        if loop_scopes[module] is not main:
            yield (
                sites.base_id(module),
                Bridge(
                    module, needs[module].scope, loop_scopes[module], autouse=needs[module].autouse
                ),
            )


def _level(path: str) -> tuple[int, bool, str]:
    """Conftests come before the modules beside them, and outer folders before inner ones."""
    return (path.count("/"), own_base_id(path) == path, path)


def _served(base_id: str, loop_scope: Scope, scope: Scope, standing: Standing) -> bool:
    """Whether what is visible at the base id is a parent's bridge of the same loop scope."""
    bridge = seen(base_id, standing)
    return (
        bridge is not None
        and bridge.loop_scope is loop_scope
        and bridge.scope >= scope
        and not bridge.autouse
    )


def fixtures_after_work(
    model: SuiteModel, works: Callable[[FixtureDef], bool], converted: Collection[Key]
) -> frozenset[Key]:
    """List those that a test uses whose override does more than making a loop."""
    found: set[Key] = set()
    for test in model.tests:
        override = model.override_of(test)
        if override is not None and works(override):
            found.update(
                item.key
                for item in model.closure(test).fixtures
                if item.fixture.scope > Scope.FUNCTION
                and item.function.override is None
                and model.is_async_fixture(item.function)
                and not item.key.is_external
            )
    return frozenset(found.difference(converted))


def requests_after_work(
    model: SuiteModel, test: Test, asking: Collection[Key]
) -> Iterator[LoopRequest]:
    """Yield what these fixtures will request when the test sets them up."""
    for item in model.closure(test).fixtures if asking else ():
        if item.key in asking:
            yield LoopRequest(item, RequestKind.AFTER_WORK, model.override_of(test))
