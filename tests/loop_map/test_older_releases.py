"""What releases below 1.2 make of loops, where it counts: packages, and two loops in one test."""

from __future__ import annotations

import pytest

from loopscope.analysis.file.reader import read_file
from loopscope.analysis.suite.classify import Settings
from loopscope.loop_map.model import count
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.pipeline_check import recheck
from loopscope.requirements import Evidence
from loopscope.types import Change, Options, PytestConfig, Target
from tests.rules.reported import HEAD, MODERN
from tests.suites_in_memory import after, messages, migrate_files, style_and_loops, suite_of

PACKAGES = """\
pytestmark = pytest.mark.asyncio(loop_scope="package")

async def test_a(conn): ...
"""
CONN = """\
@pytest_asyncio.fixture(loop_scope="package")
async def conn():
    yield asyncio.Lock()
"""


@pytest.mark.parametrize(
    ("release", "loops"), [((0, 24), 2), ((0, 26), 2), ((1, 0), 1), ((1, 5), 1)]
)
def test_packages_share_a_loop_from_1_0_on(release: tuple[int, int], loops: int) -> None:
    files = {
        "conftest.py": HEAD + CONN,
        "one/__init__.py": "",
        "one/test_a.py": HEAD + PACKAGES,
        "two/__init__.py": "",
        "two/test_b.py": HEAD + PACKAGES,
    }
    facts = {path: read_file(path, text) for path, text in files.items()}
    settings = Settings(evidence=Evidence(newest=release))
    model = SuiteModel(facts, PytestConfig(), settings)
    assert count(model.modern_map) == loops


@pytest.mark.parametrize(("pin", "loops"), [("==0.26.0", 2), (">=0.26", 1), ("==1.0.0", 1)])
def test_requirements_say_whether_packages_share_a_loop(pin: str, loops: int) -> None:
    files = {
        "pytest.ini": MODERN,
        "requirements.txt": f"pytest-asyncio{pin}\n",
        "conftest.py": HEAD + CONN,
        "one/__init__.py": "",
        "one/test_a.py": HEAD + PACKAGES,
        "two/__init__.py": "",
        "two/test_b.py": HEAD + PACKAGES,
    }
    assert count(style_and_loops(suite_of(files))[1]) == loops


def test_a_package_below_1_0_is_the_nearest_one_and_its_fixtures_stay_where_they_were() -> None:
    wide = CONN.replace('loop_scope="package"', 'scope="package", loop_scope="package"')
    files = {
        "pytest.ini": MODERN,
        "requirements.txt": "pytest-asyncio==0.26.0\n",
        "conftest.py": HEAD + wide,
        "top/__init__.py": "",
        "top/inner/__init__.py": "",
        "top/inner/test_a.py": HEAD + PACKAGES,
        "top/plain/test_b.py": HEAD + PACKAGES,
        "top/test_c.py": HEAD + PACKAGES,
    }
    loops = style_and_loops(suite_of(files))[1]
    tests = {test: found.own.region for test, found in loops.items() if found.own is not None}
    assert list(tests.values()) == ["top/inner", "top", "top"]
    assert {found.fixtures["conn"].region for found in loops.values()} == {"top/inner"}


HOOK = """\
def pytest_collection_modifyitems(items):
    for item in items:
        if pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
"""


@pytest.mark.parametrize(("pin", "loops"), [("==1.0.0", 2), ("==1.1.0", 1), (">=1.0", 1)])
def test_requirements_say_what_a_collection_hook_moves(pin: str, loops: int) -> None:
    files = {
        "pytest.ini": MODERN,
        "requirements.txt": f"pytest-asyncio{pin}\n",
        "conftest.py": HEAD + HOOK,
        "test_a.py": f"{HEAD}@pytest.mark.asyncio(loop_scope='module')\n"
        "async def test_a(): ...\n\n\nasync def test_b(): ...\n",
    }
    assert count(style_and_loops(suite_of(files))[1]) == loops


# -- two loops in one test --------------------------------------------------------------------

STREAM = """\
@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def stream():
    yield await asyncio.open_connection("localhost", 1)
"""
ON_MODULE = '@pytest.mark.asyncio(loop_scope="module")\nasync def test_wide(): ...\n\n\n'
USER = "async def test_user(stream):\n    await stream[0].read()\n"


