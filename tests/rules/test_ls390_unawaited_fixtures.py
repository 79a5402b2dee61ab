"""LS390: a part of a migration makes a fixture async and leaves a decorator that awaits none."""

from __future__ import annotations

import pytest

from loopscope.types import Level
from tests.live.samples.sample import override
from tests.suites_in_memory import AUTO, STRICT, migrate_files

TEXT = (
    override("module")
    + """

@pytest.fixture(scope="module")
def thing(event_loop):
    return event_loop.run_until_complete(asyncio.sleep(0, 1))


@pytest.fixture
async def never_awaited():
    return 1


@pytest.mark.asyncio
async def test_x(thing):
    assert thing
"""
)


@pytest.mark.parametrize(
    ("mode", "options", "number"),
    [
        (STRICT, {"ignore": ("LS103",)}, 1),
        (STRICT, {"ignore": ("LS105",)}, 0),
        (STRICT, {}, 0),
        (AUTO, {"ignore": ("LS103",)}, 0),
    ],
)
def test_fixture_that_nothing_awaits(
    mode: str, options: dict[str, tuple[str, ...]], number: int
) -> None:
    files = {"pytest.ini": mode, "test_a.py": TEXT}
    found = [one for one in migrate_files(files, **options).findings if one.code == "LS390"]
    said = [one.message for one in found if one.level is Level.ACTION]
    assert len(said) == number
    assert all("thing is async, and in strict mode nothing awaits it" in text for text in said)
