"""What becomes of each override of a suite: by its body and place, and by who uses it.

What one that stays stands on, or hides, stays, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

from loopscope.analysis.file.calls import CURRENT_LOOP
from loopscope.analysis.file.facts import Function, LoopCall, Place
from loopscope.analysis.file.loop_kinds import UNKNOWN, kinds_of
from loopscope.analysis.file.override_facts import BodyKind
from loopscope.analysis.suite.closure import EVENT_LOOP, loop_requests
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.loop_map.other_plugins import is_of_another_plugin
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.planning.factories import choose_factory
from loopscope.planning.override_actions import KIND, ActionKind, OverrideAction, manual
from loopscope.planning.plugins_place import beside_others
from loopscope.planning.policies import builds_on_policy
from loopscope.planning.policy_fixture import policies_for
from loopscope.planning.solver import ComponentSolver
from loopscope.types import Scope


def actions(
    solver: ComponentSolver,
    tests: Mapping[str, Scope],
    fixtures: Mapping[Key, Scope],
    policies: Collection[Key],
) -> Iterator[tuple[Key, OverrideAction]]:
    """Yield the action for each override.

    ``tests`` and ``fixtures`` are the loop scopes of the async ones, ``policies`` the overrides
    for which an event_loop_policy fixture stands.
    """
    model = solver.model
    modern = model.suite_style is SuiteStyle.MODERN
    for path, facts in model.files.items():
        for function in facts.functions:
            if not model.is_override(function):
                continue
            key = Key(path, function.ordinal)
            registered = any(item.key == key for item in model.overrides)
            shadowed = key in model.index.shadowed
            if shadowed or (key in model.index.hidden and not registered):
                yield key, OverrideAction(ActionKind.DELETE)  # it never took effect
                continue
            if _only_sync(solver, key):
                yield key, OverrideAction(ActionKind.ORDINARY)
                continue
            asked = _used_by_sync(solver, key) if modern else None
            if asked is not None:
                yield key, asked
                continue
            override_action = solver.override_action(FixtureDef("", key, function))
            if path.startswith("../") and override_action.kind is not ActionKind.DELETE:
                reason = override_action.reason or "it does more than making a loop"
                override_action = OverrideAction(ActionKind.MANUAL, reason)
            if override_action.kind is ActionKind.POLICY and not _is_policy(
                model, key, tests, fixtures
            ):
                override_action = manual(f"{KIND}; loop factories need --target 1.4")
            if override_action.kind in (ActionKind.FACTORY, ActionKind.DELETE) and key in policies:
                override_action = replace(override_action, kind=ActionKind.POLICY)
            elif override_action.kind is ActionKind.FACTORY:
                concerned = [test for test in model.tests if solver.users.needs_kind(test)]
                chosen = choose_factory(model, key, concerned, tests, fixtures)
                override_action = replace(chosen, debugs=override_action.debugs)
            if _is_only_for_windows(function, override_action):
                override_action = OverrideAction(ActionKind.WINDOWS)
            if not override_action.stays:
                left = beside_others(model, key) or _after_other_code(model, key)
                override_action = left or override_action
            yield key, override_action


def _is_policy(
    model: SuiteModel, key: Key, tests: Mapping[str, Scope], fixtures: Mapping[Key, Scope]
) -> bool:
    """Whether an override names its policy, or one whose class is written does the same."""
    body = model.index.function(key).override
    if body is None or all(variant.policy for variant in body.variants):
        return True
    return key in policies_for(model, key, tests, fixtures)


def _is_only_for_windows(function: Function, action: OverrideAction) -> bool:
    """Whether all but a policy for Windows is a plain loop, or is said elsewhere."""
    body = function.override
    if body is None or not body.windows:
        return False
    plain = body.kind is BodyKind.FACTORY
    if not (action.kind is ActionKind.DELETE or (plain and action.stays)):
        return False
    return function.is_own and not (function.is_method or function.conditional)


_EARLY_HOOKS = ("pytest_configure", "pytest_sessionstart", "pytest_collection_modifyitems")
AT_IMPORT = "taken at import"  # the detail of rule LS303 for a loop that is kept from then on


def _after_other_code(model: SuiteModel, key: Key) -> OverrideAction | None:
    """Leave an override to a person whose loop other code has chosen before it."""
    setter = builds_on_policy(model, key)
    if setter is not None:
        return manual(
            f"its loops are of the kind for which {setter.function.qualname} "
            f"({setter.path}:{setter.hazard.line}) sets the policy. Return them from a "
            "pytest_asyncio_loop_factories hook"
        )
    function = model.index.function(key)
    if function.fixture is None or function.fixture.scope is Scope.FUNCTION:
        return None  # up to 0.21 the plugin closed that loop after the first test
    if not _takes_current(model, key):
        return None
    for path, facts in model.files.items():
        early = {*_EARLY_HOOKS, *(name for refers in facts.variables.values() for name in refers)}
        lines = [h.line for h in facts.hazards if h.code == "LS303" and h.detail == AT_IMPORT]
        lines += [call.line for call in facts.loop_calls if _is_at_import(model, path, call)]
        lines += [
            function.line
            for function in facts.functions
            if function.name in early
            and function.fixture is None  # a call makes it one: it runs later
            and Key(path, function.ordinal) != key
            and _takes_current(model, Key(path, function.ordinal))
        ]
        graph = model.closures.call_graph
        called = (graph.find(path, name) for name in facts.called_at_import)
        # What a call makes a fixture of, such as this override, is only handed on.
        taking = [one for one in called if one not in (None, key) and model.current.asks(one)]
        if taking and not lines:
            path, lines = taking[0].path, [model.index.function(taking[0]).line]
        if lines:
            return manual(
                f"it takes the current loop, which {path}:{lines[0]} has taken before any test:"
                " what that uses would be on another loop than the tests. Let the code there take"
                " the loop when it runs, from its test or an async fixture"
            )
    return None


def _is_at_import(model: SuiteModel, path: str, call: LoopCall) -> bool:
    """Whether a call for the current loop, or what takes it, runs when its file is imported.

    One for the loop itself at module level is a matter of ``AT_IMPORT``.
    """
    if call.owner is not None:
        return False
    if call.place in (Place.MODULE, Place.CLASS):
        script = b"__main__" in model.texts.get(path, b"")
        return call.what not in CURRENT_LOOP and not script
    return call.place is Place.DEFAULT


def _takes_current(model: SuiteModel, key: Key) -> bool:
    """Whether a function takes the current loop, itself or through what it calls."""
    return any(
        call.what in CURRENT_LOOP and call.place is Place.SYNC for call in model.current.calls(key)
    )


def _only_sync(solver: ComponentSolver, key: Key) -> bool:
    """Whether only sync tests and sync fixtures meet the override: an ordinary fixture.

    An async test below a nearer override counts too: it sees this one when that is gone.
    """
    model, met = solver.model, False
    for test in model.tests:
        chain = model.closures.visible(test, EVENT_LOOP)
        if key not in {item.key for item in chain}:
            continue
        if _is_on_loop(solver, test) and not is_of_another_plugin(model, test):
            return False
        closure = model.closure(test)
        met = met or (chain[-1].key == key and any(True for _ in loop_requests(closure)))
    return met


def _is_on_loop(solver: ComponentSolver, test: Test) -> bool:
    """Whether the test or one of its fixtures runs on a loop."""
    return solver.users.is_async(test) or any(
        item.function.override is None and solver.users.is_loop_fixture(item)
        for item in solver.model.closure(test).fixtures
    )


def _used_by_sync(solver: ComponentSolver, key: Key) -> OverrideAction | None:
    """Decide on an override of a suite on 1.x whose loop sync code uses: it is no dead code.

    Async code has the running loop at hand, and runs on no other. Where it sees an override whose
    loop is not made as the running one is, a person had to replace that, and still has to.

    Returns:
        None where no sync code uses it.
    """
    model = solver.model
    if not any(
        request.target is not None
        and request.target.key == key
        and solver.stays(request, solver.users.is_async(test))
        for test in model.tests
        for request in loop_requests(model.closure(test))
    ):
        return None
    function = model.index.function(key)
    found = _after_other_code(model, key) or solver.override_action(FixtureDef("", key, function))
    left = found.kind is ActionKind.MANUAL
    another = function.override is not None and function.override.makes_another_kind
    met_by_async = any(
        _is_on_loop(solver, test)
        and key in {item.key for item in model.closures.visible(test, EVENT_LOOP)}
        for test in model.tests
    )
    if not met_by_async or not (left or another):
        return OverrideAction(ActionKind.ORDINARY)
    if left:
        return found
    return manual(f"{KIND}, and async code asks for it, too")


Overrides = dict[Key, OverrideAction]


def without_shadowed(model: SuiteModel, overrides: Overrides) -> Overrides:
    """Leave an override in a base class alone where one that stays hides it.

    It shows when a person takes that one away; until then it has no effect.
    """
    for key, hiding in model.index.shadowed.items():
        if any(other not in overrides or overrides[other].stays for other in hiding):
            overrides.pop(key, None)
    return overrides


def keep_foundations(model: SuiteModel, overrides: Overrides) -> Overrides:
    """Keep the overrides on which one builds that stays: it would find no ``event_loop``."""
    pairs = list(_pairs(model))
    grown = True
    while grown:
        grown = False
        for outer, inner in pairs:
            action = overrides.get(inner.key)
            if action is None or not action.stays or not _asks(inner.function):
                continue
            below = overrides.get(outer.key)
            if below is not None and not below.stays:
                reason = f"the one of {_place(inner)}, which stays, builds on it"
                overrides[outer.key] = OverrideAction(ActionKind.MANUAL, reason, with_that=True)
                grown = True
    return overrides


def keep_kinds(model: SuiteModel, overrides: Overrides, replaced: Collection[Key | None]) -> None:
    """Keep an override that hides one which a person must replace, and makes loops of a kind.

    Without it its tests would see the other, and the next migration would give them that kind.
    Where a bridge takes its place they see the bridge.
    """
    for outer, inner in _pairs(model):
        left, action = overrides.get(outer.key), overrides.get(inner.key)
        if left is None or action is None or inner.key in replaced:
            continue
        goes = action.kind is ActionKind.DELETE
        known = kinds_of(outer.function.override) - {
            UNKNOWN
        }  # what is unreadable is most often a plain loop
        if (
            goes
            and left.kind is ActionKind.MANUAL
            and known
            and known != kinds_of(inner.function.override)
        ):
            reason = f"it hides the one of {_place(outer)} from its tests, which makes other loops"
            overrides[inner.key] = OverrideAction(ActionKind.MANUAL, reason, with_that=True)


def _pairs(model: SuiteModel) -> Iterator[tuple[FixtureDef, FixtureDef]]:
    """Yield each override with the next nearer one that some test sees, once; the outer first."""
    seen: set[tuple[str, str]] = set()
    for test in model.tests:
        chain = model.closures.visible(test, EVENT_LOOP)
        for outer, inner in pairwise(chain):
            pair = (outer.base_id, inner.base_id)
            if pair not in seen:
                seen.add(pair)
                if not (outer.key.is_external or inner.key.is_external):
                    yield outer, inner


def _asks(function: Function) -> bool:
    return EVENT_LOOP in function.parameters or bool({EVENT_LOOP, ""} & set(function.dynamic))


def _place(item: FixtureDef) -> str:
    return f"{item.key.path}:{item.function.line}"


_REPLACED = (ActionKind.DELETE, ActionKind.FACTORY, ActionKind.POLICY, ActionKind.WINDOWS)


def deviating(
    model: SuiteModel,
    overrides: Mapping[Key, OverrideAction],
    loop_scope: Callable[[Test], Scope | None],
) -> Iterator[Test]:
    """Return the tests on another loop scope than the override that they see in the end suggests.

    An override that stays is no longer their loop. But another migration reads the suite again,
    and would take it for that: what deviates from it is named.
    ``loop_scope`` gives the planned one of a test, None where it has nothing to do with loops.
    """
    for test in model.tests:
        left = _nearest_left(model, overrides, test)
        planned = loop_scope(test) if left is not None else None
        if left is not None and planned not in (None, model.legacy.override_loop_scope(left)):
            yield test


def _nearest_left(
    model: SuiteModel, overrides: Mapping[Key, OverrideAction], test: Test
) -> FixtureDef | None:
    """Return the override that the test sees afterwards; None where it sees none, or a bridge."""
    chain = [(item, overrides.get(item.key)) for item in model.closures.visible(test, EVENT_LOOP)]
    standing = [
        (item, action) for item, action in chain if action is None or action.kind not in _REPLACED
    ]
    if not standing:
        return None
    item, action = standing[-1]
    return item if action is not None and action.stays else None
