"""LS102: wide async fixtures that come after a working bridge ask for it, whoever uses them."""

from __future__ import annotations

import re

import pytest

from tests.suites_in_memory import after, messages, migrate_files

PLAIN = """\
import asyncio
import pytest
import pytest_asyncio

@pytest.fixture(scope="{scope}")
def event_loop():
    loop = asyncio.new_event_loop()
    {work}yield loop
    loop.close()

"""
LOCK = """\
@pytest_asyncio.fixture(scope="{scope}")
async def lock():
    return asyncio.Lock()

"""
TEST = "import pytest\n\n@pytest.mark.asyncio\nasync def test_a(lock): ...\n"
WORK = 'print("made")\n    '


def bridges(files: dict[str, str]) -> dict[str, str]:
    """Return the scope of the bridge in each file that has one."""
    found = {}
    for path, text in files.items():
        head = re.search(r"@pytest_asyncio\.fixture(.*)\nasync def event_loop\(", text)
        if head is not None:
            scope = re.search(r'\bscope="(\w+)"', head[1].replace("loop_scope", "loopscope"))
            found[path] = scope[1] if scope else "function"
    return found


@pytest.mark.parametrize("scope", ["module", "session"])
def test_tests_without_work_see_a_bridge_too(scope: str) -> None:
    files = {
        "conftest.py": PLAIN.format(scope=scope, work="") + LOCK.format(scope="module"),
        "test_a.py": TEST,
        "inner/conftest.py": PLAIN.format(scope="module", work=WORK),
        "inner/test_b.py": TEST,
    }
    migrated = after(files)
    assert "async def lock(event_loop):" in migrated["conftest.py"]
    assert bridges(migrated) == {"conftest.py": "module", "inner/conftest.py": "module"}
    assert not migrate_files(migrated).changes
    assert not any("action" in message for message in messages(migrate_files(files)))


@pytest.mark.parametrize("imported", ["from loops import event_loop", "from loops import *"])
def test_bridge_is_as_wide_as_the_fixtures_that_ask(imported: str) -> None:
    head = f"import asyncio\nimport pytest_asyncio\n{imported}\n\n"
    files = {
        "loops.py": PLAIN.format(scope="session", work=WORK),
        "test_a.py": head + LOCK.format(scope="session") + TEST,
    }
    migrated = after(files)
    assert "async def lock(event_loop):" in migrated["test_a.py"]
    assert bridges(migrated) == {"loops.py": "session"}
    assert not migrate_files(migrated).changes
