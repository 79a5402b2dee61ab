"""LS109: tests of ``unittest.TestCase`` that count on the current loop."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import after, messages, migrate_files

FREE = "import pytest\n\n@pytest.mark.asyncio\nasync def test_free(): ...\n"
HEAD = "import asyncio\nimport unittest\n\n"
SET_UP = """\
class TestIt(unittest.TestCase):
    def setUp(self):
        self.loop = asyncio.get_event_loop()

    def test_it(self):
        self.loop.run_until_complete(asyncio.sleep(0))
"""
BODY = """\
class TestIt(unittest.TestCase):
    def test_it(self):
        asyncio.get_event_loop().run_until_complete(asyncio.sleep(0))
"""
HELPER = """\
def run(coro):
    return asyncio.get_event_loop().run_until_complete(coro)

class Base(unittest.TestCase):
    pass

class TestIt(Base):
    def test_it(self):
        run(asyncio.sleep(0))
"""
ISOLATED = """\
class TestIt(unittest.IsolatedAsyncioTestCase):
    async def test_it(self):
        asyncio.get_event_loop()
"""
NO_ASYNCIO = "class TestIt(unittest.TestCase):\n    def test_it(self): ...\n"


@pytest.mark.parametrize("source", [SET_UP, BODY, HELPER], ids=["set-up", "body", "helper"])
def test_finds_a_current_loop(source: str) -> None:
    files = {"tests/test_a.py": FREE, "tests/test_b.py": HEAD + source}
    result = after(files)
    assert "def _ambient_event_loop(request)" in result["tests/conftest.py"]
    assert not migrate_files(result).changes


@pytest.mark.parametrize("source", [ISOLATED, NO_ASYNCIO], ids=["isolated", "plain"])
def test_needs_none(source: str) -> None:
    assert "tests/conftest.py" not in after(
        {"tests/test_a.py": FREE, "tests/test_b.py": HEAD + source}
    )


CLASS = """\
class TestIt(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.loop = asyncio.get_event_loop()

    def test_it(self): ...
"""
MODULE = "def setUpModule():\n    asyncio.get_event_loop()\n\n\n" + NO_ASYNCIO


@pytest.mark.parametrize(("source", "line"), [(CLASS, 7), (MODULE, 5)], ids=["class", "module"])
def test_set_up_that_is_too_early_for_a_fixture(source: str, line: int) -> None:
    files = {"test_a.py": FREE, "test_b.py": HEAD + source}
    assert f"test_b.py:{line} LS102 action" in messages(migrate_files(files))
    alone = migrate_files({"test_b.py": HEAD + source})  # no test takes the current loop away
    assert messages(alone) == [f"test_b.py:{line} LS303 note"]
