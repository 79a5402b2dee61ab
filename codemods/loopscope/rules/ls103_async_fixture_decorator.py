"""LS103: in strict mode an async fixture is a ``pytest_asyncio.fixture``.

pytest-asyncio's strict mode leaves async fixtures under ``pytest.fixture`` to others, and
pytest 9 makes them errors. ``yield_fixture`` is deprecated since pytest 6.2. Marks on fixtures
never did anything, and pytest 9 refuses them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from loopscope.analysis.file.facts import Fixture, ScopeKind
from loopscope.analysis.suite.classify import can_say_fixture_scope
from loopscope.analysis.suite.fixtures import Key
from loopscope.frozen import frozen
from loopscope.loop_map.other_plugins import of_other_plugins, raw_fixtures
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.planning.conversions import Conversion
from loopscope.planning.sync_reasons import SyncReasons
from loopscope.rules.context import (
    DefinitionEdit,
    Edit,
    Rule,
    RuleContext,
    RuleResult,
    action,
    spell,
)
from loopscope.rules.fixture_edits import fixture_edit, place_of
from loopscope.types import Scope


@frozen
class RemoveMarks(DefinitionEdit):
    """Removes marks from a fixture, where they never did anything."""

    spelled: tuple[str, ...]

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.decorator_lists import remove_decorator

        return remove_decorator(node, self.spelled)


def _marked_fixtures(context: RuleContext) -> Iterator[RuleResult]:
    """Remove marks on fixtures: without effect before, a collection error in pytest 9."""
    if not context.model.uses_plugin:
        return
    for key, function in context.functions():
        marks = [mark for mark in function.marks if mark.name and mark.ordinal == function.ordinal]
        if function.fixture is None or not marks:
            continue
        override_action = context.plan.overrides.get(key)
        if override_action is not None and not override_action.stays:
            continue
        yield RemoveMarks(
            "LS103",
            key.path,
            function.line,
            function.qualname,
            "marks removed: they have no effect on a fixture, and pytest 9 refuses them",
            key.ordinal,
            tuple(mark.spelled for mark in marks),
        )


def check(context: RuleContext) -> Iterator[RuleResult]:
    yield from _marked_fixtures(context)
    foreign = foreign_fixtures(context)
    sync = SyncReasons(context.model)
    moved: set[Key] = set()
    for key, function in context.functions():
        fixture = function.fixture
        conversion = context.plan.converted.get(key)
        if fixture is None or not (conversion or context.model.is_async_fixture(function)):
            continue
        if fixture.origin == "pytest_asyncio.fixture" or key in foreign:
            continue
        if not context.model.uses_plugin:
            continue
        handled = context.model.mode == "auto" and conversion is not Conversion.BOUND
        if handled and not needs_loop_scope(context, key):
            continue
        new, _ = spell(context.files[place_of(key, function)[0]], "pytest_asyncio.fixture")
        message, reason = f"async fixture moved to {new}", ""
        if conversion is Conversion.BOUND:
            message = f"sync fixture moved to {new}, which gives it the loop of its tests"
            reason = sync.reason(key, function)
            message += f" (it stays sync: {reason})" if reason else ""
        comment = f"sync: {reason}" if reason else ""
        edit = fixture_edit(context, "LS103", key, message, comment=comment)
        if isinstance(edit, Edit) and not context.ignores(edit):
            moved.add(key)
        yield edit
    if context.model.uses_plugin:
        raw = {item.key for item in raw_fixtures(context.model)}
        if not raw <= foreign:
            yield from _users_of_raw(context, raw - foreign, moved)


@frozen
class DropAwaits(DefinitionEdit):
    """Uses the value of an argument that was a coroutine."""

    argument: str

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.bodies import drop_awaits

        return drop_awaits(node, self.argument)


def _users_of_raw(context: RuleContext, raw: set[Key], moved: set[Key]) -> Iterator[RuleResult]:
    """Mend the functions that used the raw coroutine which strict mode handed out before.

    Where one only awaits it, in all tests that run it, the ``await`` goes; others are reported.
    """
    uses: dict[tuple[Key, str], set[Key | None]] = defaultdict(set)
    for test in context.model.tests:
        closure = context.model.closure(test)
        fixtures = {item.fixture.name: item.key for item in closure.fixtures}
        asking = [(test.key, test.function)]
        asking += [(item.key, item.function) for item in closure.fixtures]
        for key, function in asking:
            got = frozenset() if function.is_async else frozenset(function.dynamic)
            for name in (function.awaits | function.handed | got) & fixtures.keys():
                uses[key, name].add(fixtures[name] if fixtures[name] in raw else None)
    for (key, name), found in sorted(uses.items()):
        function = context.model.index.function(key)
        if found == {None}:
            continue
        if name in function.only_awaits - function.handed and found <= moved:
            yield DropAwaits(
                "LS103", key.path, function.line, function.qualname,
                f"await dropped: the fixture {name} hands out its value itself now",
                key.ordinal, name,
            )  # fmt: skip
            continue
        how = (
            "awaits the fixture {}, which hands out its value itself now: use it"
            " without await (or async for)"
            if name in function.awaits
            else "hands on the coroutine of the fixture {}, which hands out its value"
            " itself now: use that value"
        )
        yield action("LS103", key.path, function.line, f"{function.qualname} {how.format(name)}")


def needs_loop_scope(context: RuleContext, key: Key) -> bool:
    """Whether LS104 gives the fixture a ``loop_scope`` (auto mode keeps the others as is)."""
    fixture = context.model.index.function(key).fixture
    loop_scope = context.plan.fixtures.get(key)
    if fixture is None or loop_scope is None:
        return False
    if context.plan.suite_style is SuiteStyle.MODERN and key not in context.plan.converted:
        return _says_what_unset_means(context, fixture)
    default = context.plan.fixture_default
    told = fixture.loop_scope in (None, loop_scope) and fixture.scope_kind is ScopeKind.LITERAL
    told = told and default is loop_scope and _is_configured(context, key)
    return (
        (fixture.scope > Scope.FUNCTION and not told)
        or loop_scope is not (default or fixture.scope)
        or key in context.plan.named
    )


def _is_configured(context: RuleContext, key: Key) -> bool:
    """Whether the default for fixtures is written down, and counts in all runs that use it."""
    plan, others = context.plan, context.model.cross_suite
    if context.model.settings.fixture_default is plan.fixture_default:
        return True
    # A suite of fixtures alone gets no configuration: others import what it holds.
    shared = not context.model.own_tests
    shared = shared or others.above is not None or key.path in others.importers
    shared = shared or any(suite.cross_suite.loads_above for suite in others.below.values())
    return plan.fixture_default is plan.default and not shared  # LS201 writes that one


def _says_what_unset_means(context: RuleContext, fixture: Fixture) -> bool:
    """Whether a wider fixture of a modern suite must name its scope as its loop scope.

    Below pytest-asyncio 1.5 no value of the option means "the fixture's own scope".
    """
    settings, cure = context.model.settings, context.plan.foreign.cure
    return (
        (cure is None or cure.fixture_default is None)
        and settings.fixture_option_unset
        and not can_say_fixture_scope(settings, context.options)
        and fixture.scope > Scope.FUNCTION
    )


def foreign_fixtures(context: RuleContext) -> frozenset[Key]:
    """Find the fixtures that only tests of another plugin (anyio, trio) use."""
    return of_other_plugins(context.model)


RULE = Rule(
    "LS103",
    "async-fixture-decorator",
    "async fixtures use pytest_asyncio.fixture in strict mode",
    "0.19",
    check,
)
