"""Notes on the trace: which edits follow it, and which fixtures need a person all the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from loopscope.analysis.file.facts import Function, ScopeKind
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import Test
from loopscope.analysis.suite.trace import TracedFunction
from loopscope.config.pytest_config import mode_is_added
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.rules.context import Edit, RuleContext, RuleResult, action, first_of, note


def with_trace_notes(context: RuleContext, edits: list[Edit]) -> list[Edit]:
    """Add to the edits that follow the record that they do so."""
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    shown = context.model.trace_index.trace.shown
    for place, reason in _reasons(context):
        reasons[place].append(reason)
    return [
        replace(edit, message=f"{edit.message} ({' and '.join(reasons[place])}, {shown})")
        if (place := (edit.path, edit.definition)) in reasons and edit.code in _LOOP_RULES
        else edit
        for edit in edits
    ]


_LOOP_RULES = ("LS102", "LS103", "LS104", "LS105")


def _reasons(context: RuleContext) -> Iterator[tuple[tuple[str, str], str]]:
    """(path, qualified name) -> what the record says of the function."""
    trace_index, plan = context.model.trace_index, context.plan
    by_name = {name for known in trace_index.functions.values() for name in known.requested}
    for key, function in context.functions():
        place = (key.path, function.qualname)
        known, fixture = trace_index.functions.get(place), function.fixture
        if fixture is not None and fixture.name in by_name:
            yield place, "it is asked for while tests run"
        if known is None:
            continue
        if known.requested:
            yield place, f"it asks for {', '.join(known.requested)}"
        if fixture is not None and fixture.scope_kind is ScopeKind.CALLABLE:
            yield place, f"its scope is {known.scope.word}"
        if fixture is not None and known.on_loop and key in plan.converted:
            yield place, "it takes the current loop"
    for test in context.model.tests if context.model.mode != "auto" else ():
        if test.id in trace_index.trace.async_tests and test.mark("asyncio") is None:
            ran = "runs" if trace_index.trace.collected else "ran"
            yield (test.key.path, test.function.qualname), f"it {ran} on a loop"


# -- fixtures that no file of the suite defines ---------------------------------------------


def external_requests(context: RuleContext) -> Iterator[RuleResult]:
    """LS102: requests for the loop that only the run has shown."""
    shown = context.model.trace_index.trace.shown
    for known, test in _external(context):
        if known.fixture == EVENT_LOOP:
            continue
        place = (test.key.path, test.function.line)
        asks = EVENT_LOOP in (*known.arguments, *known.requested)
        name = f"the fixture {known.fixture} of {known.module}"
        if asks:
            yield note(
                "LS102", *place, f"{name} asks for event_loop, {shown}: a fixture of that name "
                "hands it the running loop",
            )  # fmt: skip
        elif known.on_loop and not known.is_async:
            yield action("LS102", *place, f"{name} takes the current loop, {shown}. {_FIRST}")
    for (path, _), known in context.model.trace_index.functions.items():
        if (
            known.is_async
            and EVENT_LOOP in known.requested
            and context.plan.suite_style is SuiteStyle.LEGACY
        ):
            yield action(
                "LS102", path, known.line, "this async function asks for event_loop while it "
                f"runs, {shown}. Take the loop from asyncio.get_running_loop()",
            )  # fmt: skip
    yield from _unbound_fixtures(context)


_FIRST = (
    "A newer release of it may not; else define it anew, so that an async fixture comes before "
    "it: loopscope rules what-only-a-run-knows shows how"
)


def _unbound_fixtures(context: RuleContext) -> Iterator[RuleResult]:
    """Sync fixtures of the suite that took the loop of their tests, and still are plain ones."""
    if context.plan.suite_style is not SuiteStyle.LEGACY:
        return
    shown = context.model.trace_index.trace.shown
    for key, function in context.functions():
        known = context.model.trace_index.functions.get((key.path, function.qualname))
        if known is None or not known.on_loop or function.is_async or function.fixture is None:
            continue
        if function.override is not None or key in context.plan.converted or _bound(function):
            continue
        yield action(
            "LS102",
            key.path,
            function.line,
            f"{function.qualname} takes the current loop, {shown}, and cannot be bound to that of "
            "its tests: they are of several loop scopes, or the target is below 1.1. Make it "
            "async, or pass the loop in",
        )


def _bound(function: Function) -> bool:
    """Whether a loop is current in the fixture anyway."""
    fixture = function.fixture
    return EVENT_LOOP in function.parameters or (
        fixture is not None and fixture.origin == "pytest_asyncio.fixture"
    )


def external_loops(context: RuleContext) -> Iterator[RuleResult]:
    """LS101 and LS104: overrides and async fixtures that the suite does not define itself."""
    shown = context.model.trace_index.trace.shown
    for known, test in _external(context):
        place = (test.key.path, test.function.line)
        scope = known.scope.word
        if known.fixture == EVENT_LOOP:
            yield note(
                "LS101", *place, f"{known.module} overrides event_loop with scope {scope}, "
                f"{shown}: the loop scopes allow for it. Take a release without it, if there is",
            )  # fmt: skip
        elif known.is_async and known.on_loop:
            default = context.plan.fixture_default
            word = default.word if default else scope
            yield note(
                "LS104", *place, f"the fixture {known.fixture} of {known.module} is async and has "
                f"scope {scope}, {shown}: it gets the default loop scope, {word}, and its tests "
                "run on that loop",
            )  # fmt: skip


def _external(context: RuleContext) -> Iterator[tuple[TracedFunction, Test]]:
    """Yield the fixtures of installed plugins, each with the first test that uses it."""
    if context.plan.suite_style is not SuiteStyle.LEGACY:
        return
    external = context.model.trace_index.external
    seen = set()
    for test in context.model.tests if external else ():
        found = [item.key for item in context.model.closure(test).fixtures]
        override = context.model.override_of(test)
        for key in [*found, *([override.key] if override else [])]:
            if key.is_external and key not in seen:
                seen.add(key)
                yield external[key.ordinal], test


# -- where pytest and the source differ ------------------------------------------------------


def collected_differences(context: RuleContext) -> Iterator[RuleResult]:
    """LS318: what pytest collects otherwise than the source has it; the plan follows pytest."""
    model, trace = context.model, context.model.trace_index.trace
    if not trace.collected:
        return
    if model.settings.mode_stays and trace.mode == model.settings.mode:
        written = context.config.text("asyncio_mode") or "not set"
        if written != trace.mode and not mode_is_added(context.config):
            yield note(
                "LS318", context.config.path or min(model.index.test_modules, default="."), 0,
                f"asyncio_mode is {trace.mode}, {trace.shown}, and {written} in the configuration:"
                " code, the environment or the command line sets it, and it stays so",
            )  # fmt: skip
    missing: dict[str, list[Test]] = defaultdict(list)
    idle: dict[str, list[Test]] = defaultdict(list)
    for test in model.own_tests:
        if test.id not in trace.lines:
            missing[test.key.path].append(test)
        elif model.is_async_test(test) and test.id not in trace.async_tests:
            idle[test.key.path].append(test)
    for path, tests in missing.items():
        yield note(
            "LS318", path, tests[0].function.line,
            f"{_count(tests)}: not a test here, {trace.shown}. A condition, or an option, leaves"
            " it out; its source alone is read",
        )  # fmt: skip
    for path, tests in idle.items():
        yield note(
            "LS318", path, tests[0].function.line,
            f"pytest-asyncio does not run {_count(tests)}, {trace.shown}: a decorator, a class or"
            " another plugin does. By its source it is on a loop, and is kept on one",
        )  # fmt: skip


def _count(tests: list[Test]) -> str:
    return first_of([test.function.qualname for test in tests], 1)
