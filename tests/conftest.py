"""Which tests are slow, and which of them may take longer than others."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

# Folders in which all tests, or nearly all of them, start programs, and what others do so with.
# Elsewhere modules and tests have the mark themselves.
_SLOW = frozenset(
    {"benchmarks", "conventions", "live", "modern_suites", "random_suites", "robustness"}
)
_SLOW_FIXTURES = frozenset({"browser", "legacy_python", "modern_python"})
# Where the first test of all waits until environments or Chromium are fetched and installed.
_FETCHING = frozenset(
    {"guides", "live", "modern_suites", "random_suites", "reports", "explain", "verify"}
)
_FETCHED_WITHIN = 7200  # seconds; loopscope gives an installation up after half an hour


@pytest.fixture(scope="session", autouse=True)
def state() -> Iterator[Path]:
    """Keep the key of the tests, and of the programs that they start, out of the user's folder."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "XDG_STATE_HOME", folder)
        patch.setitem(os.environ, "LOOPSCOPE_NO_CACHE", "1")  # each test works for itself
        yield Path(folder) / "loopscope"


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        folder = item.path.relative_to(here).parts[0]
        names = getattr(item, "fixturenames", ())
        if folder in _SLOW or not _SLOW_FIXTURES.isdisjoint(names):
            item.add_marker(pytest.mark.slow)
        if folder in _FETCHING and item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(_FETCHED_WITHIN))
