"""Hooks that mark tests while pytest collects them, as pytest-asyncio 1.x reads the marks."""

from __future__ import annotations

from textwrap import dedent

import pytest

from loopscope.analysis.file.reader import read_file
from loopscope.analysis.suite.classify import Settings
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.requirements import Evidence
from loopscope.types import PytestConfig, Scope
from tests.suites_in_memory import AUTO, messages, migrate_files

HEAD = """\
import inspect
from pathlib import Path

import pytest
import pytest_asyncio
from pytest_asyncio import is_async_test as is_async

SESSION = pytest.mark.asyncio(loop_scope="session")
HERE = Path(__file__).parent


"""
ITEMS = "def pytest_collection_modifyitems(config, items):\n"
MARKED = "        item.add_marker(pytest.mark.asyncio(loop_scope='session'), append=False)\n"
CONFIGURED = AUTO + "asyncio_default_fixture_loop_scope = function\n"
TESTS = """\
import pytest


async def test_bare(): ...


@pytest.mark.asyncio
async def test_marked(): ...


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
async def test_module(): ...


@pytest.mark.asyncio(loop_scope="class")
class TestClass:
    async def test_in_class(self): ...


def test_sync(): ...
"""


def scopes(
    hook: str, *, mode: str = "auto", release: tuple[int, int] = (1, 5), tests: str = TESTS
) -> str:
    """Return the first letters of the loop scopes of the four tests, "-" where one has none."""
    files = {"tests/conftest.py": HEAD + hook, "tests/test_a.py": tests}
    facts = {path: read_file(path, dedent(text)) for path, text in files.items()}
    model = SuiteModel(
        facts, PytestConfig(), Settings(mode=mode, evidence=Evidence(newest=release))
    )
    loops = [model.modern_map.get(test.id) for test in model.tests if test.function.is_async]
    return "".join(
        one.own.scope.word[0] if one is not None and one.own is not None else "-" for one in loops
    )


@pytest.mark.parametrize(
    "hook",
    [
        f"{ITEMS}    for item in items:\n    {MARKED}",
        ITEMS + "    tests = (item for item in items if is_async(item))\n"
        "    marker = pytest.mark.asyncio(loop_scope='session')\n"
        "    for test in tests:\n        test.add_marker(marker, append=False)\n",
        ITEMS + "    tests = [item for item in items if pytest_asyncio.is_async_test(item)]\n"
        "    for test in tests:\n        test.add_marker(SESSION, False)\n",
        f"{ITEMS}    for item in filter(is_async, items):\n{MARKED}",
        f"{ITEMS}    for item in list(filter(lambda i: is_async(i), items)):\n{MARKED}",
        f"{ITEMS}    for item in items:\n        if is_async(item):\n    {MARKED}",
        f"{ITEMS}    for item in items:\n        if not is_async(item):\n            continue\n"
        f"{MARKED}",
        f"{ITEMS}    mark = SESSION\n"
        "    [item.add_marker(mark, append=False) for item in items if is_async(item)]\n",
        f"{ITEMS}    scope = 'session'\n    for item in items[:]:\n"
        "        item.add_marker(pytest.mark.asyncio(loop_scope=scope), append=False)\n",
        f"def _mark(item, mark):\n    if is_async(item):\n"
        f"        item.add_marker(mark, append=False)\n\n\n"
        f"{ITEMS}    for item in items:\n        _mark(item, SESSION)\n",
        f"def pytest_itemcollected(item):\n    if is_async(item):\n{MARKED}",
        f"@pytest.hookimpl(tryfirst=True)\n{ITEMS}    for item in items:\n"
        f"        if inspect.iscoroutinefunction(item.function):\n    {MARKED}",
        "class Plugin:\n    def pytest_collection_modifyitems(self, session):\n"
        "        for item in session.items:\n    " + MARKED,
        f"{ITEMS}    for item in items:\n        if HERE in item.path.parents:\n    {MARKED}",
        f"{ITEMS}    for item in items:\n"
        f"        if item.nodeid.startswith('tests/') and 'asyncio' in item.keywords:\n"
        f"    {MARKED}",
    ],
)
def test_spellings_of_the_documented_hook(hook: str) -> None:
    assert scopes(hook) == "ssss"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("item.get_closest_marker('slow')", "ffsc"),
        ("item.get_closest_marker('slow') is None", "ssms"),
        ("'slow' not in item.keywords", "ssms"),
        ("any(m.name == 'slow' for m in item.iter_markers())", "ffsc"),
        ("'TestClass' in item.nodeid", "ffms"),
        ("item.name.startswith(('test_bare', 'test_in'))", "sfms"),
        ("'/tests/' in str(item.path)", "ssss"),
        ("str(item.fspath).startswith(str(HERE / 'e2e'))", "ffmc"),
        ("item.path.is_relative_to(HERE.parent / 'other')", "ffmc"),
        ("is_async(item) and not item.get_closest_marker('slow')", "ssms"),
    ],
)
def test_conditions(condition: str, expected: str) -> None:
    assert (
        scopes(f"{ITEMS}    for item in items:\n        if {condition}:\n    {MARKED}") == expected
    )


