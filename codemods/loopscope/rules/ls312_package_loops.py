"""LS312: ``loop_scope="package"``, by which all packages share one loop since 1.0."""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.rules.context import Rule, RuleContext, RuleResult, note
from loopscope.types import Scope

_ADVICE = (
    "since pytest-asyncio 1.0 all packages share one loop. Use module or session loops where "
    "that matters"
)


def check(context: RuleContext) -> Iterator[RuleResult]:
    if context.model.uses_plugin:
        written = dict(_written(context))
        for (path, line), what in {**dict(_emitted(context)), **written}.items():
            yield note("LS312", path, line, f"{what}: {_ADVICE}")


Place = tuple[tuple[str, int], str]


def _written(context: RuleContext) -> Iterator[Place]:
    settings = context.model.settings
    if Scope.PACKAGE in (settings.test_default, settings.fixture_default) and context.config.path:
        yield (context.config.path, 1), "package loops are the configured default"
    for path, facts in context.files.items():
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


def _emitted(context: RuleContext) -> Iterator[Place]:
    """List the tests and fixtures that this migration puts on package loops."""
    if context.plan.suite_style is not SuiteStyle.LEGACY:
        return
    for key, loop_scope in context.plan.fixtures.items():
        function = context.model.index.function(key)
        if loop_scope is Scope.PACKAGE:
            place = (key.path, function.line)
            yield place, f"the fixture {function.qualname} is put on a package loop"
    for test in context.model.tests:
        override = context.model.override_of(test)
        if override is None or context.plan.tests.get(test.id) is not Scope.PACKAGE:
            continue
        key = Key(*override.key)
        if override.fixture.scope is Scope.PACKAGE and not context.plan.stays(key):
            place = (key.path, override.function.line)
            yield place, "the tests of this override are put on package loops"


RULE = Rule(
    "LS312",
    "package-loops",
    'loop_scope="package" is one loop for all packages',
    "1.0",
    check,
)
