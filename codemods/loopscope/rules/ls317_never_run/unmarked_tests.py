"""Async tests that nothing runs: without a mark in strict mode, or in a plain ``TestCase``.

Whether one was meant to run, only a person can say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loopscope.analysis.suite.fixtures import Test
from loopscope.rules.context import RuleContext, RuleResult, action
from loopscope.rules.ls317_never_run.test_cases import is_plain_test_case
from loopscope.rules.ls317_never_run.uncollected import Uncollected

# Marks under which other plugins run async tests, or nobody does, and that is meant; under skipif
# a test is meant to run somewhere.
_OTHERS = frozenset(
    {"asyncio", "anyio", "trio", "twisted", "curio", "tornado", "gen_test", "skip", "xfail",
     "asyncio_event_loop", "django_db", "qt"}
)  # fmt: skip
OTHER_MODES = frozenset(
    {"anyio_mode", "trio_mode"}
)  # options by which other plugins run all of them
_FIXTURES = ("anyio_backend", "nursery", "io_loop", "loop", "aiohttp_client", "cleanup")


def unmarked_tests(context: RuleContext) -> Iterator[RuleResult]:
    """Report the async tests that strict mode leaves alone, file by file."""
    model = context.model
    if model.mode != "strict" or _runs_them_otherwise(context):
        return
    left_out = Uncollected(context)
    unmarked = [
        test
        for test in model.tests
        if test.function.is_async
        and not test.unittest
        and not _is_run(context, test)
        and not left_out(test)
    ]
    for path, first, more in _by_file(unmarked):
        yield action(
            "LS317", path, first.function.line,
            f"{first.function.qualname} is async and nothing runs it{more}: strict mode needs"
            " pytest.mark.asyncio. It was skipped, and fails from pytest 8.4 on: mark it, or skip"
            " it",
        )  # fmt: skip


def tests_of_test_cases(context: RuleContext) -> Iterator[RuleResult]:
    """Report the async tests of ``unittest.TestCase``, which calls them and awaits nothing."""
    left_out = Uncollected(context)
    never_awaited = [
        test
        for test in context.model.index.tests
        if test.unittest
        and test.function.is_async
        and test.function.known_decorators
        and not any(mark.name == "skip" for mark in test.marks)
        and is_plain_test_case(context.model, test.classes[-1])
        and not left_out(test)
    ]
    for path, first, more in _by_file(never_awaited):
        yield action(
            "LS317", path, first.function.line,
            f"{first.function.qualname} is async and never awaited{more}: unittest.TestCase calls"
            " it, and it passes without having run; marks do not change that. Derive the class"
            " from unittest.IsolatedAsyncioTestCase",
        )  # fmt: skip


def _by_file(tests: Iterable[Test]) -> Iterator[tuple[str, Test, str]]:
    """Yield each file with its first test, and words for how many there are, and where."""
    alike: dict[str, dict[int, Test]] = {}
    for test in tests:
        alike.setdefault(test.key.path, {}).setdefault(test.function.line, test)
    for path, found in alike.items():
        lines = ", ".join(str(line) for line in sorted(found)[:5])
        more = f" ({len(found)} here, lines {lines})" if len(found) > 1 else ""
        yield path, found[min(found)], more


def _is_run(context: RuleContext, test: Test) -> bool:
    if any(mark.name in _OTHERS or mark.reference for mark in test.marks):
        return True
    if not test.function.known_decorators or test.function.is_generator:
        return True
    if test.id in context.model.trace_index.trace.async_tests:
        return True  # a mark that is not seen in the source
    names = set(test.function.parameters)
    for item in context.model.closure(test).fixtures:
        names |= {item.fixture.name, *item.function.parameters}
    return not names.isdisjoint(_FIXTURES)


def _runs_them_otherwise(context: RuleContext) -> bool:
    """Whether another plugin runs all async tests, or a hook of the suite does, or marks them."""
    if not OTHER_MODES.isdisjoint(context.config.options):
        return True
    return any(
        facts.hooks or any(item.name == "pytest_pyfunc_call" for item in facts.functions)
        for facts in context.files.values()
    )
