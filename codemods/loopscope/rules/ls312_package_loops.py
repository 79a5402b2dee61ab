"""LS312: ``loop_scope="package"``, by which all packages share one loop since 1.0."""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.suite.fixtures import Key
from loopscope.analysis.suite.suite_model import Era
from loopscope.rules.context import Case, Outcome, Rule, note
from loopscope.types import Scope

_ADVICE = (
    "since pytest-asyncio 1.0 all packages share one loop. Use module or session loops where "
    "that matters"
)


def decide(case: Case) -> Iterator[Outcome]:
    if case.reading.uses_plugin:
        written = dict(_written(case))
        for (path, line), what in {**dict(_emitted(case)), **written}.items():
            yield note("LS312", path, line, f"{what}: {_ADVICE}")


Place = tuple[tuple[str, int], str]


def _written(case: Case) -> Iterator[Place]:
    settings = case.reading.settings
    if Scope.PACKAGE in (settings.test_default, settings.fixture_default) and case.config.path:
        yield (case.config.path, 1), "package loops are the configured default"
    for path, facts in case.files.items():
        marks = [*facts.marks, *(mark for item in facts.functions for mark in item.marks)]
        marks += [mark for item in facts.classes for mark in item.marks]
        marks += [mark for found in facts.mark_variables.values() for mark in found]
        for mark in marks:
            if mark.name == "asyncio" and mark.loop_scope is Scope.PACKAGE:
                yield (mark.path or path, mark.line), "tests with a package loop"
        for function in facts.functions:
            if function.fixture is not None and function.fixture.loop_scope is Scope.PACKAGE:
                place = (path, function.line)
                yield place, f"the fixture {function.qualname} runs on a package loop"


def _emitted(case: Case) -> Iterator[Place]:
    """What this migration puts on package loops."""
    if case.plan.era is not Era.LEGACY:
        return
    for key, level in case.plan.fixtures.items():
        function = case.reading.tree.function(key)
        if level is Scope.PACKAGE:
            place = (key.path, function.line)
            yield place, f"the fixture {function.qualname} is put on a package loop"
    for test in case.reading.tests:
        override = case.reading.override_of(test)
        if override is None or case.plan.tests.get(test.id) is not Scope.PACKAGE:
            continue
        key = Key(*override.key)
        if override.fixture.scope is Scope.PACKAGE and not case.plan.stays(key):
            place = (key.path, override.function.line)
            yield place, "the tests of this override are put on package loops"


RULE = Rule(
    "LS312",
    "package-loops",
    'loop_scope="package" is one loop for all packages',
    "1.0",
    decide,
)