LOOP = (
    "    for item in items:\n        if is_async(item):\n            item.add_marker(SESSION{})\n"
)


@pytest.mark.parametrize(
    ("append", "mode", "release", "expected"),
    [
        (", append=False", "strict", (1, 5), "-sss"),
        (", append=False", "auto", (1, 1), "ssss"),
        (", append=False", "auto", (1, 0), "sfmc"),
        (", append=False", "strict", (1, 0), "-fmc"),
        (", append=False", "auto", (0, 26), "ssmc"),
        ("", "auto", (1, 5), "ffms"),
        (", append=True", "strict", (1, 5), "-fms"),
        ("", "auto", (1, 0), "ffmc"),
        ("", "auto", (0, 26), "ffmc"),
    ],
)
def test_where_the_mark_is_put_and_who_reads_it(
    append: str, mode: str, release: tuple[int, int], expected: str
) -> None:
    assert scopes(ITEMS + LOOP.format(append), mode=mode, release=release) == expected


PARAMETRIZED = """\
NUMBER = pytest.mark.parametrize("number", [1, 2])


@pytest.fixture(params=[1, 2])
def given(request): ...


@pytest.fixture
def through(given): ...


@pytest.mark.asyncio(loop_scope="module")
@NUMBER
async def test_direct(number): ...


@pytest.mark.asyncio(loop_scope="module")
async def test_by_fixture(through): ...


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.usefixtures("given")
async def test_unseen(): ...


@pytest.mark.asyncio(loop_scope="module")
async def test_plain(): ...


@pytest.mark.asyncio(loop_scope="class")
@NUMBER
class TestClass:
    async def test_in_class(self, number): ...
"""


@pytest.mark.parametrize("release", [(0, 24), (0, 26), (1, 0)])
def test_parametrized_tests_are_moved_on_all_releases(release: tuple[int, int]) -> None:
    hook = ITEMS + LOOP.format(", append=False")
    assert scopes(hook, release=release, tests="import pytest\n\n" + PARAMETRIZED) == "sssms"


def test_hook_is_the_reason() -> None:
    files = {
        "pytest.ini": CONFIGURED,
        "conftest.py": HEAD + ITEMS + LOOP.format(", append=False"),
        "test_a.py": "async def test_a(): ...\n",
    }
    migration = migrate_files(files, loop_maps=True)
    assert not migration.changes
    assert not migration.findings
    assert migration.maps is not None
    assert migration.maps.after is None
    (loop,) = migration.maps.before.loops
    assert (loop.scope, str(loop.reasons[0])) == (
        Scope.SESSION.word,
        "hook pytest_collection_modifyitems, mark asyncio(loop_scope=session) (conftest.py:12)",
    )


@pytest.mark.parametrize(
    "hook",
    [
        f"{ITEMS}    if config.getoption('--shared'):\n        for item in items:\n    {MARKED}",
        f"{ITEMS}    for item in items:\n        if wanted(item):\n    {MARKED}",
        f"{ITEMS}    for item in items:\n        item.add_marker(\n"
        "            pytest.mark.asyncio(loop_scope=config.getini('loops')), append=False)\n",
        f"{ITEMS}    for n, item in enumerate(items):\n{MARKED}",
        f"{ITEMS}    for item in items:\n"
        "        item.own_markers.insert(0, pytest.mark.asyncio(loop_scope='session').mark)\n",
    ],
)
def test_what_is_not_read_is_said(hook: str) -> None:
    files = {
        "pytest.ini": CONFIGURED,
        "conftest.py": HEAD + hook,
        "test_a.py": "async def test_a(): ...\n",
    }
    assert messages(migrate_files(files)) == ["conftest.py:12 LS105 action"]


def test_condition_that_only_a_run_knows_is_nothing_where_it_changes_no_loop() -> None:
    files = {
        "pytest.ini": CONFIGURED + "asyncio_default_test_loop_scope = session\n",
        "conftest.py": f"{HEAD}{ITEMS}    for item in items:\n        if wanted(item):\n"
        "            item.add_marker(pytest.mark.slow)\n",
        "test_a.py": "async def test_a(): ...\n",
    }
    assert not messages(migrate_files(files))
