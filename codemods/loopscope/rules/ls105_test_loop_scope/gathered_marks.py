"""One mark on a class or module in the place of the same one on each of its tests (LS105).

A bare mark on each test would have to be changed on each; one around them all, and none on the
tests, is the smaller change. A mark over a sync test would warn, so all tests must be async.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.rules.context import RuleContext, RuleResult
from loopscope.rules.ls105_test_loop_scope.mark_edits import RemoveDecoratorMark
from loopscope.rules.ls105_test_loop_scope.other_marks import class_mark, module_mark, unnamed

# Changed marks are two lines each. A class mark adds one, a pytestmark three with its blank ones.
_OF_A_CLASS, _OF_A_MODULE = 2, 4


def gathered(context: RuleContext) -> Iterator[tuple[list[Test], list[RuleResult]]]:
    """Yield the tests whose marks go for a common one, with the edits for that."""
    if context.plan.suite_style is not SuiteStyle.LEGACY:
        return
    modules: dict[str, list[Test]] = defaultdict(list)
    classes: dict[Key, list[Test]] = defaultdict(list)
    definitions: dict[Key, set[Key | None]] = defaultdict(set)
    for test in context.model.tests:
        modules[test.module].append(test)
        definitions[test.key].add(test.classes[0] if test.classes else None)
        for cls in test.classes:
            classes[cls].append(test)
    shared = {key for key, owners in definitions.items() if len(owners) > 1}
    for module, tests in modules.items():
        if _fit(context, tests, shared, _OF_A_MODULE) and _is_own(context, module, tests):
            yield tests, [module_mark(context, module, tests), *_without(tests)]
            continue
        inner = {test.classes[0] for test in tests if test.classes}
        for key in sorted(inner):
            members = classes[key]
            alone = all(test.classes[0] == key and test.module == module for test in members)
            if alone and key.path == module and _fit(context, members, shared, _OF_A_CLASS):
                yield members, [class_mark(context, key, members), *_without(members)]


def _fit(context: RuleContext, tests: Sequence[Test], shared: set[Key], least: int) -> bool:
    """Whether all tests are async, on one loop scope to be named, each under a bare mark."""
    plan = context.plan
    if len({test.key for test in tests}) < least or any(test.key in shared for test in tests):
        return False
    loop_scopes = {plan.tests.get(test.id) for test in tests}
    if len(loop_scopes) > 1 or None in loop_scopes or unnamed(context, tests) in loop_scopes:
        return False
    for test in tests:
        marks = [mark for mark in test.marks if mark.name == "asyncio"]
        if len(marks) != 1 or marks[0].keywords or marks[0].inside or not marks[0].spelled:
            return False
        if (marks[0].path, marks[0].ordinal) != test.key:
            return False
    return True


def _is_own(context: RuleContext, module: str, tests: Sequence[Test]) -> bool:
    """Whether the tests stand in their module, which makes its marks itself."""
    imported = any(bound.name == "pytestmark" for bound in context.files[module].imports)
    return not imported and all(test.key.path == module for test in tests)


def _without(tests: Sequence[Test]) -> Iterator[RuleResult]:
    for key, test in {test.key: test for test in tests}.items():
        mark = next(mark for mark in test.marks if mark.name == "asyncio")
        yield RemoveDecoratorMark(
            "LS105", key.path, mark.line, test.function.qualname,
            "bare mark removed: the new one around its tests says the same",
            key.ordinal, mark.spelled,
        )  # fmt: skip
