"""LS101: an override that a person must replace is an action at every run, not only the first."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.suites_in_memory import messages, migrate_files

OWN = """\
import asyncio
import pytest

class OwnLoop(asyncio.SelectorEventLoop):
    pass

@pytest.fixture(scope="session")
def event_loop():
    loop = OwnLoop()
    yield loop
    loop.close()
"""
UNREAD = """\
import pytest
from things import thing

@pytest.fixture(scope="session")
def event_loop():
    with thing() as loop:
        yield loop
"""
HEAD = "import asyncio\nimport pytest\nfrom loops import event_loop\n\n"
CLIENT = """\
@pytest.fixture
def client(event_loop):
    return (lambda: event_loop)

"""
ASYNC = {
    "test": """\
@pytest.mark.asyncio
async def test_a(event_loop, client): ...
""",
    "method": """\
class TestIt:
    @pytest.mark.asyncio
    async def test_a(self, client, event_loop): ...
""",
    "fixture": """\
@pytest.fixture
async def home(event_loop): ...

@pytest.mark.asyncio
async def test_a(home, client): ...
""",
}
# Nothing may be deprecated: no policy stands in for the override.
AUTO = "[pytest]\nasyncio_mode = auto\nfilterwarnings = error\n"


def _again(files: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    migration = migrate_files(files)
    changed = {change.path: change.after.decode() for change in migration.changes}
    return {**files, **changed}, messages(migration)


@pytest.mark.parametrize("override", [OWN, UNREAD], ids=["another kind", "unread"])
@pytest.mark.parametrize("test", ASYNC.values(), ids=ASYNC.keys())
def test_override_that_async_code_asks_for_stays_an_action(override: str, test: str) -> None:
    files = {"pytest.ini": AUTO, "loops.py": override, "test_a.py": HEAD + CLIENT + test}
    once, first = _again({path: dedent(text) for path, text in files.items()})
    twice, second = _again(once)
    assert any("LS101 action" in message for message in first)
    assert second == first
    assert twice == once


def test_override_of_another_kind_that_async_tests_see_is_an_action_on_1_x() -> None:
    sync = CLIENT + "def test_s(client): ...\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n"
    options = "".join(
        f"asyncio_default_{what}_loop_scope = session\n" for what in ("test", "fixture")
    )
    files = {"pytest.ini": "[pytest]\n" + options, "loops.py": OWN, "test_a.py": HEAD + sync}
    assert "loops.py:8 LS101 action" in messages(migrate_files(files))


def test_override_that_hides_it_stays_at_every_run() -> None:
    plain = OWN.replace("OwnLoop()", "asyncio.new_event_loop()")
    sync = "def test_s(event_loop):\n    assert (lambda: event_loop)()\n\n"
    files = {
        "pytest.ini": AUTO,
        "conftest.py": OWN,
        "test_a.py": sync + "async def test_a(event_loop): ...\n",
        "test_b.py": plain + "\nasync def test_b(event_loop): ...\n",
    }
    once, first = _again(files)
    twice, second = _again(once)  # lines have moved
    assert [message for message in first if "LS101 action" in message] == [
        "conftest.py:8 LS101 action",
        "test_b.py:8 LS101 action",
    ]
    assert [message.partition(":")[0] for message in second if "LS101 action" in message] == [
        "conftest.py",
        "test_b.py",
    ]
    assert twice == once
