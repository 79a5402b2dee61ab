"""LS101: overrides that make their loop in branches, in themselves or in what they call."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.suites_in_memory import after, messages, migrate_files

HEAD = """\
import asyncio, sys
import pytest

class OwnLoop(asyncio.SelectorEventLoop):
    pass

"""
FIXTURE = "@pytest.fixture(scope='session')\ndef event_loop():\n"
TESTS = """\
import pytest

@pytest.fixture(scope="session")
def driver(event_loop):
    return (lambda: event_loop)()

@pytest.mark.asyncio
async def test_a(driver): ...
"""
OF_ANOTHER_KIND = {
    "no loop runs": """\
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        loop = OwnLoop()
""",
    "no loop runs, error by name": """\
    try:
        loop = asyncio.get_running_loop()
    except (ValueError, RuntimeError) as error:
        loop = OwnLoop()
""",
    "a platform": """\
    if sys.platform == "win32":
        loop = asyncio.new_event_loop()
    else:
        loop = OwnLoop()
""",
    "a library, else the default": """\
    try:
        import uvloop
        loop = uvloop.new_event_loop()
    except ImportError:
        loop = asyncio.new_event_loop()
""",
    "a second one": """\
    loop = asyncio.new_event_loop()
    if sys.platform == "linux":
        loop = OwnLoop()
""",
    "annotated": "    loop: asyncio.AbstractEventLoop = OwnLoop()\n",
}
CURRENT_OR_OWN = {
    "no current loop": """\
    try:
        loop = asyncio.get_event_loop()
    except RuntimeError:
        loop = OwnLoop()
""",
    "closed": """\
    loop = asyncio.get_event_loop()
    if loop.is_closed():
        loop = OwnLoop()
""",
}
MORE = {
    "a line beside it": """\
    loop = asyncio.new_event_loop()
    if sys.platform == "linux":
        print("own")
        loop = OwnLoop()
""",
    "with": """\
    loop = asyncio.new_event_loop()
    with open("log"):
        loop = OwnLoop()
""",
    "a new one that nothing runs": """\
    loop = asyncio.get_event_loop()
    if sys.platform == "linux":
        print("new")
        loop = asyncio.new_event_loop()
""",
}


def _body(making: str) -> str:
    return HEAD + FIXTURE + making + "    yield loop\n    loop.close()\n"


def _helper(making: str) -> str:
    called = f"def make():\n{making}    return loop\n\n"
    return HEAD + called + FIXTURE + "    loop = make()\n    yield loop\n    loop.close()\n"


@pytest.mark.parametrize("form", [_body, _helper])
@pytest.mark.parametrize("making", OF_ANOTHER_KIND.values(), ids=OF_ANOTHER_KIND.keys())
def test_loop_of_another_kind_in_a_branch_gets_a_factory(
    making: str, form: Callable[[str], str]
) -> None:
    migrated = after({"conftest.py": form(making), "test_a.py": TESTS})
    assert "def pytest_asyncio_loop_factories(" in migrated["conftest.py"]
    bridge = migrated["conftest.py"].partition("async def event_loop():\n")[2]
    assert bridge.startswith("    return asyncio.get_running_loop()\n")


@pytest.mark.parametrize("form", [_body, _helper])
@pytest.mark.parametrize("making", CURRENT_OR_OWN.values(), ids=CURRENT_OR_OWN.keys())
def test_current_loop_or_one_of_another_kind_is_left_to_a_person(
    making: str, form: Callable[[str], str]
) -> None:
    migration = migrate_files({"conftest.py": form(making), "test_a.py": TESTS})
    assert any("LS101 action" in message for message in messages(migration))


@pytest.mark.parametrize("making", MORE.values(), ids=MORE.keys())
def test_other_loop_among_more_work_is_left_to_a_person(making: str) -> None:
    migration = migrate_files({"conftest.py": _body(making), "test_a.py": TESTS})
    assert any("LS101 action" in message for message in messages(migration))


def test_no_running_loop_and_a_default_one_is_a_plain_override() -> None:
    making = "    try:\n        loop = asyncio.get_running_loop()\n    except RuntimeError:\n"
    files = {
        "conftest.py": _body(making + "        loop = asyncio.new_event_loop()\n"),
        "test_a.py": TESTS,
    }
    assert "pytest_asyncio_loop_factories" not in after(files)["conftest.py"]
