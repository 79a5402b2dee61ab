"""Code that decides while tests run of what kind loops are: it sets an event loop policy.

pytest-asyncio 1.x takes the policy once, before the fixtures of the first test. What is set later
counted for all loops that 0.21 made from then on, and counts for none on 1.x.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.file.facts import Function, Hazard
from loopscope.analysis.file.loop_kinds import DEFAULT
from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.analysis.suite.mention_graph import SET_UPS
from loopscope.frozen import frozen
from loopscope.loop_map.model import TestLoops
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.types import Scope

RESTORED = "restored"  # the policy that was there before, or the default one
ALWAYS = "always"  # set whenever the function is called
PLATFORM = "platform"  # set on some platforms
CALLER = "caller"  # set where what the function gets says so
_SET_UPS = frozenset({"setUpClass", "setUpModule", "setUp"}) | SET_UPS
_FIRST = ("pytest_runtest_setup", "pytest_runtest_protocol", "pytest_runtest_logstart")
_HOOKS = ("pytest_runtest_", "pytest_fixture_", "pytest_pyfunc_call")


@frozen
class PolicySetter:
    """A function that pytest runs and that sets a policy, itself or through what it calls."""

    key: Key
    function: Function
    hazard: Hazard  # where it is set, perhaps in another file
    path: str


def setters(model: SuiteModel) -> Iterator[PolicySetter]:
    """Yield the functions that set a policy of another kind, in the order of the files."""
    places = {
        Key(path, hazard.ordinal): (path, hazard)
        for path, facts in model.files.items()
        for hazard in reversed(facts.hazards)
        if hazard.code == "LS106" and hazard.ordinal is not None and is_setter(hazard)
    }
    if not places:
        return
    managers = {  # context managers of the suite
        key: function.name
        for key, function in ((key, model.index.function(key)) for key in places)
        if function.is_generator and function.fixture is None
    }
    for path, facts in model.files.items():
        for function in facts.functions:
            if model.is_override(function) or function.policy is not None:
                continue
            key = Key(path, function.ordinal)
            called = [key, *model.closures.call_graph.of(key)]
            if managers:
                names = {name.rpartition(".")[2] for name in function.calls}
                called += [one for one, name in managers.items() if name in names]
            found = next((places[one] for one in called if one in places), None)
            if found is not None:
                yield PolicySetter(key, function, found[1], found[0])


def is_setter(hazard: Hazard) -> bool:
    """Whether what rule LS106 has found in a file sets a policy."""
    return hazard.detail.split()[0].endswith(("set_event_loop_policy", "install"))


def affected(model: SuiteModel, setter: PolicySetter) -> Test | None:
    """Find a test whose loop was of the kind on 0.21, and is of the default kind on 1.x.

    pytest-asyncio 0.21 made the loop of an async test before its fixtures. So the kind is that of
    loops which are made after the first test that runs the code.
    """
    function = setter.function
    reached = [test for test in model.tests if _runs(model, setter, test)]
    if not reached:
        return None
    restored = RESTORED in setter.hazard.detail
    if restored and (function.fixture is None or function.fixture.scope is Scope.FUNCTION):
        return None
    legacy = model.suite_style is SuiteStyle.LEGACY
    if not legacy and PLATFORM in setter.hazard.detail:
        return None  # what holds elsewhere is right here
    loops = model.legacy_map if legacy else model.modern_map
    met = [
        (test, loops[test.id])
        for test in (reached if restored else model.tests)
        if test.id in loops and _is_default(model, test, loops[test.id], legacy=legacy)
    ]
    first_is_sync = reached[0].id not in loops
    return next(
        (
            test
            for test, item in met
            if first_is_sync or any(loop.scope is not Scope.SESSION for loop in item.all)
        ),
        None,
    )


def _is_default(model: SuiteModel, test: Test, loops: TestLoops, *, legacy: bool) -> bool:
    """Whether nothing but a policy decides of what kind the loops of a test are."""
    kinds = model.modern.kinds(test, is_async=loops.own is not None)
    if legacy:
        kinds |= loops.kinds
    return kinds == {DEFAULT}


def _runs(model: SuiteModel, setter: PolicySetter, test: Test) -> bool:
    """Whether the code is run in the set-up of a test, or in the test."""
    key, function = setter.key, setter.function
    if function.fixture is not None:
        return any(item.key == key for item in model.closure(test).fixtures)
    if test.key == key:
        return True
    if function.name in _SET_UPS:
        if function.class_ordinal is None:
            return test.module == key.path
        owner = Key(key.path, function.class_ordinal)
        return any(owner in model.index.mro(cls) for cls in test.classes)
    if not function.name.startswith(_HOOKS) or function.is_method:
        return False
    if key.path not in (*model.index.conftests, *model.index.plugins):
        return False
    early = function.name in _FIRST and ALWAYS in setter.hazard.detail
    return not early or "/" in key.path  # else it is set before the first test takes the policy


def builds_on_policy(model: SuiteModel, override: Key) -> PolicySetter | None:
    """Find what sets a policy before an override makes its loop: a fixture that it asks for."""
    queue, seen = [*model.index.function(override).parameters], set[str]()
    known = {setter.key: setter for setter in setters(model)} if queue else {}
    if not known:
        return None
    places = {item for item in model.overrides if item.key == override}
    test = next((test for test in model.tests if model.override_of(test) in places), None)
    if test is None:
        return None
    while queue:
        name = queue.pop()
        found = model.closures.visible(test, name)
        if name in seen or not found or found[-1].key.is_external:
            continue
        seen.add(name)
        if found[-1].key in known:
            return known[found[-1].key]
        queue += found[-1].function.parameters
    return None
