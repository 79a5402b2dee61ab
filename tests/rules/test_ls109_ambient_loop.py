"""LS109: sync tests whose code asks for the current loop."""

from __future__ import annotations

from loopscope.types import Safety
from tests.suites_in_memory import AUTO, after, migrate_files

ASKS = "import asyncio\n\n\ndef test_sync():\n    asyncio.get_event_loop().call_soon(print)\n"
ASYNC_TEST = "\n\nasync def test_other():\n    pass\n"
FILES = {"pytest.ini": AUTO, "test_a.py": ASKS + ASYNC_TEST}


def test_a_fixture_gives_them_one() -> None:
    result = after(FILES)
    assert "@pytest.fixture(autouse=True)\ndef _ambient_event_loop(" in result["conftest.py"]
    assert not migrate_files(result).changes


def test_that_is_an_assumption() -> None:
    edits = [edit for change in migrate_files(FILES).changes for edit in change.edits]
    assert [e.safety for e in edits if e.code == "LS109"] == [Safety.ASSUMPTION]


def test_not_where_it_is_not_wanted_or_nobody_asks() -> None:
    assert "conftest.py" not in after(FILES, ambient_loop=False)
    assert "conftest.py" not in after({"pytest.ini": AUTO, "test_a.py": ASYNC_TEST.lstrip()})
