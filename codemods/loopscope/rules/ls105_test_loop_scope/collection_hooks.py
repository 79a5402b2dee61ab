"""Collection hooks that mark tests (LS105)."""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.file.facts import FileFacts
from loopscope.analysis.file.mark_facts import Ask, Condition, MarkingHook
from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.rules.context import DeleteDefinition, ImportEdit, RuleContext, RuleResult, action
from loopscope.rules.ls105_test_loop_scope.mark_edits import (
    ChangeMarksInside,
    MarkChange,
)

_AT_RUN_TIME = (
    "{} adds asyncio marks at run time, where their loop scope is not read and which may be too"
    " late for pytest-asyncio 1.x: set asyncio_mode = auto, or mark the tests that it means"
)


def marking_hooks(context: RuleContext) -> Iterator[RuleResult]:
    """Bring hooks up to date, and report those of which not all is known."""
    kept = keeps_added_marks(context)
    for path, facts in context.files.items():
        for hook in facts.hooks:
            place = ("LS105", path, hook.line, hook.name)
            if hook.bare and hook.only_marks and context.model.mode == "auto":
                message = "hook deleted: asyncio_mode = auto marks every async test"
                yield DeleteDefinition(*place, message, hook.ordinal)
                yield from _helpers(facts, path, hook.name, hook.helpers)
                yield from _imports(context, path, hook.name)
            elif hook.old_keyword:
                message = "scope= is spelled loop_scope="
                change = MarkChange(hook.spelled, rename=True)
                yield ChangeMarksInside(*place, message, hook.holder, change)
            elif context.model.mode != "auto" and not _on_marked_tests(hook):
                if not kept:
                    yield action("LS105", path, hook.line, _at_run_time(context, hook.name))
            elif not hook.bare and not hook.added:
                yield action("LS105", path, hook.line, _unread(hook, "the tests"))
    yield from _undecided(context)
    if context.model.mode != "auto" and not kept:
        yield from _through_other_files(context)


def _at_run_time(context: RuleContext, name: str) -> str:
    message = _AT_RUN_TIME.format(name)
    if not context.model.settings.mode_stays:
        return message
    return message.replace("set asyncio_mode", "take the mode out of addopts and set asyncio_mode")


def _helpers(
    facts: FileFacts, path: str, hook: str, ordinals: tuple[int, ...]
) -> Iterator[RuleResult]:
    for function in facts.functions:
        if function.ordinal in ordinals:
            message = f"helper deleted: only {hook} called it"
            yield DeleteDefinition(
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


def _undecided(context: RuleContext) -> Iterator[RuleResult]:
    """Report the hooks of which only a run knows whether they give a test another loop."""
    model = context.model
    told: set[tuple[str, int]] = set()
    for test in model.own_tests:
        found = model.classify.hook_marks.undecided(test) if model.is_async_test(test) else None
        if found is None or (found.path, found.hook.line) in told:
            continue
        told.add((found.path, found.hook.line))
        if found.path in context.files and found.path not in model.cross_suite:
            text = _unread(found.hook, f"{test.function.qualname} ({test.module})")
            yield action("LS105", found.path, found.hook.line, text)


def _unread(hook: MarkingHook, tests: str) -> str:
    return (
        f"{hook.name} gives tests a loop_scope under a condition, or in a way, that is not read:"
        f" the loop of {tests} is not known here. Ask is_async_test(item), item.nodeid or"
        " item.get_closest_marker alone, or mark the tests that it means"
    )


def _on_marked_tests(hook: MarkingHook) -> bool:
    """Whether the hook marks only what is an async test to pytest-asyncio already."""
    return hook.on_async_tests or (
        bool(hook.added) and all(_asks_for_mark(one.condition) for one in hook.added)
    )


def _asks_for_mark(condition: Condition) -> bool:
    if condition.ask is Ask.EITHER:  # "asyncio" in item.keywords means the node id, too
        named = Condition(Ask.PART, "asyncio")
        return all(part == named or _asks_for_mark(part) for part in condition.parts)
    if condition.ask is Ask.BOTH:
        return any(map(_asks_for_mark, condition.parts))
    return condition == Condition(Ask.MARKED, "asyncio")


def keeps_added_marks(context: RuleContext) -> bool:
    """Whether hooks may go on adding marks, because pytest has collected what they add.

    A test gets a mark of its own where the source has none. An added one without arguments means
    the default, and may be closer than that: it has no say where the default is what the test
    gets, or where nothing was added.
    """
    model = context.model
    if not model.trace_index.trace.holds_all(model.index.test_modules):
        return False
    return all(_keeps(context, test) for test in model.tests if test.function.is_async)


def _keeps(context: RuleContext, test: Test) -> bool:
    if test.id not in context.model.trace_index.trace.lines:
        return False
    if not context.model.is_async_test(test):
        return True
    count = context.model.trace_index.trace.bare_marks.get(test.id)
    if count is None:
        return False
    written = sum(mark.name == "asyncio" for mark in test.marks)
    return count <= written or context.plan.tests.get(test.id) is context.plan.default
