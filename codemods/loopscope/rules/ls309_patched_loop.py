"""LS309: a test patches ``get_event_loop``, so the calls that the patch reaches stay (LS107)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from loopscope.analysis.file.checks import FileCheck, position
from loopscope.analysis.file.constants import constants, text_of
from loopscope.analysis.file.facts import Position
from loopscope.analysis.file.names import Names, dotted
from loopscope.planning.patched_names import find_patches
from loopscope.python_source.syntax_tree import nodes_of
from loopscope.rules.context import Rule, RuleContext, RuleResult, first_of, note
from loopscope.rules.ls107_running_loop import swaps


def check(context: RuleContext) -> Iterator[RuleResult]:
    if not context.options.wants("LS107"):
        return
    for patch in find_patches(context.model, swaps(context)):
        if patch.calls:
            places = sorted({(path, call.line) for path, call in patch.calls})
            shown = first_of([f"{path}:{line}" for path, line in places])
            yield note(
                "LS309",
                patch.path,
                patch.hazard.line,
                f"this patch of {patch.hazard.detail} may reach get_event_loop() in async code "
                f"at {shown}, which therefore stays, and works as before. To call "
                "get_running_loop there, change the patch with it",
                patch.hazard.column,
            )


# -- what stands in a file ------------------------------------------------------------------

_NAME = "get_event_loop"


def patches(node: ast.AST, names: Names) -> Iterator[Position]:
    """Every replacement of ``get_event_loop``, with the dotted name that is replaced.

    A whole ``asyncio`` that is replaced (``patch("pkg.mod.asyncio")``) counts where the
    function sets up its ``get_event_loop``. A target that is not known is what the function
    spells that could be it.
    """
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        names = names.with_local((), constants(node.body))
    for child in nodes_of(node):
        if isinstance(child, ast.Call):
            target = _patched(child, names, node)
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


def _patched(call: ast.Call, names: Names, around: ast.AST) -> str | None:
    if call.args and names.resolve(call.func) == "functools.partial":
        call = ast.Call(call.args[0], call.args[1:], call.keywords)
    func = dotted(call.func) or ""
    method = func.rpartition(".")[2]
    targets = [*call.args[:1], *(item.value for item in call.keywords if item.arg == "target")]
    replaces = "patch" in func or "mock.patch" in (names.resolve(call.func) or "")
    if not targets or not (replaces or method == "setattr"):
        return None
    first = targets[0]
    text = text_of(first, names)
    if method == "multiple":
        if any(item.arg == _NAME for item in call.keywords):
            owner = text if text is not None else names.resolve(first)
            return f"{owner}.{_NAME}" if owner else None
        return None
    if text is not None and not (method == "setattr" and "." not in text):
        return text
    if method in ("setattr", "object") and len(call.args) > 1:
        name, owner = text_of(call.args[1], names), names.resolve(first)
        if name is None and _NAME in _spelled(around):
            name = _NAME
        return f"{owner}.{name}" if name in (_NAME, "asyncio") and owner else None
    known = [target for target in _spelled(around) if target.endswith(f".{_NAME}")]
    if not known:
        return None
    return known[0] if known[0].partition(".")[0] else f"asyncio.{_NAME}"  # of any module


def _spelled(node: ast.AST) -> list[str]:
    """List the texts in a node that end in the name."""
    return [
        child.value
        for child in nodes_of(node)
        if isinstance(child, ast.Constant)
        and isinstance(child.value, str)
        and child.value.endswith(_NAME)
    ]


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
        words=(("get_event_loop", "patch", "setattr"),),
        anywhere=True,
        local_imports=True,
    ),
)
