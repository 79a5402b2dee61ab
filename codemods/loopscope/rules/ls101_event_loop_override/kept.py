"""LS101 for an override that stays: shared by several suites, or met by sync code only.

An override in another suite's file is never changed: this suite only takes its own import of it
back. An override here that others import stays until none does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from loopscope.analysis.file.calls import CURRENT_LOOP
from loopscope.analysis.file.facts import Function, Place
from loopscope.analysis.file.override_facts import BodyKind
from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.planning.override_actions import OverrideAction
from loopscope.rules.context import RuleContext, RuleResult, action, first_of, note, spell
from loopscope.rules.fixture_edits import fixture_edit
from loopscope.rules.ls101_event_loop_override.ordinary import said_of_ordinary
from loopscope.rules.ls101_event_loop_override.override_edits import SetCurrentLoop


def from_elsewhere(
    context: RuleContext, key: Key, override_action: OverrideAction
) -> Iterator[RuleResult]:
    """Report an override in another suite's file that is still needed here."""
    if not override_action.stays or not key.path.startswith("../"):
        return
    override = context.model.index.function(key)
    path, line = _place(context, key)
    yield action(
        "LS101",
        path,
        line,
        f"event_loop comes from {key.path}:{override.line}, outside of this suite, and cannot be"
        f" replaced automatically: {override_action.reason or 'sync code uses it'}. Write an"
        " async fixture of the same scope in a conftest of this suite that does what it did",
    )


def for_others(context: RuleContext, key: Key, function: Function) -> RuleResult | None:
    """Why an override of this suite stays as it is; None where it need not."""
    fixture_defs = [item for item in context.model.overrides if item.key == key]
    importers = {item.file for item in fixture_defs if item.file in context.model.cross_suite}
    importers |= set(context.model.cross_suite.importers.get(key.path, ()))
    importers |= {prefix for prefix in _below(context, key) if _loads_above(context, prefix)}
    if importers:
        return note(
            "LS101",
            key.path,
            function.line,
            f"this event_loop stays, since other suites take it from here ({_some(importers)}):"
            " delete it when they are migrated. From pytest-asyncio 1.0 on it has no effect",
        )
    if not fixture_defs:
        index = context.model.index
        nobodys = key in index.hidden or key in index.shadowed
        nobodys = nobodys or _shadowed(context, key, function, conditional=False)
        nobodys = nobodys or (
            function.conditional and _shadowed(context, key, function, conditional=True)
        )
        return None if nobodys else _unregistered(context, key, function)
    return _without_tests(context, key, function)


def run_from_here(context: RuleContext, key: Key, function: Function) -> Iterator[RuleResult]:
    """Say that suites below load a conftest only when pytest runs in the folder of this one."""
    prefixes = _below(context, key)
    if prefixes:
        yield note(
            "LS101",
            key.path,
            function.line,
            f"{_some(prefixes)}: run by itself, pytest does not load this conftest there; what"
            " changes here counts for runs of pytest in this folder",
        )


def _shadowed(context: RuleContext, key: Key, function: Function, *, conditional: bool) -> bool:
    """Whether a later definition of the same place takes its name, so that nobody gets it.

    Of several that are ``conditional`` each may be the one that tests get.
    """
    return any(
        later.ordinal > function.ordinal
        and later.class_ordinal == function.class_ordinal
        and later.name == function.name
        and later.conditional is conditional
        for later in context.files[key.path].functions
    )


def _unregistered(context: RuleContext, key: Key, function: Function) -> RuleResult:
    place = ("LS101", key.path, function.line)
    model = context.model
    modern = model.suite_style is SuiteStyle.MODERN and not _may_be_registered(context)
    if modern or not any(map(model.is_async_test, model.own_tests)):
        return note(
            *place,
            "no test here uses this event_loop, so it stays: delete it when no other suite takes"
            " it from here. From pytest-asyncio 1.0 on it has no effect",
        )
    return action(
        *place,
        "no test is seen to use this event_loop, so it stays and nothing allows for its scope:"
        " delete it, or name this module in pytest_plugins of the conftest whose tests use it, and"
        " run loopscope again. Where other projects use it, # loopscope: ignore[LS101] says so",
    )


def _may_be_registered(context: RuleContext) -> bool:
    """Whether plugins that nobody can list may be among the files of the suite."""
    index = context.model.index
    return any(
        "pytest_plugins" in place.detail
        for path in (*index.conftests, *index.test_modules, *index.plugins)
        for place in context.files[path].unread
    ) or any(
        b"pluginmanager" in context.contents.get(path, b"")
        for path in (*index.conftests, *index.plugins)
    )


