"""LS317: async tests that nothing runs.

In strict mode an async test without the asyncio mark was skipped up to pytest 8.3, and fails from
pytest 8.4 on, which pytest-asyncio 1.4 needs. Whether it was meant to run, only a person can say.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.suite.fixtures import Test
from loopscope.rules.context import Rule, RuleContext, RuleResult, action

# Marks under which other plugins run async tests, or nobody does, and that is meant; under skipif
# a test is meant to run somewhere.
_OTHERS = frozenset(
    {"asyncio", "anyio", "trio", "twisted", "curio", "tornado", "gen_test", "skip", "xfail",
     "asyncio_event_loop", "django_db", "qt"}
)  # fmt: skip
_FIXTURES = ("anyio_backend", "nursery", "io_loop", "loop", "aiohttp_client", "cleanup")


def check(context: RuleContext) -> Iterator[RuleResult]:
    model = context.model
    if not model.uses_plugin or model.mode != "strict" or _runs_them_otherwise(context):
        return
    alike: dict[str, list[Test]] = {}
    for test in model.tests:
        if test.function.is_async and not test.unittest and not _is_run(context, test):
            alike.setdefault(test.key.path, []).append(test)
    for path, tests in alike.items():
        first, lines = tests[0], ", ".join(str(test.function.line) for test in tests[:5])
        more = f" ({len(tests)} here, lines {lines})" if len(tests) > 1 else ""
        yield action(
            "LS317", path, first.function.line,
            f"{first.function.qualname} is async and nothing runs it{more}: strict mode needs"
            " pytest.mark.asyncio. It was skipped, and fails from pytest 8.4 on: mark it, or skip"
            " it",
        )  # fmt: skip


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
    """Whether a hook of the suite marks its tests, or runs them itself."""
    return any(
        facts.hooks or any(item.name == "pytest_pyfunc_call" for item in facts.functions)
        for facts in context.files.values()
    )


RULE = Rule("LS317", "never-run", "async tests that nothing runs", "any", check)
