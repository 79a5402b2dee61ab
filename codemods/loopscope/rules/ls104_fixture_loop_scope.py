"""LS104: async fixtures name their loop scope.

On 0.21 a fixture ran on the loop of the test that set it up. Since pytest-asyncio 0.24 it
runs on the loop of its own ``loop_scope``, which must be that of its tests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from loopscope.analysis.suite.fixtures import Key
from loopscope.rules.context import Rule, RuleContext, RuleResult, action, note
from loopscope.rules.fixture_edits import fixture_edit
from loopscope.rules.ls103_async_fixture_decorator import foreign_fixtures, needs_loop_scope
from loopscope.rules.trace_notes import external_loops
from loopscope.types import Safety, Scope

_SHARED = (
    "tests of several loop scopes share this fixture, so all of them move to the widest, {}. {}"
)
_KEEP = "To keep them apart, define the fixture anew where the narrower tests are"
_SAFE = "Define the fixture anew where the narrower tests are, or migrate without --safe-only"


def check(context: RuleContext) -> Iterator[RuleResult]:
    yield from external_loops(context)
    moved = _moved(context)
    foreign = foreign_fixtures(context)
    shared = _shared(context)
    for key, loop_scope in context.plan.fixtures.items():
        function = context.model.index.function(key)
        fixture = function.fixture
        assert fixture is not None
        if key in foreign and fixture.origin != "pytest_asyncio.fixture":
            continue  # it stays a pytest.fixture, which knows no loop_scope
        careful = context.options.safe_only or key.path in context.plan.careful
        if key in moved and careful:
            yield action("LS104", key.path, function.line, _SHARED.format(loop_scope.word, _SAFE))
        wanted = context.model.uses_plugin and needs_loop_scope(context, key)
        if fixture.loop_scope is loop_scope or not wanted:
            if key in moved and not careful:
                yield note(
                    "LS104", key.path, function.line, _SHARED.format(loop_scope.word, _KEEP)
                )
            continue
        message = f"loop_scope {loop_scope.word}, the loop of the tests that use it"
        if key not in shared and fixture.scope is loop_scope:
            message = f"loop_scope {loop_scope.word}, since its scope allows no narrower one"
        safety = Safety.SAFE
        if key in moved:
            message += "; tests of several loop scopes share it, so they move to the widest"
            safety = Safety.ASSUMPTION
        value = f'"{loop_scope.word}"'
        yield fixture_edit(
            context, "LS104", key, message, keywords={"loop_scope": value}, safety=safety
        )


def _shared(context: RuleContext) -> set[Key]:
    """Fixtures on the loop of an async test that uses them, or that no such test uses."""
    plan = context.plan
    found: dict[Key, set[Scope]] = defaultdict(set)
    for test in context.model.tests:
        if test.id in plan.tests:
            for item in context.model.closure(test).fixtures:
                found[item.key].add(plan.tests[test.id])
    return {key for key, scope in plan.fixtures.items() if scope in found.get(key, (scope,))}


def _moved(context: RuleContext) -> set[Key]:
    """Fixtures with a test that moved to a wider loop than it had."""
    found: set[Key] = set()
    for test in context.model.tests:
        if test.id in context.plan.widened:
            found.update(item.key for item in context.model.closure(test).fixtures)
    return found


RULE = Rule(
    "LS104",
    "fixture-loop-scope",
    "async fixtures name the loop scope of their tests",
    "0.24",
    check,
)
