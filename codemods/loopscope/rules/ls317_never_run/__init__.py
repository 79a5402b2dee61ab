"""LS317: async code of a suite that nothing runs, or that cannot be run where it stands.

In strict mode an async test without the asyncio mark was skipped up to pytest 8.3, and fails from
pytest 8.4 on, which pytest-asyncio 1.4 needs. pytest and unittest call set-up methods and do not
await them. An async fixture needs its loop for itself: a running coroutine cannot request it.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.rules.context import Rule, RuleContext, RuleResult, action
from loopscope.rules.ls317_never_run.async_methods import AsyncMethod, async_methods
from loopscope.rules.ls317_never_run.conversion import conversion
from loopscope.rules.ls317_never_run.late_requests import late_requests
from loopscope.rules.ls317_never_run.test_cases import Kind
from loopscope.rules.ls317_never_run.unmarked_tests import tests_of_test_cases, unmarked_tests


def xunit_methods(context: RuleContext) -> Iterator[RuleResult]:
    """Make the async set-up methods of the suite fixtures, or say what takes their place."""
    methods = tuple(async_methods(context))
    changed: set[tuple[str, int]] = set()
    for found in methods:
        edits = conversion(context, found, methods)
        changed |= {(edit.path, edit.ordinal) for edit in edits}
        yield from edits
    for found in methods:
        if found.key not in changed:
            yield action("LS317", found.key.path, found.function.line, _message(found))


def _message(found: AsyncMethod) -> str:
    name = found.function.qualname
    number = len(found.tests)
    tests = f"{number} tests do" if number > 1 else f"{found.tests[0].function.name} does"
    owner = found.kind.value if found.kind is Kind.ISOLATED else "pytest"
    if found.kind is Kind.TEST_CASE:
        owner = "unittest"
    why = f"{owner} calls it and does not await it"
    if not found.called:
        why = "only unittest.IsolatedAsyncioTestCase awaits a method of this name"
    return f"{name} is async and never runs, so {tests} without it: {why}. {_advice(found)}"


def _advice(found: AsyncMethod) -> str:
    name = found.function.name
    ends = name.lower().startswith(("teardown", "asyncteardown"))
    if found.kind is Kind.ISOLATED:
        if "class" in name.lower():
            return "Do it in asyncSetUp, or without async code"
        return f"Call it {'asyncTearDown' if ends else 'asyncSetUp'}"
    if found.kind is Kind.TEST_CASE:
        renamed = (
            f", and call it {'asyncTearDown' if ends else 'asyncSetUp'}" if found.called else ""
        )
        return f"Derive the class from unittest.IsolatedAsyncioTestCase{renamed}"
    part = ", with the tear-down after its yield"
    if ends:
        part = ", where this stands after the yield"
    for level in ("class", "module"):
        if level in name.lower():
            part = f' of scope and loop_scope "{level}"{part}, and give its tests that loop_scope'
    return f"Make it an autouse pytest_asyncio.fixture{part}"


def check(context: RuleContext) -> Iterator[RuleResult]:
    if context.model.uses_plugin or context.model.settings.declared:
        yield from unmarked_tests(context)
    if context.model.uses_plugin:
        yield from tests_of_test_cases(context)
        yield from xunit_methods(context)
        yield from late_requests(context)


RULE = Rule("LS317", "never-run", "async tests and set-up methods that nothing runs", "any", check)
