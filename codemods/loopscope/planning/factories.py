"""Loops of another kind by a ``pytest_asyncio_loop_factories`` hook.

The hook is written to a conftest and reaches the async tests below it; the nearest one wins. The
runner of a wide loop is rebuilt whenever the factory changes from one test to the next
(docs/loop-rules.md, Loop factories).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from posixpath import basename, dirname

from loopscope.analysis.file.factory_hooks import FACTORIES_HOOK
from loopscope.analysis.file.override_facts import BodyKind
from loopscope.analysis.suite.fixtures import (
    FixtureDef,
    Key,
    Test,
    conftest_base_id,
    directory_base_ids,
)
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.planning.override_actions import (
    BY_REQUEST,
    KIND,
    ActionKind,
    OverrideAction,
    by_item,
    is_imported,
    manual,
)
from loopscope.planning.policy_fixture import policies_for
from loopscope.types import Scope


def choose_factory(
    model: SuiteModel,
    key: Key,
    concerned: Iterable[Test],
    tests: Mapping[str, Scope],
    fixtures: Mapping[Key, Scope],
) -> OverrideAction:
    """Whether the hook gives every test of this override its loop, and no other test.

    Args:
        reading: The suite as it was.
        key: An override whose body alone allows a factory.
        concerned: The tests that have to do with loops.
        tests: The loop scope of each async test, by its id.
        fixtures: That of each async fixture.

    Returns:
        FACTORY, with the conftest of the hook where the override does not stand in it, or
        MANUAL with the reason.
    """
    if any(f.name == FACTORIES_HOOK for facts in model.files.values() for f in facts.functions):
        return manual(
            f"{KIND}, and the suite has a pytest_asyncio_loop_factories hook already: let that"
            " return the factory for these tests, too"
        )
    places = [item for item in model.overrides if item.key == key]
    if is_imported(places) and not _by_one_conftest(places):
        return OverrideAction(
            ActionKind.MANUAL,
            f"{KIND}, and is imported by name",
            policies=policies_for(model, key, tests, fixtures),
        )
    hook = _hook(model, places)
    covered: set[str] = set()
    others: list[Test] = []
    sync: list[str] = []
    for test in concerned:
        override = model.override_of(test)
        if override is None or override.key != key:
            others.append(test)
        elif test.id not in tests:
            sync.append(test.function.qualname)
        else:
            covered.add(test.id)
    if sync:
        return OverrideAction(
            ActionKind.MANUAL,
            f"{KIND}, and sync tests use it: loop factories reach async tests only",
            policies=policies_for(model, key, tests, fixtures),
            blocked_by=tuple(dict.fromkeys(sync)),
        )
    if any(tests[test] > Scope.FUNCTION for test in covered) and covered != set(tests):
        return _of_a_part(model, key, tests, fixtures)
    body = model.index.function(key).override
    if body is not None and by_item(body):
        wide = any(tests[test] > Scope.FUNCTION for test in covered)
        users = [test for test in concerned if test.id in covered]
        of_params = any(mark.inside for test in users for mark in test.marks)
        # The runner of a wide loop would be rebuilt between tests, and the hook knows no params.
        if hook or wide or of_params:
            return manual(BY_REQUEST)
    if hook and not places[0].in_module:
        return _by_import(model, places[0], hook, _beside(model, places, others, tests))
    if not hook:
        return _beside(model, places, others, tests)
    return _narrow(model, places, hook, tests, fixtures)


def _of_a_part(
    model: SuiteModel,
    key: Key,
    tests: Mapping[str, Scope],
    fixtures: Mapping[Key, Scope],
) -> OverrideAction:
    return OverrideAction(
        ActionKind.MANUAL,
        f"{KIND} for a part of the suite, and loops are wider than function: the runner would be"
        " rebuilt between tests",
        policies=policies_for(model, key, tests, fixtures),
    )


def _by_one_conftest(places: Sequence[FixtureDef]) -> bool:
    return len({item.file for item in places}) == 1 and basename(places[0].file) == "conftest.py"


def _hook(model: SuiteModel, places: Iterable[FixtureDef]) -> str:
    """Find the nearest conftest above a module's override, "" if the override is in one.

    One that a conftest imports has its hook there.
    """
    for place in places:
        if not place.in_module and place.file != place.key.path:
            return place.file
        if place.in_module:
            folders = [dirname(place.key.path)]
            while folders[-1]:
                folders.append(dirname(folders[-1]))
            conftests = [
                f"{folder}/conftest.py" if folder else "conftest.py" for folder in folders
            ]
            return next((path for path in conftests if path in model.files), conftests[0])
    return ""


def _beside(
    model: SuiteModel,
    places: Iterable[FixtureDef],
    others: Iterable[Test],
    tests: Mapping[str, Scope],
) -> OverrideAction:
    """Decide on a conftest's override, whose factory every async test below it gets."""
    base_ids = {place.base_id for place in places}
    for test in others:
        override = model.override_of(test)
        if test.id not in tests or not base_ids & {"", *directory_base_ids(test.module)}:
            continue
        if override is None or not _makes_factory(override):
            return manual(
                f"{KIND}, and {test.function.qualname} below it has a loop of its own: let a "
                "pytest_asyncio_loop_factories hook look at its item"
            )
    return OverrideAction(ActionKind.FACTORY)


