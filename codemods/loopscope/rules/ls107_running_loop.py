"""LS107: in async code ``get_event_loop()`` is ``get_running_loop()``.

Inside a coroutine both give the running loop; only ``get_event_loop`` also hides a missing
one, and from Python 3.14 on it raises where no loop is current.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from loopscope.analysis.file.calls import CURRENT_LOOP
from loopscope.analysis.file.facts import FileFacts, LoopCall, Place
from loopscope.analysis.suite.fixtures import Key
from loopscope.config.code_style import CodeStyle
from loopscope.frozen import frozen
from loopscope.planning.conversions import Conversion
from loopscope.planning.patched_names import find_patches
from loopscope.rules.context import DefinitionEdit, Need, Rule, RuleContext, RuleResult, spell
from loopscope.rules.version_branches import VersionBranches


@frozen
class UseRunningLoop(DefinitionEdit):
    """Swaps the calls in the body of one async function."""

    spellings: tuple[tuple[str, str], ...]

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.bodies import replace_calls

        return replace_calls(node, dict(self.spellings))


def check(context: RuleContext) -> Iterator[RuleResult]:
    is_old: bool | None = None
    style: CodeStyle | None = None
    kept = {call for patch in find_patches(context.model, swaps(context)) for call in patch.calls}
    for path, facts in context.files.items():
        if not facts.loop_calls or context.is_aside(path) or context.leaves_alone(path):
            continue
        by_function: dict[int, list[LoopCall]] = defaultdict(list)
        gone = overrides_in(context, path)
        branches = VersionBranches()
        if path not in (*context.model.index.test_modules, *context.model.index.conftests):
            branches = VersionBranches.of(context, path)
        for call in facts.loop_calls:
            if branches.hold(call.line):
                continue
            if call.what not in CURRENT_LOOP or call.owner in gone or (path, call) in kept:
                continue
            if call.ordinal is not None and will_run(context, path, call):
                by_function[call.ordinal].append(call)
        if by_function and context.model.is_product(path):
            is_old = _runs_before_3_7(context) if is_old is None else is_old
            if is_old:
                continue
        if by_function:
            style = style or CodeStyle.of(context.contents)
            # What belongs to another suite is edited there.
            lines = context.contents.get(path, b"").decode(errors="replace").splitlines()
        for ordinal, calls in by_function.items():
            edit = _swap(facts, path, ordinal, _qualname(context, path, calls[0].owner), calls)
            long = _too_long(lines, edit, calls, style)
            yield replace(edit, message=edit.message + long)


def _runs_before_3_7(context: RuleContext) -> bool:
    """Whether the project declares a Python without ``get_running_loop``."""
    from loopscope.requirements import requires_python  # slow to import, and seldom needed
    from loopscope.requirements.pin import Pythons

    return bool(Pythons.of(requires_python(context.contents)).missed("", (3, 7)))


def will_run(context: RuleContext, path: str, call: LoopCall) -> bool:
    """Whether the call stands in an async function, or in one that LS102 makes async for it."""
    if call.ordinal is None:
        return False
    if call.place is Place.SYNC and call.ordinal == call.owner and call.owner is not None:
        return context.plan.converted.get(Key(path, call.owner)) is Conversion.RUNNING
    return call.place is Place.ASYNC


def swaps(context: RuleContext) -> Callable[[str, LoopCall], bool]:
    """Whether a call in a file is one that this rule swaps where no test patches its name."""
    gone = {path: overrides_in(context, path) for path in context.files}

    def wanted(path: str, call: LoopCall) -> bool:
        return (
            call.what in CURRENT_LOOP
            and call.place is Place.ASYNC
            and call.ordinal is not None
            and call.owner not in gone[path]
            and not context.is_aside(path)
            and not context.leaves_alone(path)
        )

    return wanted


def overrides_in(context: RuleContext, path: str) -> set[int]:
    """Return the functions of a file that LS101 has to do with."""
    return {
        function.ordinal
        for function in context.files[path].functions
        if context.model.is_override(function)
    }


def _qualname(context: RuleContext, path: str, owner: int | None) -> str:
    return "" if owner is None else context.model.index.function(Key(path, owner)).qualname


def _swap(
    facts: FileFacts, path: str, ordinal: int, within: str, calls: list[LoopCall]
) -> UseRunningLoop:
    spellings: dict[str, str] = {}
    needs: tuple[Need, ...] = ()
    for call in calls:
        new, more = _new_spelling(facts, call.spelled)
        spellings[call.spelled] = new
        needs += more
    return UseRunningLoop(
        "LS107",
        path,
        calls[0].line,
        within,
        f"get_event_loop() becomes get_running_loop() ({len(calls)} here)"
        if len(calls) > 1
        else "get_event_loop() becomes get_running_loop()",
        ordinal,
        tuple(spellings.items()),
        needs=needs,
    )


def _too_long(
    lines: list[str], edit: UseRunningLoop, calls: list[LoopCall], style: CodeStyle | None
) -> str:
    """Say which lines grow past what the project's formatter allows."""
    if style is None or not style.longest or not lines:
        return ""
    spellings = dict(edit.spellings)
    longer: dict[int, int] = {}
    for call in calls:
        more = len(spellings[call.spelled]) - len(call.spelled)
        longer[call.line] = longer.get(call.line, len(lines[call.line - 1])) + more
    return "".join(
        f"; line {line} has {length} characters then, {style.tool} allows {style.longest}"
        for line, length in longer.items()
        if len(lines[line - 1]) <= style.longest < length
    )


def _new_spelling(facts: FileFacts, old: str) -> tuple[str, tuple[Need, ...]]:
    if old == "get_event_loop" and not any(
        bound.name == "asyncio" and bound.attribute is None for bound in facts.imports
    ):  # from asyncio import get_event_loop
        known = facts.spelling("asyncio.get_running_loop")
        return known or "get_running_loop", () if known else (("asyncio", "get_running_loop"),)
    head, _, tail = old.rpartition(".")
    if tail == "get_event_loop" and head and "(" not in head:
        return f"{head}.get_running_loop", ()
    return spell(facts, "asyncio.get_running_loop")


RULE = Rule(
    "LS107",
    "running-loop",
    "get_event_loop() in async code becomes get_running_loop()",
    "any",
    check,
)
