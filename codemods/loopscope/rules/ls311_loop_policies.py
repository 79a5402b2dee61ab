"""LS311: event loop policies, which Python 3.14 deprecates and 3.16 removes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from loopscope.analysis.file.calls import CURRENT_LOOP
from loopscope.analysis.file.checks import FileCheck, position
from loopscope.analysis.file.facts import Function, Place, Position
from loopscope.analysis.file.names import Names
from loopscope.analysis.file.override_facts import LoopVariant
from loopscope.analysis.suite.fixtures import Key
from loopscope.planning.override_actions import ActionKind
from loopscope.rules.context import Rule, RuleContext, RuleResult, note
from loopscope.rules.version_branches import VersionBranches


def check(context: RuleContext) -> Iterator[RuleResult]:
    for path, facts in context.files.items():
        hazards = [hazard for hazard in facts.hazards if hazard.code == "LS311"]
        if not hazards or context.is_aside(path):
            continue
        functions = {function.ordinal: function for function in facts.functions}
        swapped = {
            (call.line, call.column)
            for call in facts.loop_calls
            if call.what in CURRENT_LOOP and call.place is Place.ASYNC
        }
        seen: set[int] = set()
        branches = VersionBranches.of(context, path)
        for hazard in hazards:
            function = functions.get(hazard.ordinal) if hazard.ordinal is not None else None
            place = hazard.line if function is None else -function.ordinal - 1
            if (
                branches.hold_older(hazard.line)
                or place in seen
                or (hazard.line, hazard.column) in swapped
            ):
                continue
            if function is not None and _goes(context, Key(path, function.ordinal), function):
                continue
            seen.add(place)
            yield note(
                "LS311",
                path,
                hazard.line,
                f"{hazard.detail} is deprecated in Python 3.14 and goes in 3.16. In tests return "
                "the loops from a pytest_asyncio_loop_factories hook (pytest-asyncio 1.4), "
                "elsewhere pass loop_factory to asyncio.Runner",
                hazard.column,
            )


def _goes(context: RuleContext, key: Key, function: Function) -> bool:
    """Whether the policy goes with a fixture that this migration deletes or replaces."""
    override_action = context.plan.overrides.get(key)
    if (
        override_action is not None
        and not override_action.stays
        and context.options.wants("LS101")
    ):
        if override_action.kind is ActionKind.WINDOWS:
            return False  # it moves to the top level
        body = function.override
        kept = body is not None and any(
            "olicy" in text for text in (*body.before, *body.after, *body.closed)
        )
        if override_action.kind is ActionKind.FACTORY:
            kept = body is not None and any("olicy" in _code(variant) for variant in body.variants)
        keeps = (ActionKind.WORK, ActionKind.FACTORY, ActionKind.POLICY)
        return not (override_action.kind in keeps and kept)
    return (
        function.policy is not None
        and function.fixture is not None
        and context.options.target.has(1, 4)
        and context.options.wants("LS106")
        and (
            function.policy.default
            or all("olicy" not in _code(item) for item in function.policy.variants)
        )
    )


def _code(variant: LoopVariant) -> str:
    return variant.direct or "\n".join((*variant.statements, variant.expression))


# -- what stands in a file ------------------------------------------------------------------

_POLICY_CALLS = frozenset(
    f"{module}.{name}"
    for module in ("asyncio", "asyncio.events")
    for name in ("get_event_loop_policy", "set_event_loop_policy")
)


def policies(node: ast.AST, names: Names) -> Iterator[Position]:
    """Every use of an event loop policy."""
    for child in ast.walk(node):
        if isinstance(child, (ast.Name, ast.Attribute)):
            name = names.resolve(child)
            if name in _POLICY_CALLS or _is_policy(name):
                yield position(child, name or "")


def _is_policy(name: str | None) -> bool:
    return (
        name is not None
        and name.endswith("EventLoopPolicy")
        and name.startswith(("asyncio.", "uvloop.", "winloop."))
    )


RULE = Rule(
    "LS311",
    "loop-policies",
    "event loop policies are deprecated",
    "any",
    check,
    file_check=FileCheck(
        policies,
        words=(("Policy", "policy"),),
        file_words=(("EventLoopPolicy", "loop_policy"),),
        anywhere=True,
    ),
)
