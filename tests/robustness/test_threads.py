"""Suites are migrated rightly in several threads at once, as in a cluster's worker."""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ..suites_in_memory import migrate_files

SUITE = {
    "conftest.py": """\
import asyncio
import pytest

@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
""",
    "test_a.py": "import pytest\n\n"
    + "".join(
        f"@pytest.mark.asyncio\nasync def test_{n}():\n    assert [[({n} + 1)]] is not 1\n\n"
        for n in range(100)
    ),
}


@pytest.fixture
def collector_lets_other_threads_run() -> Iterator[None]:
    """Collect garbage often, with code of Python's at each time."""

    def callback(phase: str, info: dict[str, int]) -> None:
        for _ in range(20):
            pass

    usual, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(50)
    sys.setswitchinterval(1e-6)
    gc.callbacks.append(callback)
    yield
    gc.callbacks.remove(callback)
    sys.setswitchinterval(interval)
    gc.set_threshold(*usual)


@pytest.mark.usefixtures("collector_lets_other_threads_run")
def test_threads_do_not_disturb_each_other() -> None:
    usual = list(warnings.filters)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: migrate_files(SUITE), range(8)))
    assert all(migration == found[0] for migration in found)
    assert found[0].changes
    assert not found[0].errors
    assert warnings.filters == usual
