"""Async fixtures that strict mode left to others: their users got the coroutine itself.

See docs/loop-rules.md, Async fixtures and tests without the plugin.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.suite.fixtures import FixtureDef
from loopscope.loop_map.suite_model import SuiteModel


def raw_fixtures(model: SuiteModel) -> Iterator[FixtureDef]:
    """Yield the async fixtures under ``pytest.fixture`` in a suite in strict mode."""
    if model.settings.mode != "strict":
        return
    for fixtures in model.index.registered.values():
        for item in fixtures.values():
            plain = item.fixture.origin != "pytest_asyncio.fixture"
            if plain and item.function.is_async and model.is_async_fixture(item.function):
                yield item
