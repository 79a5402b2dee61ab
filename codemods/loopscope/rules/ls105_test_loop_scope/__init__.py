"""LS105: tests name their loop scope where it is not the configured default.

A test's loop scope is that of its closest ``asyncio`` mark; a closest mark without
``loop_scope`` falls back to the configured default and never inherits from a wider mark
(pytest-asyncio 0.24 to 1.5). ``scope=`` on the mark is its deprecated spelling.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from loopscope.analysis.file.mark_facts import Mark
from loopscope.analysis.suite.fixtures import Test
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.rules.context import Rule, RuleContext, RuleResult, action
from loopscope.rules.ls105_test_loop_scope.collection_hooks import marking_hooks
from loopscope.rules.ls105_test_loop_scope.gathered_marks import gathered
from loopscope.rules.ls105_test_loop_scope.mark_edits import (
    ChangeDecoratorMark,
    ChangeMarksInside,
    ChangeStatementMark,
    MarkChange,
    RemoveDecoratorMark,
)
from loopscope.rules.ls105_test_loop_scope.other_marks import (
    drop_loop_marks,
    mark_tests,
    own_marks,
    unnamed,
    unreadable_marks,
)
from loopscope.types import Scope

_KNOWN = frozenset({"scope", "loop_scope", "loop_factories"})


class MarkPlace(NamedTuple):
    """Where a mark stands: on a definition, or in a statement."""

    path: str
    ordinal: int | None
    statement: int | None
    spelled: str
    inside: bool


def check(context: RuleContext) -> Iterator[RuleResult]:
    yield from marking_hooks(context)
    yield from drop_loop_marks(context)
    if context.plan.suite_style is SuiteStyle.MODERN:
        yield from _renames(context, set())
        yield from _bare(context)
        return
    done: set[MarkPlace] = set()
    yield from set_loop_scopes(context, context.plan.tests, done)
    yield from _bare(context)
    yield from _renames(context, done)
    yield from unreadable_marks(context)


def set_loop_scopes(
    context: RuleContext, changed: Collection[str], done: set[MarkPlace]
) -> Iterator[RuleResult]:
    """Bring the marks to what the plan says, where they are those of ``changed`` tests.

    The places of these marks are added to ``done``.
    """
    groups: dict[MarkPlace, list[Test]] = defaultdict(list)
    bare: dict[str, list[Test]] = defaultdict(list)
    common: set[str] = set()
    for tests, edits in gathered(context):
        yield from edits
        common |= {test.id for test in tests}
    for test in context.model.tests:
        if test.id not in context.plan.tests or test.id in common:
            continue
        mark = test.mark("asyncio")
        if mark is None and context.model.mode == "auto":
            bare[test.module].append(test)
        elif mark is not None:
            groups[_place_of(mark)].append(test)
    loop_scopes: dict[MarkPlace, Scope] = {}
    for place, tests in sorted(groups.items(), key=_widest_first):
        if any(test.id in changed for test in tests):
            yield from _marked(context, place, tests, loop_scopes)
            done.add(place)
    for module, tests in sorted(bare.items()):
        if any(test.id in changed for test in tests):
            yield from mark_tests(context, module, tests)


def _bare(context: RuleContext) -> Iterator[RuleResult]:
    """Sync tests that LS102 makes async need a mark in strict mode."""
    if context.model.mode == "auto":
        return
    tests = [
        test
        for test in context.model.tests
        if test.id in context.plan.tests and test.mark("asyncio") is None
    ]
    yield from own_marks(context, tests)


def _place_of(mark: Mark) -> MarkPlace:
    return MarkPlace(mark.path, mark.ordinal, mark.statement, mark.spelled, mark.inside)


def _widest_first(item: tuple[MarkPlace, list[Test]]) -> tuple[bool, int, str, int]:
    place, tests = item
    on_function = place.ordinal is not None and any(
        place.ordinal == test.key.ordinal and place.path == test.key.path for test in tests
    )
    return (on_function, -len(tests), place.path, place.ordinal or place.statement or 0)


def _marked(
    context: RuleContext, place: MarkPlace, tests: list[Test], loop_scopes: dict[MarkPlace, Scope]
) -> Iterator[RuleResult]:
    """Bring the mark to the loop scope of its tests; who deviates gets one of their own."""
    counts = Counter(context.plan.tests[test.id] for test in tests)
    main = max(
        counts, key=lambda loop_scope: (counts[loop_scope], loop_scope is context.plan.default)
    )
    loop_scopes[place] = main
    mark = next(mark for mark in tests[0].marks if _place_of(mark) == place)
    if _redundant(context, mark, tests, loop_scopes):
        yield RemoveDecoratorMark(
            "LS105",
            place.path,
            mark.line,
            tests[0].function.qualname,
            f"bare mark removed: the wider one says loop_scope {main.word}",
            tests[0].key.ordinal,
            mark.spelled,
        )
    elif place.spelled:
        yield from _change(context, place, mark, main, tests)
    elif main is not unnamed(context, tests):  # getattr(pytest.mark, "asyncio"): one nearer wins
        yield from own_marks(context, [t for t in tests if context.plan.tests[t.id] is main])
    yield from own_marks(context, [t for t in tests if context.plan.tests[t.id] is not main])


def _redundant(
    context: RuleContext, mark: Mark, tests: list[Test], loop_scopes: dict[MarkPlace, Scope]
) -> bool:
    """Recognize a bare mark below a wider one that gives its function the same loop scope."""
    loop_scope = context.plan.tests[tests[0].id]
    if mark.keywords or mark.inside or len(tests) != 1:
        return False
    if (mark.path, mark.ordinal) != tests[0].key:
        return False
    if loop_scope is unnamed(context, tests):
        return False
    wider = [other for other in tests[0].marks if other.name == "asyncio" and other != mark]
    return bool(wider) and loop_scopes.get(_place_of(wider[0])) is loop_scope


def _change(
    context: RuleContext, place: MarkPlace, mark: Mark, loop_scope: Scope, tests: Sequence[Test]
) -> Iterator[RuleResult]:
    unknown = tuple(name for name in mark.keywords if name not in _KNOWN)
    old_name = "scope" in mark.keywords and "loop_scope" not in mark.keywords
    explicit = mark.loop_scope
    new = None
    message = ""
    if explicit is not loop_scope and (
        explicit is not None or loop_scope is not unnamed(context, tests)
    ):
        new = loop_scope
        message = f"loop_scope {loop_scope.word}, the loop that its tests share"
    elif old_name:
        message = "scope= is spelled loop_scope="
    if unknown:
        removed = f"{', '.join(unknown)} removed: pytest-asyncio no longer knows it"
        message = f"{message}; {removed}" if message else removed
    if message:
        change = MarkChange(mark.spelled, new, unknown, rename=old_name)
        where = _where(context, place, tests)
        yield _mark_edit(context, place, mark, where, message, change)


def _mark_edit(
    context: RuleContext,
    place: MarkPlace,
    mark: Mark,
    where: str,
    message: str,
    change: MarkChange,
) -> RuleResult:
    line = mark.line
    if mark.inside and place.ordinal is not None and place.spelled:
        return ChangeMarksInside("LS105", place.path, line, where, message, place.ordinal, change)
    if place.ordinal is not None and place.spelled:
        return ChangeDecoratorMark(
            "LS105", place.path, line, where, message, place.ordinal, change
        )
    if not place.spelled or place.statement is None:
        return action("LS105", place.path, line, f"this mark must be changed by hand: {message}")
    return ChangeStatementMark("LS105", place.path, line, where, message, place.statement, change)


def _where(context: RuleContext, place: MarkPlace, tests: Iterable[Test]) -> str:
    if place.ordinal is None:
        return "pytestmark"
    for test in tests:
        if test.key == (place.path, place.ordinal):
            return test.function.qualname
    for cls in context.files[place.path].classes:
        if cls.ordinal == place.ordinal:
            return cls.qualname
    return ""


# -- marks that no async test is closest to -------------------------------------------------


def _renames(context: RuleContext, done: set[MarkPlace]) -> Iterator[RuleResult]:
    """Replace the deprecated spelling in all other marks."""
    for path, facts in context.files.items():
        marks = [
            *facts.marks,
            *(mark for cls in facts.classes for mark in (*cls.marks, *cls.subclass_marks)),
            *(m for f in facts.functions if f.fixture is None for m in f.marks),
            *(mark for values in facts.mark_variables.values() for mark in values),
        ]
        for mark in marks:
            place = _place_of(mark)
            if mark.name != "asyncio" or place in done or mark.path != path:
                continue
            done.add(place)
            unknown = tuple(name for name in mark.keywords if name not in _KNOWN)
            if "scope" in mark.keywords or unknown:
                loop_scope = mark.loop_scope or context.plan.default
                yield from _change(context, place, mark, loop_scope, ())


RULE = Rule(
    "LS105",
    "test-loop-scope",
    "tests name their loop scope where it is not the default",
    "0.24",
    check,
)
