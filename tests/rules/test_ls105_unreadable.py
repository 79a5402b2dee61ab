"""LS105: marks that are beyond reading are never passed over in silence."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import messages, migrate_files

HEAD = "import asyncio, functools\nimport pytest\n\n"
BODY = "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
TEST = "import asyncio\n\nasync def test_it():\n    pass\n"


def test_pytestmark_from_outside() -> None:
    override = f"{HEAD}@pytest.fixture(scope='session')\ndef event_loop():\n{BODY}"
    test = "from marks import pytestmark\nasync def test_it():\n    pass\n"
    migration = migrate_files({"conftest.py": override, "test_a.py": test})
    assert "test_a.py:2 LS105 action" in messages(migration)


def test_decorator_that_may_mark_or_run_the_test() -> None:
    override = f"{HEAD}@pytest.fixture(scope='session')\ndef event_loop():\n{BODY}"
    test = "from own import runs\n@runs\nasync def test_it():\n    pass\n"
    migration = migrate_files({"conftest.py": override, "test_a.py": test})
    assert "test_a.py:3 LS105 note" in messages(migration)


def test_unmarked_async_test_is_no_unreadable_mark() -> None:
    override = f"{HEAD}@pytest.fixture(scope='session')\ndef event_loop():\n{BODY}"
    files = {"conftest.py": override, "test_a.py": TEST}
    assert messages(migrate_files(files)) == ["test_a.py:3 LS317 action"]


@pytest.mark.parametrize(("option", "said"), [("anyio_mode = auto\n", 0), ("", 1)])
def test_another_plugin_runs_all_async_tests(option: str, said: int) -> None:
    override = f"{HEAD}@pytest.fixture(scope='session')\ndef event_loop():\n{BODY}"
    test = "from own import runs\n@runs\nasync def test_it():\n    pass\n"
    files = {"pytest.ini": f"[pytest]\n{option}", "conftest.py": override, "test_a.py": test}
    assert len([text for text in messages(migrate_files(files)) if "LS105" in text]) == said
