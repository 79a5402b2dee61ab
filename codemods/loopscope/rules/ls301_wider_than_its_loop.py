"""LS301: a fixture whose scope is wider than its loop scope.

Its loop would end before it does: pytest-asyncio (0.24 and newer) raises ScopeMismatch.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.file.facts import Function, ScopeKind
from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.rules.context import Rule, RuleContext, RuleResult, action
from loopscope.rules.ls103_async_fixture_decorator import foreign_fixtures, needs_loop_scope
from loopscope.rules.ls315_foreign_loop import cure_edits
from loopscope.types import Scope


def check(context: RuleContext) -> Iterator[RuleResult]:
    if context.cure is not None:
        edits = cure_edits(context, context.plan.foreign)
        yield from (edit for edit in edits if edit.code == "LS301")
        return
    others = foreign_fixtures(context)
    for key, function in context.functions():
        fixture = function.fixture
        if fixture is None or fixture.scope_kind is not ScopeKind.LITERAL:
            continue
        loop_scope, source = _loop_scope(context, function)
        if loop_scope is None or fixture.scope <= loop_scope:
            continue
        if fixture.origin != "pytest_asyncio.fixture" and key in others:
            continue
        if _repaired(context, key):
            continue
        yield action(
            "LS301",
            key.path,
            function.line,
            f"{function.qualname} has scope {fixture.scope.word} but runs on a "
            f"{loop_scope.word} loop{source}: pytest raises ScopeMismatch. Give it "
            f'loop_scope="{fixture.scope.word}" (or wider), or a narrower scope',
        )


def _loop_scope(context: RuleContext, function: Function) -> tuple[Scope | None, str]:
    """Return the loop scope if it is written down, and the place if not on the fixture."""
    fixture = function.fixture
    assert fixture is not None
    modern = context.plan.suite_style is SuiteStyle.MODERN
    handled = modern and context.model.is_async_fixture(function)
    if fixture.origin != "pytest_asyncio.fixture" and not handled:
        return None, ""
    if "loop_scope" in fixture.keywords:
        return fixture.loop_scope, ""
    if modern:
        return context.model.settings.fixture_default, " (asyncio_default_fixture_loop_scope)"
    return None, ""


def _repaired(context: RuleContext, key: Key) -> bool:
    """LS104 widens the loop scope in a legacy suite."""
    return (
        context.plan.suite_style is SuiteStyle.LEGACY
        and context.options.wants("LS104")
        and context.model.uses_plugin
        and needs_loop_scope(context, key)
    )


RULE = Rule(
    "LS301",
    "fixture-wider-than-its-loop",
    "a fixture's scope is wider than its loop scope",
    "0.24",
    check,
)