def two_loops(pin: str = "") -> dict[str, str]:
    """Make a suite in which one test uses a stream of another loop, and another has it unused."""
    files = {
        "pytest.ini": MODERN,
        "conftest.py": HEAD + STREAM,
        "test_a.py": HEAD + ON_MODULE + USER,
    }
    return files | ({"requirements.txt": f"pytest-asyncio{pin}\n"} if pin else {})


@pytest.mark.parametrize("target", [Target(0, 26), Target(1, 0), Target(1, 1)])
def test_a_cure_puts_no_test_on_two_loops_below_1_2(target: Target) -> None:
    files = two_loops()
    result = after(files, target=target)
    assert result["conftest.py"] == files["conftest.py"]
    mark = 'pytest.mark.asyncio(loop_scope="module")'
    assert f"@{mark}\nasync def test_user" in result["test_a.py"] or (
        f"pytestmark = {mark}" in result["test_a.py"]
    )
    again = migrate_files(result, target=target)
    assert not again.changes
    assert not messages(again)


def test_from_1_2_on_the_cure_may_move_the_fixture() -> None:
    result = after(two_loops(), target=Target(1, 2))
    assert 'loop_scope="function"' in result["conftest.py"]


@pytest.mark.parametrize("moved", ['loop_scope="function"', 'loop_scope="session"'])
@pytest.mark.parametrize("target", [Target(0, 26), Target(1, 1), Target(1, 2)])
def test_the_recheck_sees_tests_that_come_to_be_on_two_loops(moved: str, target: Target) -> None:
    files = two_loops()
    old = files["conftest.py"]
    new = old.replace('loop_scope="module"', moved)
    change = Change("conftest.py", old.encode(), new.encode(), ())
    found = recheck(suite_of(files), [change], Options(target=target))
    texts = [one.message for one in found if "test_wide" in one.message]
    if target.has(1, 2):
        assert not texts
    else:
        assert len(texts) == 1
        assert "below pytest-asyncio 1.2 it may run on the loop of its fixture stream" in texts[0]


def test_tests_that_were_on_two_loops_are_left() -> None:
    files = two_loops()
    files["test_a.py"] = HEAD + ON_MODULE + "async def test_user(): ...\n"
    files["conftest.py"] = files["conftest.py"].replace("module", "session")
    change = Change("conftest.py", b"", f"{files['conftest.py']}\n# more\n".encode(), ())
    assert not recheck(suite_of(files), [change], Options(target=Target(1, 0)))


# -- sync tests under wide marks ---------------------------------------------------------------


def marked_sync_test(default: str = "module") -> dict[str, str]:
    """Make a suite with a sync test under a wide mark, whose fixture another test uses."""
    return {
        "pytest.ini": f"[pytest]\nasyncio_default_fixture_loop_scope = {default}\n",
        "conftest.py": HEAD + '@pytest_asyncio.fixture(loop_scope="module")\n'
        "async def stream():\n    yield await asyncio.open_connection('localhost', 1)\n",
        "test_a.py": f"{HEAD}@pytest.mark.asyncio\nasync def test_user(stream):\n"
        "    await stream[0].read()\n\n\n"
        '@pytest.mark.asyncio(loop_scope="module")\nclass TestSync:\n'
        "    def test_sync(self, stream): ...\n",
    }


@pytest.mark.parametrize("target", [Target(0, 24), Target(0, 26)])
def test_a_fixture_of_a_marked_sync_test_gets_no_function_loop_below_1_0(target: Target) -> None:
    files = marked_sync_test("function")
    result = after(files, target=target)
    assert result["conftest.py"] == files["conftest.py"]
    assert '@pytest.mark.asyncio(loop_scope="module")\nasync def test_user' in result["test_a.py"]
    assert "function" in after(files, target=Target(1, 0))["conftest.py"]


@pytest.mark.parametrize("target", [Target(0, 26), Target(1, 0)])
def test_the_recheck_sees_what_is_not_collected_below_1_0(target: Target) -> None:
    files = marked_sync_test()
    old = files["conftest.py"]
    change = Change("conftest.py", old.encode(), old.replace("module", "function").encode(), ())
    found = [one.message for one in recheck(suite_of(files), [change], Options(target=target))]
    if target.has(1, 0):
        assert not found
    else:
        assert len(found) == 1
        assert "would not collect it, for its mark and its fixture stream" in found[0]
