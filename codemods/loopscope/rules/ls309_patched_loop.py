"""LS309: a test patches ``get_event_loop``, so the calls that the patch reaches stay (LS107)."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from loopscope.analysis.file.checks import FileCheck, position
from loopscope.analysis.file.facts import Position
from loopscope.analysis.file.names import Names, dotted
from loopscope.planning.patched_names import find_patches
from loopscope.rules.context import Rule, RuleContext, RuleResult, action
from loopscope.rules.ls107_running_loop import swaps

_SHOWN = 3


def check(context: RuleContext) -> Iterator[RuleResult]:
    if not context.options.wants("LS107"):
        return
    for patch in find_patches(context.model, swaps(context)):
        if patch.calls:
            places = sorted({f"{path}:{call.line}" for path, call in patch.calls})
            yield action(
                "LS309",
                patch.path,
                patch.hazard.line,
                f"this patch of {patch.hazard.detail} may reach get_event_loop() in async code "
                f"at {_listed(places)}, which therefore stays. Patch get_running_loop instead, "
                "and change these calls with it",
                patch.hazard.column,
            )


def _listed(places: Collection[str]) -> str:
    shown = ", ".join(list(places)[:_SHOWN])
    more = len(places) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


# -- what stands in a file ------------------------------------------------------------------

_NAME = "get_event_loop"


def patches(node: ast.AST, names: Names) -> Iterator[Position]:
    """Every replacement of ``get_event_loop``, with the dotted name that is replaced.

    A whole ``asyncio`` that is replaced (``patch("pkg.mod.asyncio")``) counts where the
    function sets up its ``get_event_loop``.
    """
    for child in ast.walk(node):
        if isinstance(child, ast.Call):
            target = _patched(child, names)
            if target is None:
                continue
            if target.endswith(f".{_NAME}") or (
                target.endswith(".asyncio") and _sets_up(node, names)
            ):
                yield position(child, target)
        elif isinstance(child, ast.Assign):
            for item in child.targets:
                if isinstance(item, ast.Attribute) and item.attr == _NAME:
                    target = names.resolve(item)
                    if target is not None:
                        yield position(child, target)


def _patched(call: ast.Call, names: Names) -> str | None:
    func = dotted(call.func) or ""
    method = func.rpartition(".")[2]
    first = call.args[0] if call.args else None
    if first is None or ("patch" not in func and method != "setattr"):
        return None
    text = first.value if isinstance(first, ast.Constant) else None
    if method == "multiple":
        if any(item.arg == _NAME for item in call.keywords):
            owner = text if isinstance(text, str) else names.resolve(first)
            return f"{owner}.{_NAME}" if owner else None
        return None
    if isinstance(text, str):
        return text
    if method in ("setattr", "object") and len(call.args) > 1:
        name, owner = call.args[1], names.resolve(first)
        if isinstance(name, ast.Constant) and name.value in (_NAME, "asyncio") and owner:
            return f"{owner}.{name.value}"
    return None


def _sets_up(node: ast.AST, names: Names) -> bool:
    """``mocked.get_event_loop.return_value = …``, where ``mocked`` is not asyncio itself."""
    return any(
        isinstance(child, ast.Attribute)
        and child.attr == _NAME
        and not (names.resolve(child) or "").startswith("asyncio.")
        for child in ast.walk(node)
    )


RULE = Rule(
    "LS309",
    "patched-loop",
    "tests patch get_event_loop",
    "any",
    check,
    file_check=FileCheck(
        patches,
        words=(("get_event_loop", ".asyncio"),),
        file_words=(("get_event_loop",),),
        anywhere=True,
        local_imports=True,
    ),
)
