"""Tests and fixtures that are left to others: to another plugin (anyio, trio), or to nobody.

See docs/loop-rules.md, Async fixtures and tests without the plugin.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.loop_map.suite_model import SuiteModel


def is_of_another_plugin(model: SuiteModel, test: Test) -> bool:
    """Whether anyio or trio runs the test, and sets its async fixtures up."""
    if test.mark("anyio") is not None or test.mark("trio") is not None:
        return True
    names = {item.fixture.name for item in model.closure(test).fixtures}
    return "anyio_backend" in names or "anyio_backend" in test.function.parameters


def of_other_plugins(model: SuiteModel) -> frozenset[Key]:
    """Find the fixtures that only tests of another plugin use."""
    users: dict[Key, bool] = {}
    for test in model.tests:
        foreign = is_of_another_plugin(model, test)
        for item in model.closure(test).fixtures:
            users[item.key] = users.get(item.key, True) and foreign
    return frozenset(key for key, foreign in users.items() if foreign)


def raw_fixtures(model: SuiteModel) -> Iterator[FixtureDef]:
    """Yield the async fixtures under ``pytest.fixture`` in a suite in strict mode."""
    if model.settings.mode != "strict":
        return
    for fixtures in model.index.registered.values():
        for item in fixtures.values():
            plain = item.fixture.origin != "pytest_asyncio.fixture"
            if plain and item.function.is_async and model.is_async_fixture(item.function):
                yield item