def _by_import(
    model: SuiteModel, place: FixtureDef, hook: str, chosen: OverrideAction
) -> OverrideAction:
    """Decide on an override that the hook's conftest imports."""
    if chosen.kind is not ActionKind.FACTORY:
        return chosen
    missing = _not_for_conftests(model, place)
    if missing:
        return manual(f"{KIND} out of {missing}, and is imported by name")
    return OverrideAction(ActionKind.FACTORY, hook=hook)


def _not_for_conftests(model: SuiteModel, place: FixtureDef) -> str:
    """Name something out of which an override makes its loops, and that it does not import."""
    body = place.function.override
    assert body is not None
    imports = model.files[place.key.path].imports
    bound = {item.name for item in imports if not item.module.startswith(".")}
    return min((name for one in body.variants for name in one.names - bound), default="")


def _narrow(
    model: SuiteModel,
    places: Sequence[FixtureDef],
    hook: str,
    tests: Mapping[str, Scope],
    fixtures: Mapping[Key, Scope],
) -> OverrideAction:
    """Decide on a module's or class's override; the hook knows its tests by their place."""
    place = places[0]
    if any(_makes_factory(other) and not other.in_module for other in model.overrides):
        return manual(f"{KIND}, and so does an override in a conftest")
    if any(loop_scope > Scope.FUNCTION for loop_scope in tests.values()):
        return _of_a_part(model, place.key, tests, fixtures)
    if not name_below(model, place.key.path, hook):
        name = basename(place.key.path)
        return manual(f"{KIND} in a module whose name {name} is not the only one below {hook}")
    missing = _not_for_conftests(model, place)
    if missing:
        return manual(f"{KIND} out of {missing}, which no conftest can import")
    if len(places) > 1:
        return manual(f"{KIND} in a class that other classes inherit from")
    for test in model.tests:
        if test.id in tests and place.base_id in test.base_ids:
            override = model.override_of(test)
            direct = not place.in_class or test.base_ids[-1] == place.base_id
            if override is None or override.key != place.key or not direct:
                return manual(f"{KIND}, but not for {test.function.qualname} beside it")
    return OverrideAction(ActionKind.FACTORY, hook=hook)


def name_below(model: SuiteModel, path: str, hook: str) -> str:
    """Return the shortest end of a path that no other file below the hook's conftest has.

    "" where the whole path is the end of another one.
    """
    below = conftest_base_id(hook).removeprefix("./")
    others = [f"/{other}" for other in model.files if other.startswith(below) and other != path]
    parts = path.split("/")
    for number in range(1, len(parts) + 1):
        name = "/".join(parts[-number:])
        if not any(other.endswith(f"/{name}") for other in others):
            return name
    return ""


def _makes_factory(override: FixtureDef) -> bool:
    body = override.function.override
    return body is not None and body.kind is BodyKind.FACTORY
