"""LS318: what was not read stays an action after the rest moved on; so do LS102 and LS101."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.suites_in_memory import AUTO, after, messages, migrate_files

FIXTURE_HOOK = """\
import pytest

@pytest.hookimpl(hookwrapper=True)
def pytest_fixture_setup(fixturedef):
    outcome = yield
    if fixturedef.argname == "event_loop":
        outcome.get_result().set_debug(True)
"""
QUESTION = """\
def pytest_generate_tests(metafunc):
    if "event_loop" in metafunc.fixturenames:
        metafunc.parametrize("kind", [1, 2])
"""
FUNCARGS = """\
def pytest_runtest_teardown(item):
    item.funcargs["event_loop"].call_soon(print)
"""
LOOP = """\
import asyncio, pytest

@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
DATABASE = """\
import asyncio, pytest_asyncio

@pytest_asyncio.fixture(scope="session")
async def db():
    yield asyncio.get_running_loop()
"""
GLOB = "import glob\n\npytest_plugins = [path[:-3] for path in glob.glob('more/*.py')]\n"
TEST = "async def test_a(): ...\n"
SUITES = {
    "a hook that sets the loop up": {"conftest.py": FIXTURE_HOOK, "test_a.py": TEST},
    "a hook that looks among the fixtures": {"conftest.py": QUESTION, "test_a.py": TEST},
    "a key of funcargs": {"conftest.py": FUNCARGS, "test_a.py": TEST},
    "a comparison, and an override that goes": {
        "conftest.py": LOOP + "\n\n" + FIXTURE_HOOK,
        "test_a.py": TEST,
    },
    "plugins by a pattern": {
        "conftest.py": GLOB,
        "more/loop.py": LOOP,
        "more/database.py": DATABASE,
        "test_a.py": "async def test_a(db): ...\n",
    },
}


@pytest.mark.parametrize("name", SUITES)
def test_said_again(name: str) -> None:
    first = migrate_files({"pytest.ini": AUTO, **SUITES[name]})
    assert any(line.endswith("action") for line in messages(first))
    assert first.changes
    second = migrate_files(after({"pytest.ini": AUTO, **SUITES[name]}))
    assert any(line.endswith("action") for line in messages(second))
    assert not second.changes


def test_own_fixture_of_that_name_answers() -> None:
    conftest = """\
        import asyncio, pytest, pytest_asyncio

        @pytest_asyncio.fixture(loop_scope="session")
        async def event_loop():
            return asyncio.get_running_loop()

        """
    files = {
        "pytest.ini": AUTO + "asyncio_default_test_loop_scope = session\n",
        "conftest.py": dedent(conftest) + FIXTURE_HOOK.replace("import pytest\n", ""),
        "test_a.py": TEST,
    }
    assert not messages(migrate_files(files))


def test_plugins_by_a_pattern_without_an_override() -> None:
    files = {
        "pytest.ini": AUTO + "asyncio_default_fixture_loop_scope = session\n",
        "conftest.py": GLOB,
        "more/database.py": DATABASE,
        "test_a.py": TEST,
    }
    assert not messages(migrate_files(files))
