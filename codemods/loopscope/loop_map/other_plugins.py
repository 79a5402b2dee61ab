"""Tests and fixtures that another plugin (anyio, trio) runs, on loops of its own."""

from __future__ import annotations

from loopscope.analysis.suite.fixtures import Key, Test
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
