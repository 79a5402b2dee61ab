"""Loops of another kind by an ``event_loop_policy`` fixture, where no factory reaches their tests.

pytest-asyncio asks it for each runner that it makes (docs/loop-rules.md, Policies below the root).
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial

from loopscope.analysis.file.loop_kinds import PLAIN, kinds_of, sets_policy
from loopscope.analysis.file.override_facts import OF_BASE, BodyKind, OverrideBody
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.planning.override_actions import by_item
from loopscope.python_source.source import decode
from loopscope.python_source.syntax_tree import parse
from loopscope.types import Scope

_MAKER = re.compile(r"(?:return |= )((?:\w+\.)*\w+)\(")
_OF_POLICY = re.compile(r"(?<![\w.])((?:\w+\.)*\w+)\([^\n()]*\)\.new_event_loop\(\)")
_METHOD = "def new_event_loop("
_ASKING = ("new_event_loop", "get_event_loop", "event_loop_policy", ".run(", "Runner(")
_SETTERS = (b"set_event_loop_policy", b".install()")
_NOWHERE: frozenset[Key] = frozenset()


def policies_for(
    model: SuiteModel, key: Key, tests: Mapping[str, Scope], fixtures: Mapping[Key, Scope]
) -> frozenset[Key]:
    """List the overrides in whose places policies give all tests their kind of loop.

    It counts for all tests that see it. An override that hides this one from its tests and makes
    plain loops gets a policy, too: the default one. The deprecation may fail no test.

    Args:
        model: The suite as it was.
        key: An override that makes loops of another kind.
        tests: The loop scope of each async test, by its id.
        fixtures: That of each async fixture.

    Returns:
        The override, and those that hide it; nothing where a policy does not do the same.
    """
    body = model.index.function(key).override
    if body is None or not _is_policy(body) or _asks_itself(model, key, body):
        return _NOWHERE
    if model.settings.deprecations_fail or _has_policy(model):
        return _NOWHERE
    places = {item for item in model.overrides if item.key == key}
    seen = [(test, model.closures.visible(test, EVENT_LOOP)) for test in model.tests]
    seeing = [(test, items) for test, items in seen if not places.isdisjoint(items)]
    if any(_fails_on_warnings(test) for test, _ in seeing) or not _can_stand(model, places):
        return _NOWHERE
    everywhere = len(seeing) == len(seen)
    if sets_policy(body):
        # An override elsewhere must have made plain loops by the policy that this one sets.
        known = (kinds_of(body), PLAIN)
        others = {item for _, items in seeing for item in items if item.key != key}
        same = all(kinds_of(item.function.override) in known for item in others)
        return frozenset({key}) if everywhere and same else _NOWHERE
    own: list[Test] = []
    hiding: dict[Key, list[Test]] = defaultdict(list)
    for test, items in seeing:
        number = next(number for number, item in enumerate(items) if item in places)
        outer, inner = items[:number], items[number + 1 :]
        if not {kinds_of(item.function.override) for item in outer} <= {PLAIN, kinds_of(body)}:
            return _NOWHERE  # a loop factory for those would count here, too
        kinds = {kinds_of(item.function.override) for item in inner}
        if kinds <= {kinds_of(body)}:
            own.append(test)
        elif kinds == {PLAIN} and _is_plain(inner[0]):
            hiding[inner[0].key].append(test)
        else:
            return _NOWHERE
    if (hiding or _uses_base(body)) and _sets_policies(model):
        return _NOWHERE  # the plain loops may be of that policy
    narrow = partial(_are_narrow, model, tests, fixtures)
    wide = not narrow(own, places)
    if wide and not everywhere:
        return _NOWHERE  # while that loop is there, the other tests would get its policy
    fit = all(_fits_below(model, one, below, narrow, wide=wide) for one, below in hiding.items())
    return frozenset({key, *hiding}) if fit else _NOWHERE


def _fits_below(
    model: SuiteModel,
    key: Key,
    below: Iterable[Test],
    narrow: Callable[[Iterable[Test], Collection[FixtureDef]], bool],
    *,
    wide: bool,
) -> bool:
    """Whether the default policy can stand for an override, and makes the loops of its tests.

    One runner of the session would serve them and those of the other policy, where that is wide.
    """
    places = {item for item in model.overrides if item.key == key}
    if not _can_stand(model, places):
        return False
    return narrow(below, places) if wide or _of_class(places) else True


def _is_policy(body: OverrideBody) -> bool:
    if by_item(body) or not all(variant.makes_policy for variant in body.variants):
        return False
    return len(body.variants) == 1 or all(variant.policy for variant in body.variants)


def _uses_base(body: OverrideBody) -> bool:
    return any(OF_BASE in text for variant in body.variants for text in variant.method)


def _sets_policies(model: SuiteModel) -> bool:
    """Whether some code of the suite may set another policy than the default one."""
    return any(word in text for text in model.texts.values() for word in _SETTERS)


def _is_plain(item: FixtureDef) -> bool:
    """Whether a default policy does what an override did."""
    body = item.function.override
    return body is not None and body.kind is BodyKind.PLAIN and item.function.is_own


def _are_narrow(
    model: SuiteModel,
    tests: Mapping[str, Scope],
    fixtures: Mapping[Key, Scope],
    seeing: Iterable[Test],
    places: Collection[FixtureDef],
) -> bool:
    """Whether no loop of some tests is shared with others, which may not see their policy."""
    limit = Scope.CLASS if _of_class(places) else Scope.MODULE
    return all(
        tests.get(test.id, Scope.FUNCTION) <= limit
        and all(
            max(item.fixture.scope, fixtures.get(item.key, Scope.FUNCTION)) <= limit
            for item in model.closure(test).fixtures
            if item.key in fixtures or item in places
        )
        for test in seeing
    )


def _of_class(places: Collection[FixtureDef]) -> bool:
    return any(place.in_class for place in places)


def _can_stand(model: SuiteModel, places: Collection[FixtureDef]) -> bool:
    """Whether a fixture in the place of an override is seen where that was."""
    for place in places:
        if place.in_class:
            if place.base_id.count("::") > 1 or _is_hidden_in_class(model, place):
                return False
        elif place.file != place.key.path and _is_assigned(model, place.key):
            return False
    return True


def _is_hidden_in_class(model: SuiteModel, place: FixtureDef) -> bool:
    """Whether a class that inherits the override, or one inside of it, has another one."""
    owner = Key(place.key.path, place.function.class_ordinal or 0)
    return any(
        (model.override_of(test) or place).key != place.key
        for test in model.tests
        if any(owner in model.index.mro(cls) for cls in test.classes)
    )


def _is_assigned(model: SuiteModel, key: Key) -> bool:
    """Whether an assignment, and no import, registers the override somewhere."""
    return any(
        bound.name == EVENT_LOOP
        and (model.index.module_fixtures(path).get(EVENT_LOOP) or (None,))[0] == key
        for path, facts in model.files.items()
        for bound in facts.assigned
    )


def _has_policy(model: SuiteModel) -> bool:
    return any(f.policy is not None for facts in model.files.values() for f in facts.functions)


def _fails_on_warnings(test: Test) -> bool:
    """Whether a mark makes an error of the warning that the fixture is deprecated."""
    return any(
        mark.name == "filterwarnings" and any(text.startswith("error") for text in mark.strings)
        for mark in test.marks
    )


def _asks_itself(model: SuiteModel, key: Key, body: OverrideBody) -> bool:
    """Whether what makes the loop may ask the policy for it: that would ask itself."""
    made = [one.method[0] for one in body.variants if not one.policy]
    names = {name for text in made for name in _MAKER.findall(text)} - {"super"}
    graph, running = model.closures.call_graph, [key]
    for name in {name for text in made for name in _OF_POLICY.findall(text)} - {"super"}:
        method = graph.find(key.path, f"{name}.new_event_loop")
        if method is None:
            return True
        running.append(method)
    for name in names:
        if not name.rpartition(".")[2][:1].isupper():
            function = graph.find(key.path, name)
            if function is None or model.index.function(function).decorators:
                return True
    sources = (text for one in running for text in _sources(model, one))
    return bool(names) and any(word in text for text in sources for word in _ASKING)


def _sources(model: SuiteModel, key: Key) -> Iterator[str]:
    """Yield the source of the functions and classes of the suite by which a function works."""
    graph, index = model.closures.call_graph, model.index
    lines = [(one.path, index.function(one).line) for one in graph.of(key)]
    lines += [(one.path, index.cls(one).line) for one in graph.made(key)]
    for path, line in lines:
        for node in ast.walk(parse(decode(model.texts.get(path, b"")).text)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.lineno == line:
                text = "\n".join(map(ast.unparse, node.body))
                yield text.replace(_METHOD, "").replace(OF_BASE, "")
