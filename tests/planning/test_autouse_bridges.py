"""An autouse bridge reaches all tests below it, so it stands where they share its loop scope."""

from __future__ import annotations

from tests.suites_in_memory import after

OVERRIDE = "import asyncio\n\nimport pytest\n\n\n" + (
    "@pytest.fixture(autouse=True)\ndef event_loop():\n"
    "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
)
WIDER = """\
import asyncio

import pytest
import pytest_asyncio


@pytest_asyncio.fixture
async def server(): ...


def test_sync(server):
    asyncio.get_event_loop()


class TestWide:
    @pytest.fixture(scope="class")
    def event_loop(self):
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()

    @pytest.mark.asyncio
    async def test_async(self, server): ...
"""
NARROW = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_one(): ...\n"
BRIDGE = '@pytest_asyncio.fixture(autouse=True, loop_scope="class")'


def test_it_stands_in_the_module_that_needs_it() -> None:
    files = {"conftest.py": OVERRIDE, "test_a.py": WIDER, "test_b.py": NARROW}
    result = after(files)
    assert result["conftest.py"] == ""
    assert BRIDGE in result["test_a.py"]
    assert result["test_b.py"] == NARROW


def test_it_takes_the_place_of_the_override_where_all_agree() -> None:
    result = after({"conftest.py": OVERRIDE, "test_a.py": WIDER})
    assert "@pytest_asyncio.fixture(autouse=True)" in result["conftest.py"]
    assert "asyncio_default_fixture_loop_scope = class" in result["pytest.ini"]
