"""Marks for LS105 beside those that it changes: new ones, those of 0.22, those beyond reading."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from loopscope.analysis.file.mark_facts import Mark
from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.loop_map.legacy import LOOP_MARK
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.rules.context import Need, RuleContext, RuleResult, action, by_file, note, spell
from loopscope.rules.ls105_test_loop_scope.mark_edits import (
    AddDecoratorMark,
    AddPytestmark,
    JoinPytestmark,
    RemoveDecoratorMark,
    RemoveStatementMark,
)
from loopscope.rules.ls317_never_run.unmarked_tests import OTHER_MODES
from loopscope.types import Scope

_REMOVED = "asyncio_event_loop removed: loop_scope says what it said"
_UNREAD = (
    "no asyncio mark is read on {}{}; one {}. Its loop is not allowed for: write "
    "@pytest.mark.asyncio on the test itself, and run loopscope again"
)


def unnamed(context: RuleContext, tests: Iterable[Test]) -> Scope | None:
    """Return the loop scope that the tests need not name; None where they must name any."""
    return None if any(t.id in context.plan.named for t in tests) else context.plan.default


def _mark_source(
    context: RuleContext, path: str, loop_scope: Scope, tests: Iterable[Test]
) -> tuple[str, tuple[Need, ...]]:
    spelled, needs = spell(context.files[path], "pytest.mark.asyncio")
    if needs:
        needs = (("pytest", None),)
    if loop_scope is unnamed(context, tests) and context.model.mode != "auto":
        return spelled, needs
    return f'{spelled}(loop_scope="{loop_scope.word}")', needs


def own_marks(context: RuleContext, tests: Iterable[Test]) -> Iterator[RuleResult]:
    """Put a mark on each definition; one that several classes collect has one loop scope."""
    definitions: dict[Key, list[Test]] = defaultdict(list)
    for test in tests:
        definitions[test.key].append(test)
    for key, collected in definitions.items():
        yield _own_mark(context, key, collected)


def _own_mark(context: RuleContext, key: Key, tests: Sequence[Test]) -> AddDecoratorMark:
    function = context.model.index.function(key)
    loop_scope = context.plan.tests[tests[-1].id]
    source, needs = _mark_source(context, key.path, loop_scope, tests)
    return AddDecoratorMark(
        "LS105",
        key.path,
        function.line,
        function.qualname,
        "mark added: the test runs on a loop now"
        if loop_scope is unnamed(context, tests)
        else f"loop_scope {loop_scope.word}, unlike the configured default",
        key.ordinal,
        f"@{source}",
        needs=needs,
    )


def mark_tests(context: RuleContext, module: str, tests: list[Test]) -> Iterator[RuleResult]:
    """Mark tests without any, at the widest place that is uniform and holds no sync test."""
    loop_scope = _uniform(context, tests)
    if loop_scope is not None and loop_scope is unnamed(context, tests):
        return
    imported = any(bound.name == "pytestmark" for bound in context.files[module].imports)
    if loop_scope is not None and not imported and not _holds_sync(context, module):
        yield module_mark(context, module, tests)
        return
    rest: list[Test] = []
    classes: dict[Key, list[Test]] = defaultdict(list)
    for test in tests:
        if test.classes and test.classes[0].path == module:
            classes[test.classes[0]].append(test)
        else:
            rest.append(test)
    for key, members in classes.items():
        inner = _uniform(context, members)
        if inner is not None and inner is unnamed(context, members):
            continue
        if inner is not None and not _holds_sync(context, module, key):
            yield class_mark(context, key, members)
        else:
            rest += members
    wanted = [t for t in rest if context.plan.tests[t.id] is not unnamed(context, [t])]
    yield from own_marks(context, wanted)


def _uniform(context: RuleContext, tests: Iterable[Test]) -> Scope | None:
    loop_scopes = {context.plan.tests[test.id] for test in tests}
    return loop_scopes.pop() if len(loop_scopes) == 1 else None


def _holds_sync(context: RuleContext, module: str, cls: Key | None = None) -> bool:
    return any(
        test.id not in context.plan.tests
        for test in context.model.tests
        if test.module == module and (cls is None or cls in test.classes)
    )


def module_mark(context: RuleContext, module: str, tests: Sequence[Test]) -> RuleResult:
    """Mark all tests of a module, joined to the marks that it has."""
    facts = context.files[module]
    loop_scope = context.plan.tests[tests[0].id]
    source, needs = _mark_source(context, module, loop_scope, tests)
    message = f"loop_scope {loop_scope.word} for all tests of the module"
    if facts.pytestmark is not None:
        return JoinPytestmark(
            "LS105", module, facts.pytestmark, "pytestmark", message, facts.pytestmark, source
        )
    return AddPytestmark("LS105", module, 1, "pytestmark", message, source, needs=needs)


def class_mark(context: RuleContext, key: Key, tests: Sequence[Test]) -> RuleResult:
    """Mark all tests of a class, joined to the marks that it has."""
    cls = context.model.index.cls(key)
    loop_scope = context.plan.tests[tests[0].id]
    source, needs = _mark_source(context, key.path, loop_scope, tests)
    message = f"loop_scope {loop_scope.word} for all tests of the class"
    if cls.pytestmark is not None:
        return JoinPytestmark(
            "LS105", key.path, cls.pytestmark, cls.qualname, message, cls.pytestmark, source
        )
    return AddDecoratorMark(
        "LS105", key.path, cls.line, cls.qualname, message, key.ordinal, f"@{source}", needs=needs
    )


def drop_loop_marks(context: RuleContext) -> Iterator[RuleResult]:
    """Remove the marks; the loop scope of their tests is set as for an override."""
    seen: set[tuple[str, int | None, int]] = set()
    for test in context.model.tests:
        for mark in test.marks:
            place = (mark.path, mark.ordinal, mark.line)
            if mark.name == LOOP_MARK and place not in seen:
                seen.add(place)
                yield _drop(context, mark)


def _drop(context: RuleContext, mark: Mark) -> RuleResult:
    place = ("LS105", mark.path, mark.line)
    if mark.keywords:
        return action(
            *place,
            "asyncio_event_loop with a policy is gone: return the loops from a "
            "pytest_asyncio_loop_factories hook, and mark the tests asyncio(loop_scope=…)",
        )
    if mark.ordinal is not None:
        return RemoveDecoratorMark(*place, LOOP_MARK, _REMOVED, mark.ordinal, mark.spelled)
    alone = context.files[mark.path].is_all_of_a_variable(mark)
    if mark.statement is not None and not alone:
        return RemoveStatementMark(*place, "pytestmark", _REMOVED, mark.statement, mark.spelled)
    return action(*place, "remove this mark by hand: loop_scope says what it said")


def unreadable_marks(context: RuleContext) -> Iterator[RuleResult]:
    """Async tests of strict mode that an import or an unknown decorator may mark (LS105)."""
    model = context.model
    if model.mode == "auto" or model.suite_style is not SuiteStyle.LEGACY:
        return
    if not OTHER_MODES.isdisjoint(context.config.options):
        return
    seen = set()
    decorated = []
    for test in model.tests:
        function, path = test.function, test.key.path
        if not function.is_async or model.is_async_test(test) or test.key in seen:
            continue
        trace = model.trace_index.trace
        if test.id in trace.used and test.id not in trace.async_tests:
            continue
        if any(mark.name in ("anyio", "trio", "skip") for mark in test.marks):
            continue
        seen.add(test.key)
        if any(
            bound.name == "pytestmark" and model.index.find(test.module, bound.module) is None
            for bound in context.files[test.module].imports
        ):
            message = _UNREAD.format(
                function.qualname, "", "may come with the imported pytestmark"
            )
            yield action("LS105", path, function.line, message)
        elif not function.known_decorators:  # or one that runs the test itself
            decorated.append(test)
    for path, test, more in by_file(decorated):
        message = _UNREAD.format(test.function.qualname, more, "may come with its decorator")
        yield note("LS105", path, test.function.line, message)
