"""Collection hooks that mark tests (LS105)."""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.file.facts import FileFacts
from loopscope.analysis.suite.fixtures import Key
from loopscope.rules.context import ImportEdit, RuleContext, RuleResult, action
from loopscope.rules.ls105_test_loop_scope.mark_edits import (
    ChangeMarksInside,
    DeleteHook,
    MarkChange,
)

_AT_RUN_TIME = (
    "{} adds asyncio marks at run time, where their loop scope is not read and which may be too"
    " late for pytest-asyncio 1.x: set asyncio_mode = auto, or mark the tests that it means"
)


def marking_hooks(context: RuleContext) -> Iterator[RuleResult]:
    """Hooks that mark tests while they are collected, too late for 1.x where the mark is bare."""
    for path, facts in context.files.items():
        for hook in facts.hooks:
            place = ("LS105", path, hook.line, hook.name)
            if hook.bare and hook.only_marks:
                message = "hook deleted: asyncio_mode = auto marks every async test"
                yield DeleteHook(*place, message, hook.ordinal)
                yield from _helpers(facts, path, hook.name, hook.helpers)
                yield from _imports(context, path, hook.name)
            elif hook.old_keyword:
                message = "scope= is spelled loop_scope="
                change = MarkChange(hook.spelled, rename=True)
                yield ChangeMarksInside(*place, message, hook.holder, change)
            elif not hook.on_async_tests and context.model.mode != "auto":
                yield action("LS105", path, hook.line, _AT_RUN_TIME.format(hook.name))
    if context.model.mode != "auto":
        yield from _through_other_files(context)


def _helpers(
    facts: FileFacts, path: str, hook: str, ordinals: tuple[int, ...]
) -> Iterator[RuleResult]:
    for function in facts.functions:
        if function.ordinal in ordinals:
            message = f"helper deleted: only {hook} called it"
            yield DeleteHook(
                "LS105", path, function.line, function.qualname, message, function.ordinal
            )


def _imports(context: RuleContext, path: str, name: str) -> Iterator[RuleResult]:
    """Remove the imports by which a conftest registered the deleted hook."""
    for other, facts in context.files.items():
        for bound in facts.imports:
            if bound.attribute == name and context.model.index.find(other, bound.module) == path:
                yield ImportEdit(
                    "LS105",
                    other,
                    bound.line,
                    bound.name,
                    "import of the deleted hook removed",
                    forget=(bound.name,),
                )


def _through_other_files(context: RuleContext) -> Iterator[RuleResult]:
    """Report hooks that call a function of another file which adds asyncio marks."""
    index = context.model.index
    for path in (*index.conftests, *index.plugins):
        hooks = {hook.ordinal for hook in context.files[path].hooks}
        for function in context.files[path].functions:
            if not function.name.startswith("pytest_") or function.ordinal in hooks:
                continue
            for called in context.model.closures.call_graph.of(Key(path, function.ordinal)):
                name = index.function(called).name
                marks = context.files[called.path].mark_variables.get(name, ())
                if called.path != path and any(mark.name == "asyncio" for mark in marks):
                    what = f"{function.name}, by {name} of {called.path},"
                    yield action("LS105", path, function.line, _AT_RUN_TIME.format(what))
                    break
