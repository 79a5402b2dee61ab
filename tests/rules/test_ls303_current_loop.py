"""LS303: get_event_loop() where no loop may be current."""

from __future__ import annotations

import pytest

from tests.rules.reported import found
from tests.suites_in_memory import after, messages, migrate_files


@pytest.mark.parametrize(
    "source",
    [
        "LOOP = asyncio.get_event_loop()\n",
        "def helper(): return asyncio.get_event_loop()\n",
        "def test_sync(): asyncio.get_event_loop()\n",
        "async def test_it(loop=asyncio.get_event_loop()): ...\n",
        "class Client: loop = asyncio.get_event_loop()\n",
        "make = lambda: asyncio.get_event_loop()\n",
    ],
)
def test_no_loop_may_be_current(source: str) -> None:
    assert found(source, "LS303") == ["test_a.py:6 LS303 note"]


@pytest.mark.parametrize(
    "source",
    [
        "async def test_it(): asyncio.get_event_loop()\n",
        "@pytest_asyncio.fixture\ndef loop(): return asyncio.get_event_loop()\n\n\n"
        "async def test_it(loop): ...\n",
        "def helper(): return asyncio.get_running_loop()\n",
    ],
    ids=["LS107", "a fixture with a loop of its own", "another function"],
)
def test_a_loop_is_current(source: str) -> None:
    assert not found(source, "LS303")


TRY = "    try:\n        return asyncio.get_event_loop()\n    "
MADE = "\n        return asyncio.new_event_loop()\n"


@pytest.mark.parametrize(
    "caught", ["RuntimeError", "(ValueError, RuntimeError) as e", "Exception"]
)
@pytest.mark.parametrize(
    "head", ["def loop():\n", "class Loop:\n  def get(self):\n", "if True:\n def loop():\n"]
)
def test_who_catches_the_error_knows(caught: str, head: str) -> None:
    assert not found(f"{head}{TRY}except {caught}:{MADE}", "LS303")
    assert not found(f"{head}{TRY}except:{MADE}", "LS303")
    assert not found(f"{head}{TRY}except ValueError:{MADE}    except {caught}:{MADE}", "LS303")


@pytest.mark.parametrize(
    "rest",
    [
        f"except ValueError:{MADE}",
        "except RuntimeError as e:\n        raise SystemExit from e\n",
        "finally:\n        print()\n",
    ],
)
def test_another_error_or_one_that_is_raised_again_is_no_answer(rest: str) -> None:
    assert found(f"def loop():\n{TRY}{rest}", "LS303") == ["test_a.py:8 LS303 note"]


def test_a_call_in_the_handler_is_not_in_the_try() -> None:
    source = (
        "def loop():\n    try:\n        return asyncio.get_running_loop()\n"
        "    except RuntimeError:\n        return asyncio.get_event_loop()\n"
    )
    assert found(source, "LS303") == ["test_a.py:10 LS303 note"]


def test_the_current_loop_that_was_added_is_not_reported() -> None:
    files = {
        "test_a.py": "import pytest\n\n@pytest.mark.asyncio\nasync def test_a(event_loop): ...\n",
        "clock.py": "import asyncio\n\n\ndef now(): return asyncio.get_event_loop().time()\n",
        "test_b.py": "from clock import now\n\n\ndef test_b(): assert now()\n",
    }
    done = files | after(files)
    assert "_ambient_event_loop" in done["conftest.py"]
    again = [text for text in messages(migrate_files(done)) if "LS303" in text]
    assert again == ["clock.py:4 LS303 note"]


@pytest.mark.parametrize(
    ("body", "noted"),
    [
        ("    asyncio.set_event_loop(None)\n    assert asyncio.get_event_loop()\n", False),
        ("    assert asyncio.get_event_loop()\n    asyncio.set_event_loop(None)\n", True),
        ("    asyncio.set_event_loop(None)\n    return lambda: asyncio.get_event_loop()\n", True),
        ("    if sys.version_info < (3, 10):\n        asyncio.get_event_loop()\n", False),
        (
            "    if sys.version_info >= (3, 10):\n        return\n    asyncio.get_event_loop()\n",
            False,
        ),
        ("    if sys.version_info >= (3, 10):\n        asyncio.get_event_loop()\n", True),
        ("    if sys.platform == 'win32':\n        asyncio.get_event_loop()\n", True),
    ],
    ids=["set", "set later", "later", "older", "below newer", "newer", "other"],
)
def test_who_sets_the_loop_or_runs_on_an_old_python_knows(body: str, noted: bool) -> None:
    assert bool(found(f"import sys\n\ndef test_sync():\n{body}", "LS303")) is noted
