"""Requests for an async fixture by ``getfixturevalue``, where a loop is running already.

pytest-asyncio runs an async fixture on its loop to the first yield. It did so up to 0.21, too: in
a running coroutine that cannot be done. A fixture that is already set up is only handed out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loopscope.analysis.file.facts import Function
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.rules.context import RuleContext, RuleResult, action


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
        if item not in early and context.model.is_async_fixture(item.function)
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
