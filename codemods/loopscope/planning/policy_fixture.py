"""Loops of another kind by an ``event_loop_policy`` fixture, where no factory reaches their tests.

pytest-asyncio asks it for each runner that it makes (docs/loop-rules.md, Policies below the root).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from loopscope.analysis.file.loop_kinds import PLAIN, kinds_of, sets_policy
from loopscope.analysis.file.override_facts import OverrideBody
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.planning.override_actions import by_item
from loopscope.python_source.source import decode
from loopscope.python_source.syntax_tree import parse
from loopscope.types import Scope

_CLASS = re.compile(r"(?:return |= )((?:\w+\.)*[A-Z]\w*)\(")
_ASKING = ("new_event_loop", "get_event_loop", "event_loop_policy", ".run(", "Runner(")


def policy_does(
    model: SuiteModel,
    key: Key,
    places: Sequence[FixtureDef],
    tests: Mapping[str, Scope],
    fixtures: Mapping[Key, Scope],
) -> bool:
    """Whether a policy gives all tests their kind of loop, and its deprecation fails none.

    It counts for all tests that see it: an override elsewhere that makes plain loops must have
    made them by the policy that this one sets, and by no other.
    """
    body = model.index.function(key).override
    if body is None or by_item(body) or not all(one.makes_policy for one in body.variants):
        return False
    if len(body.variants) > 1 and not all(variant.policy for variant in body.variants):
        return False
    if any(place.file != place.key.path or place.in_class for place in places):
        return False
    if (
        model.settings.deprecations_fail
        or _has_policy(model)
        or _asks_itself(model, key.path, body)
    ):
        return False
    visible = {test.id: model.closures.visible(test, EVENT_LOOP) for test in model.tests}
    seeing = [test for test in model.tests if not {*places}.isdisjoint(visible[test.id])]
    if any(_fails_on_warnings(test) for test in seeing):
        return False
    sets = sets_policy(body)
    narrow = partial(_narrow_loops, model, seeing, tests, fixtures)
    if len(seeing) < len(model.tests) and (sets or not narrow()):
        return False
    kinds = kinds_of(body)
    there = {item for test in seeing for item in visible[test.id]}
    return all(
        item.key == key
        or kinds_of(item.function.override) in ([kinds, PLAIN] if sets else [kinds])
        for item in model.overrides
        if item in there
    )


def _narrow_loops(
    model: SuiteModel,
    seeing: Sequence[Test],
    tests: Mapping[str, Scope],
    fixtures: Mapping[Key, Scope],
) -> bool:
    """Whether no loop of these tests is shared by modules: others may not see the policy."""
    return all(
        tests.get(test.id, Scope.FUNCTION) <= Scope.MODULE
        and all(
            max(item.fixture.scope, fixtures.get(item.key, Scope.FUNCTION)) <= Scope.MODULE
            for item in model.closure(test).fixtures
            if model.is_async_fixture(item.function) or model.is_override(item.function)
        )
        for test in seeing
    )


def _has_policy(model: SuiteModel) -> bool:
    return any(f.policy is not None for facts in model.files.values() for f in facts.functions)


def _fails_on_warnings(test: Test) -> bool:
    """Whether a mark makes an error of the warning that the fixture is deprecated."""
    return any(
        mark.name == "filterwarnings" and any(text.startswith("error") for text in mark.strings)
        for mark in test.marks
    )


def _asks_itself(model: SuiteModel, path: str, body: OverrideBody) -> bool:
    """Whether the class of a loop makes loops: the policy would ask itself for them."""
    names = (
        name
        for variant in body.variants
        if not variant.policy
        for name in _CLASS.findall("\n".join(variant.method))
    )
    return any(
        word in text for name in names for text in _classes(model, path, name) for word in _ASKING
    )


def _classes(model: SuiteModel, path: str, name: str) -> Iterator[str]:
    """Yield the source of a class of the suite, and of its bases there."""
    found = model.index.find_class(path, name)
    for key in model.index.mro(found) if found is not None else ():
        tree = parse(decode(model.texts.get(key.path, b"")).text)
        wanted = model.index.cls(key).name
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name == wanted:
                yield ast.unparse(node)
