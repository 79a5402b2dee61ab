"""LS101: an override of ``event_loop`` goes; its scope lives on as loop scopes.

pytest-asyncio 1.0 removed the fixture. An override that is left behind is an ordinary
fixture there and hands async tests a foreign loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from loopscope.analysis.file.factory_hooks import FACTORIES_HOOK
from loopscope.analysis.file.facts import Function
from loopscope.analysis.file.override_facts import BodyKind, OverrideBody
from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.planning.override_actions import (
    KIND,
    ActionKind,
    OverrideAction,
    by_item,
    sets_debug,
)
from loopscope.planning.shared_bridges import Bridge
from loopscope.rules.codegen.bridge import Code, bridge_code, working_bridge_code
from loopscope.rules.codegen.factory import defined_in, factory_code, policy_code
from loopscope.rules.context import (
    DeleteDefinition,
    OptionEdit,
    Rule,
    RuleContext,
    RuleResult,
    action,
    first_of,
)
from loopscope.rules.fixture_edits import DeleteStatement, place_of
from loopscope.rules.ls101_event_loop_override.imported_overrides import (
    importers_of,
    is_imported,
    plugin_imports,
    policy_imports,
    removed_imports,
    unknown_imports,
)
from loopscope.rules.ls101_event_loop_override.kept import (
    for_others,
    from_elsewhere,
    keep_ordinary,
    run_from_here,
)
from loopscope.rules.ls101_event_loop_override.override_edits import (
    ReplaceOverride,
    factory_hooks,
    first_elsewhere,
    new_bridge,
)
from loopscope.rules.ls101_event_loop_override.own_loops import own_loops
from loopscope.rules.ls101_event_loop_override.unreadable_overrides import (
    HIDDEN,
    scope_of_a_run,
    unreadable_overrides,
)
from loopscope.types import Safety

_TO_A_FIXTURE = "Move what it does into an async fixture of the same scope and"
_TO_A_HOOK = "Return its loops from a pytest_asyncio_loop_factories hook and"
_TO_A_TARGET = (
    "Give that target, or return such loops from an event_loop_policy fixture of the root"
    " conftest, and"
)
_TO_A_POLICY = (
    "Make them async, and run loopscope again; or return such loops from an event_loop_policy"
    " fixture, which pytest-asyncio 1.4 deprecates, and"
)
_UNDER_A_CONDITION = (
    "this event_loop override is defined under a condition, and only makes a loop. Delete it, with"
    " its condition, if all tests may share loops as wide as its scope; where the condition does"
    " not hold, they had those of another override, or one each"
)
_ON_WINDOWS = "what it set on Windows is set when the file is imported"
_RUNNER_DOES = "; asyncio.Runner does at the end what it did after the yield ({})"


def check(context: RuleContext) -> Iterator[RuleResult]:
    yield from other_overrides(context)
    replaced = {bridge.replaces: bridge for bridge in context.plan.bridges if bridge.replaces}
    gone: list[Key] = []
    for key, override_action in context.plan.overrides.items():
        function = context.model.index.function(key)
        kind = override_action.kind
        if key.path in context.model.cross_suite:
            yield from from_elsewhere(context, key, override_action)
            if not override_action.stays:
                yield from removed_imports(context, key, function, "override")
            continue
        kept = for_others(context, key, function)
        if kept is not None:
            yield kept
            yield from removed_imports(context, key, function, "override")
            continue
        yield from run_from_here(context, key, function)
        if kind is ActionKind.MANUAL:
            yield _manual(key, function, override_action)
        elif kind is ActionKind.ORDINARY:
            yield from keep_ordinary(context, key, function)
        elif kind is ActionKind.DELETE or (override_action.hook and key not in replaced):
            yield from _deletion(context, key, function)
            yield from removed_imports(context, key, function)
        else:
            edit = _replacement(context, key, function, override_action, replaced.get(key))
            yield edit
            if override_action.works:
                yield from first_elsewhere(context, edit, importers_of(context, key))
            yield from policy_imports(context, key, function, bridged=key in replaced)
            yield from _deleted_call(key, function)
        if not override_action.stays and context.plan.suite_style is SuiteStyle.LEGACY:
            gone.append(key)
            yield from scope_of_a_run(context, key, function)
    yield from _debug(context, gone)
    for bridge in context.plan.bridges:
        if bridge.replaces is None:
            yield new_bridge(context, bridge)
    yield from factory_hooks(context)
    yield from plugin_imports(context)
    yield from own_loops(context)
    unknown = list(unknown_imports(context))
    said = {(finding.path, finding.line) for finding in unknown}
    yield from unknown
    for finding in unreadable_overrides(context):
        if (finding.path, finding.line) not in said:
            yield finding


def _manual(key: Key, function: Function, override_action: OverrideAction) -> RuleResult:
    assert function.override is not None
    reason = override_action.reason
    if override_action.with_that:
        return action(
            "LS101",
            key.path,
            function.line,
            f"this event_loop override stays: {reason}. Delete it along with that one",
        )
    if function.conditional and function.override.kind in (BodyKind.PLAIN, BodyKind.DEBUG):
        return action("LS101", key.path, function.line, _UNDER_A_CONDITION)
    cure = _TO_A_FIXTURE
    if FACTORIES_HOOK in reason:
        cure = "Then"
    elif override_action.blocked_by:
        reason += f" ({first_of(override_action.blocked_by)})"
        cure = _TO_A_POLICY
    elif "--target" in reason:
        cure = _TO_A_TARGET
    elif reason.startswith(KIND):  # a fixture cannot choose the loop that it runs on
        cure = _TO_A_HOOK
    return action(
        "LS101",
        key.path,
        function.override.line or function.line,
        f"this event_loop override cannot be replaced automatically: {reason}. {cure} delete it",
    )


def _deletion(context: RuleContext, key: Key, function: Function) -> Iterator[RuleResult]:
    safety, dropped = _dropped(function)
    message = f"override deleted; loop scopes take its place{dropped}"
    if context.plan.suite_style is SuiteStyle.MODERN:
        place = context.model.settings.evidence.place
        suite = f"pytest-asyncio 1.x, by {place}" if place else "pytest-asyncio 1.x"
        message = f"override deleted: no test runs on its loop on {suite}"
        safety = Safety.SAFE
    if function.is_own:
        yield DeleteDefinition(
            "LS101",
            key.path,
            function.line,
            function.qualname,
            message,
            function.ordinal,
            safety=safety,
            # What a file imports by the name of a method is another one.
            forget=() if function.is_method else (function.bound_name,),
        )
    yield from _deleted_call(key, function, safety, message)


def _deleted_call(
    key: Key, function: Function, safety: Safety = Safety.SAFE, message: str = ""
) -> Iterator[RuleResult]:
    """Delete the statement that made the override, where no decorator did."""
    path, line = place_of(key, function)
    if function.fixture is not None and function.fixture.line:
        message = message or "the call that made the override is deleted"
        name = function.bound_name
        yield DeleteStatement("LS101", path, line, name, message, line, safety=safety)
    if function.fixture is not None and function.fixture.replaces:
        line = function.fixture.replaces
        yield DeleteStatement(
            "LS101", key.path, line, function.name,
            "assignment to the plugin's event_loop deleted: no plugin has that fixture any more",
            line, safety=safety,
        )  # fmt: skip


def _dropped(function: Function) -> tuple[Safety, str]:
    assert function.override is not None
    dropped = function.override.dropped
    if not dropped:
        return Safety.SAFE, ""
    return Safety.ASSUMPTION, _RUNNER_DOES.format(", ".join(dropped))


def _replacement(
    context: RuleContext,
    key: Key,
    function: Function,
    override_action: OverrideAction,
    bridge: Bridge | None,
) -> ReplaceOverride:
    body, kind = function.override, override_action.kind
    assert body is not None
    safety, dropped = _dropped(function)
    more = _bridge_code(context, key, function, bridge, works=override_action.works)
    if override_action.works and more is not None:
        safety = Safety.ASSUMPTION
    if kind is ActionKind.WORK and more is not None:
        code = _with_bridge(_for_windows(body), more) if body.windows else more
        message = "override replaced by an async fixture that does its work on the running loop"
        message += f"; {_ON_WINDOWS}" if body.windows else ""
    elif kind in (ActionKind.FACTORY, ActionKind.POLICY) and not override_action.hook:
        code, message = _of_its_kind(context, key, function, body, kind)
        if more is not None and override_action.works:
            message += "; an async fixture switches debug mode on"
        code = _with_bridge(code, more)
    elif kind is ActionKind.WINDOWS:
        code = _with_bridge(_for_windows(body), more)
        message = f"override deleted; {_ON_WINDOWS}"
        safety = Safety.ASSUMPTION
    else:
        assert more is not None
        code = more
        message = (
            "override replaced by an async fixture that switches debug mode on"
            if override_action.works
            else "override replaced by a fixture that hands the running loop to the sync code that"
            " asks"
        )
    return ReplaceOverride(
        "LS101",
        key.path,
        function.line,
        function.qualname,
        message + dropped,
        function.ordinal,
        function.first_line,
        function.class_ordinal,
        code,
        safety=safety,
        needs=code.needs,
    )


def _for_windows(body: OverrideBody) -> Code:
    return Code("\n".join(body.windows) + "\n", ())


def _of_its_kind(
    context: RuleContext, key: Key, function: Function, body: OverrideBody, kind: ActionKind
) -> tuple[Code, str]:
    """Write the loop factory or policy that makes loops of the override's kind, and say so."""
    facts, defined = context.files[key.path], defined_in(context, key.path)
    if kind is ActionKind.FACTORY:
        message = f"override replaced by a loop factory{_per_param(body)}"
        return factory_code(body.variants, defined), message
    message = f"override replaced by an event_loop_policy fixture{_per_param(body)}"
    if not body.variants:
        message += " that gives default loops: the one around it does not"
    elif context.options.target.has(1, 4):
        message += (
            ", which reaches sync tests, too, and loops that tests make themselves; it is"
            " deprecated from 1.4 on"
        )
    return policy_code(facts, body.variants, defined, in_class=function.is_method), message