def _without_tests(context: RuleContext, key: Key, function: Function) -> RuleResult | None:
    prefixes = _below(context, key)
    if not prefixes or any(_meets(context, key)):
        return None
    return action(
        "LS101",
        key.path,
        function.line,
        f"no async test runs with this event_loop: {_some(prefixes)} have their own configuration,"
        " and do not load this conftest when pytest runs there; when it runs in this folder, it"
        " does not run their async tests. Delete it, or say here how they are run (asyncio_mode),"
        " and run loopscope again",
    )


def _loads_above(context: RuleContext, prefix: str) -> bool:
    return context.model.cross_suite.below[prefix].cross_suite.loads_above


def _below(context: RuleContext, key: Key) -> list[str]:
    """List the suites below in which the override counts when pytest runs in this folder."""
    fixture_defs = [item for item in context.model.overrides if item.key == key]
    return sorted(
        prefix
        for prefix in context.model.cross_suite.below
        if any(prefix.startswith(item.base_id.removeprefix("./")) for item in fixture_defs)
    )


def _meets(context: RuleContext, key: Key) -> Iterator[bool]:
    """Yield for each test that may run on a loop whether it sees the override."""
    for test in context.model.tests:
        override = context.model.override_of(test)
        own = test.module not in context.model.cross_suite
        yield (
            override is not None
            and override.key == key
            and (own or context.model.is_async_test(test))
        )


def _place(context: RuleContext, key: Key) -> tuple[str, int]:
    """Find the import of the override in this suite, else its configuration."""
    for item in context.model.overrides:
        if (
            item.key == key
            and item.file in context.files
            and item.file not in context.model.cross_suite
        ):
            for bound in context.files[item.file].bindings:
                if bound.attribute in (context.model.index.function(key).name, "*"):
                    return item.file, bound.line
    return context.config.path or "conftest.py", 1


def _some(names: Collection[str]) -> str:
    return first_of([name.rstrip("/") for name in sorted(names)])


def keep_ordinary(context: RuleContext, key: Key, function: Function) -> Iterator[RuleResult]:
    """Keep the override as an ordinary fixture, with the edits that it needs for that."""
    yield said_of_ordinary(context, key, function)
    yield from _plain_fixture(context, key, function)
    body = function.override
    assert body is not None
    itself = _needs_its_own(context, key)
    if (
        body.sets_current
        or context.plan.suite_style is not SuiteStyle.LEGACY
        or not (itself or _asks_current(context))
    ):
        return
    if (body.kind is BodyKind.OTHER and not itself) or not function.is_own:
        yield action(
            "LS101",
            key.path,
            function.line,
            "sync code asks for the current loop, and pytest-asyncio no longer sets this one: "
            "call asyncio.set_event_loop() with it here, and with None at the end",
        )
        return
    setter, needs = spell(context.files[key.path], "asyncio.set_event_loop")
    yield SetCurrentLoop(
        "LS101",
        key.path,
        function.line,
        function.qualname,
        "the fixture sets its loop as the current one; pytest-asyncio no longer does",
        function.ordinal,
        setter,
        needs=needs,
    )


def _plain_fixture(context: RuleContext, key: Key, function: Function) -> Iterator[RuleResult]:
    """``pytest_asyncio.fixture`` would bind the sync function to a loop of its own."""
    fixture = function.fixture
    if fixture is None or fixture.origin != "pytest_asyncio.fixture":
        return
    new, _ = spell(context.files[key.path], "pytest.fixture")
    message = f"moved to {new}: it is an ordinary fixture now"
    yield fixture_edit(context, "LS101", key, message, plugin=False)


def _needs_its_own(context: RuleContext, key: Key) -> bool:
    """Whether the override builds something of the current loop, such as ``gather()``."""
    return any(
        call.owner == key.ordinal
        and call.place is not Place.ASYNC
        and call.what not in CURRENT_LOOP
        for call in context.files[key.path].loop_calls
    )


def _asks_current(context: RuleContext) -> bool:
    """Whether sync code of the suite asks for the current loop, and nothing else gives it one.

    pytest-asyncio sets the loop of a sync ``pytest_asyncio.fixture`` itself.
    """
    served = {*context.plan.overrides, *context.plan.fixtures}
    return any(
        call.place is not Place.ASYNC
        and (call.owner is None or Key(path, call.owner) not in served)
        for path, facts in context.files.items()
        for call in facts.loop_calls
    )
