"""LS317: async code of a suite that nothing runs, or that cannot be run where it stands.

In strict mode an async test without the asyncio mark was skipped up to pytest 8.3, and fails from
pytest 8.4 on, which pytest-asyncio 1.4 needs. pytest and unittest call set-up methods and do not
await them. An async fixture needs its loop for itself: a running coroutine cannot request it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loopscope.analysis.file.facts import Function
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.rules.context import Rule, RuleContext, RuleResult, action
from loopscope.rules.ls317_never_run.async_methods import AsyncMethod, async_methods
from loopscope.rules.ls317_never_run.conversion import conversion
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


def late_requests(context: RuleContext) -> Iterator[RuleResult]:
    """Report the async tests and fixtures that request an async fixture while they run."""
    found: dict[tuple[Key, str, str], int] = {}
    for test in context.model.own_tests:
        for key, function in _running(context, test):
            for name, _ in context.model.closures.dynamic(key, function):
                late = _late(context, test, name) if name and name != EVENT_LOOP else ""
                if late:
                    found[key, name, late] = found.get((key, name, late), 0) + 1
    for (key, name, late), number in found.items():
        function = context.model.index.function(key)
        what = (
            f"the async fixture {name}" if late == name else f"{name}, for which {late} is set up,"
        )
        who, other = function.qualname, f', or by @pytest.mark.usefixtures("{name}")'
        if function.fixture is not None:
            who, other = f"{who} ({number} {'tests use' if number > 1 else 'test uses'} it)", ""
        yield action(
            "LS317", key.path, function.line,
            f"{who} is async and requests {what} by getfixturevalue(): that fails, since an async"
            f" fixture cannot be set up while a loop is running. Take it as an argument{other}, so"
            " that it is set up before",
        )  # fmt: skip


def _running(context: RuleContext, test: Test) -> Iterator[tuple[Key, Function]]:
    """Yield the code of a test that runs on a loop: the test, and its async fixtures."""
    model = context.model
    if model.is_async_test(test):
        yield test.key, test.function
    for item in model.closure(test).fixtures:
        function = item.function
        if item.key.is_external or item.key.path in model.cross_suite:
            continue
        if function.is_async and function.dynamic and model.is_async_fixture(function):
            yield item.key, function


def _late(context: RuleContext, test: Test, name: str) -> str:
    """Name the async fixture, this one or one that it needs, that nothing set up before."""
    early = _closure(context, test, _early_names(context, test))
    late = [
        item.fixture.name
        for item in _closure(context, test, [name])
        # A sync function under ``pytest_asyncio.fixture`` is only called, and nothing is run.
        if item not in early
        and item.function.is_async
        and context.model.is_async_fixture(item.function)
    ]
    return name if name in late else min(late, default="")


def _early_names(context: RuleContext, test: Test) -> list[str]:
    model = context.model
    configured = model.index.config.options.get("usefixtures", ())
    names = list(configured) if isinstance(configured, tuple) else []
    for mark in test.marks:
        if mark.name == "usefixtures":
            names += mark.strings
    for fixtures in model.index.chain(test):
        names += (name for name, item in fixtures.items() if item.fixture.autouse)
    return [*names, *(set(test.function.parameters) - test.function.parametrized)]


def _closure(context: RuleContext, test: Test, names: Iterable[str]) -> dict[FixtureDef, None]:
    """Return the fixtures behind some names, those that sync ones request at run time included."""
    found: dict[FixtureDef, None] = {}
    queue: list[tuple[str, FixtureDef | None]] = [(name, None) for name in names]
    while queue:
        name, requester = queue.pop()
        chain = context.model.closures.visible(test, name)
        if requester is not None and requester.fixture.name == name and requester in chain:
            chain = chain[: chain.index(requester)]
        if not chain or chain[-1] in found:
            continue
        item = chain[-1]
        found[item] = None
        queue += [(more, item) for more in item.function.parameters]
        if not item.function.is_async and not item.key.is_external:
            dynamic = context.model.closures.dynamic(item.key, item.function)
            queue += [(more, item) for more, _ in dynamic if more]
    return found