def _bridge_code(
    context: RuleContext, key: Key, function: Function, bridge: Bridge | None, *, works: bool
) -> Code | None:
    """Write the bridge that stands where the override did, if one does."""
    facts, default = context.files[key.path], context.plan.fixture_default
    if bridge is None:
        return None
    imported = function.bound_name if is_imported(context, key, function) else ""
    in_class, body = function.is_method, function.override
    if not works:
        return bridge_code(facts, bridge, default, in_class=in_class, function=imported)
    assert body is not None
    code = working_bridge_code(facts, body, bridge, default, in_class=in_class, function=imported)
    # It is set up first where it is registered.
    return replace(code, below=()) if importers_of(context, key) else code


def _with_bridge(code: Code, bridge: Code | None) -> Code:
    if bridge is None:
        return code
    below = (*code.below, bridge.main, *bridge.below)
    return replace(code, below=below, needs=(*code.needs, *bridge.needs))


def _per_param(body: OverrideBody) -> str:
    if by_item(body):
        return " that asks each test, as it did"
    count = len(body.variants)
    return f" for each of its {count} params" if count > 1 else ""


def _debug(context: RuleContext, gone: list[Key]) -> Iterator[RuleResult]:
    """Switch the debug mode on by the configuration, where overrides that are gone did."""
    for key in gone:
        fixture_defs = [item for item in context.model.overrides if item.key == key]
        function = context.model.index.function(key)
        if sets_debug(function, context.model.debugs_all(fixture_defs), context.options):
            message = "the override switched the loop's debug mode on"
            yield OptionEdit("LS101", "asyncio_debug", True, message)
            return


RULE = Rule(
    "LS101",
    "event-loop-override",
    "overrides of the event_loop fixture are deleted or replaced",
    "1.0",
    check,
    file_check=HIDDEN,
)


def other_overrides(context: RuleContext) -> Iterator[RuleResult]:
    """Report each override that pytest gives to tests which the plan gives another one."""
    model = context.model
    if context.plan.suite_style is not SuiteStyle.LEGACY:
        return
    trace, said = model.trace_index.trace, set()
    for test in model.tests:
        place, override = trace.loop_places.get(test.id), model.override_of(test)
        if place is None or override is None or override.key.is_external:
            continue
        found = (override.key.path, override.function.first_line)
        if place == found or (place, found) in said or place[0] not in context.files:
            continue
        said.add((place, found))
        yield action(
            "LS101", *place,
            f"{test.id} gets this event_loop, {trace.shown}, and by the source that of"
            f" {override.key.path}, line {override.function.line}: the plan rests on the latter."
            " Leave one of the two, and run loopscope again",
        )  # fmt: skip
