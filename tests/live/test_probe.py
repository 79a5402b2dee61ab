"""The probe, on suites that were migrated by hand: rightly, and wrongly though green."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from loopscope.verify.collect_suite import COLLECT_ONLY

from . import compare
from .runner import DEPRECATIONS_AS_ERRORS, run_pytest
from .samples.sample import AUTO, STRICT, override, sample

_TEST_MODULE = """
import asyncio

import pytest
import pytest_asyncio


class TestMethods:
    @pytest_asyncio.fixture
    async def home(self, connection):
        self.prepared = True
        yield asyncio.get_running_loop()

    @pytest.mark.asyncio
    async def test_method(self, home):
        assert self.prepared

    @staticmethod
    @pytest.mark.asyncio
    async def test_static():
        pass


@pytest.mark.asyncio
@pytest.mark.parametrize("number", [1, 2])
async def test_cached(connection, number):
    assert await asyncio.sleep(0, number) == number


@pytest.mark.asyncio
@pytest.mark.xfail(strict=True)
async def test_xfail(connection):
    raise ValueError


@pytest.mark.skip(reason="not now")
@pytest.mark.asyncio
async def test_skipped(connection):
    raise ValueError


def test_sync(event_loop, dynamic):
    assert event_loop.run_until_complete(asyncio.sleep(0, 1)) == 1


def test_no_loop():
    pass
"""

_FIXTURES = """

@pytest_asyncio.fixture(scope="session", params=["first", "second"])
async def connection(request):
    yield request.param


@pytest_asyncio.fixture(scope="session")
async def made_early():
    return asyncio.get_running_loop()


@pytest_asyncio.fixture
async def made_early_too(made_early):
    return made_early


@pytest.fixture
def dynamic(request):
    return request.getfixturevalue("made_early_too")
"""

_OLD_CONFTEST = override("session").replace(
    "import pytest\n", "import pytest\nimport pytest_asyncio\n"
)

_BRIDGE = """
import asyncio

import pytest
import pytest_asyncio


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def event_loop():
    return asyncio.get_running_loop()
"""


def _scopes(ini: str, scope: str) -> str:
    return ini + "".join(
        f"asyncio_default_{what}_loop_scope = {scope}\n" for what in ("fixture", "test")
    )


def _write(suite: Path, files: Mapping[str, str]) -> Path:
    suite.mkdir()
    for name, text in sample(files).files.items():
        (suite / name).write_text(text, encoding="utf-8")
    return suite


@pytest.mark.parametrize("ini", [STRICT, AUTO], ids=["strict", "auto"])
def test_right_migration_has_no_complaints(
    ini: str, tmp_path: Path, legacy_python: Path, modern_python: Path
) -> None:
    tests = {"conftest.py": _OLD_CONFTEST + _FIXTURES, "test_shop.py": _TEST_MODULE}
    old = _write(tmp_path / "old", {"pytest.ini": ini, **tests})
    tests["conftest.py"] = _BRIDGE + _FIXTURES
    new = _write(tmp_path / "new", {"pytest.ini": _scopes(ini, "session"), **tests})

    before = run_pytest(legacy_python, old, tmp_path / "old.json")
    after = run_pytest(modern_python, new, tmp_path / "new.json", DEPRECATIONS_AS_ERRORS)

    assert before.exit_code == 0
    assert compare.outcomes(before, after) == []
    assert compare.groups(before, after) == []
    assert compare.strays(before) == compare.strays(after) == []
    assert compare.loops_kept(before, after) == (1, 1)
    for run in (before, after):
        assert {name for name, _ in run.tests["test_shop.py::test_sync"].fixtures} >= {
            "made_early", "made_early_too",
        }  # fmt: skip
        assert ("connection", 0) in run.tests["test_shop.py::test_cached[second-2]"].fixtures
        assert "home" in dict(run.tests["test_shop.py::TestMethods::test_method[first]"].fixtures)
        assert run.tests["test_shop.py::TestMethods::test_static"].loop == 0
        assert run.tests["test_shop.py::test_xfail[first]"].outcomes["call"] == "xfailed"
        assert run.tests["test_shop.py::test_no_loop"].home is None


def test_green_run_on_the_wrong_loops_has_complaints(
    tmp_path: Path, legacy_python: Path, modern_python: Path
) -> None:
    module = """
        async def test_one(home):
            pass


        async def test_two(home):
            pass
        """
    conftest = override("session") + (
        '\n\n@pytest.fixture(scope="session")\nasync def home():\n    return 1\n'
    )
    old = _write(
        tmp_path / "old", {"pytest.ini": AUTO, "conftest.py": conftest, "test_home.py": module}
    )
    ini = AUTO + "asyncio_default_fixture_loop_scope = session\n"
    new = _write(
        tmp_path / "new", {"pytest.ini": ini, "conftest.py": conftest, "test_home.py": module}
    )

    before = run_pytest(legacy_python, old, tmp_path / "old.json")
    after = run_pytest(modern_python, new, tmp_path / "new.json", DEPRECATIONS_AS_ERRORS)

    assert compare.outcomes(before, after) == []
    assert compare.groups(before, after) == [
        "test_home.py::test_two: shared its loop with test_home.py::test_one, no longer does"
    ]
    assert compare.strays(after) == [
        f"test_home.py::test_{name}: its fixture home is on another loop"
        for name in ("one", "two")
    ]


def test_deprecated_usage_fails_the_run(tmp_path: Path, modern_python: Path) -> None:
    module = """
        import pytest


        @pytest.mark.asyncio(scope="module")
        async def test_one():
            pass
        """
    suite = _write(
        tmp_path / "suite", {"pytest.ini": _scopes(STRICT, "function"), "test_one.py": module}
    )

    run = run_pytest(modern_python, suite, tmp_path / "out.json", DEPRECATIONS_AS_ERRORS)

    assert run.exit_code != 0


def test_isolated_test_case_has_a_loop_of_its_own(
    tmp_path: Path, legacy_python: Path, modern_python: Path
) -> None:
    """0.21 sets up event_loop for its methods, too; they never run on it."""
    module = """
        import unittest


        class TestCase(unittest.IsolatedAsyncioTestCase):
            async def test_it(self):
                pass
        """
    suite = _write(tmp_path / "suite", {"pytest.ini": AUTO, "test_case.py": module})
    before = run_pytest(legacy_python, suite, tmp_path / "before.json")
    after = run_pytest(modern_python, suite, tmp_path / "after.json")
    assert not compare.groups(before, after)


_AUTOUSE = """
import asyncio
import pytest


@pytest.fixture(autouse=True)
def event_loop():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield loop
    loop.close()


@pytest.fixture
def asking(event_loop):
    return 1


def test_idle():
    pass


def test_takes_it():
    assert asyncio.get_event_loop()


def test_by_argument(event_loop):
    pass


def test_by_fixture(asking):
    pass


@pytest.mark.usefixtures("event_loop")
def test_by_mark():
    pass


async def test_async():
    pass
"""


def test_a_loop_by_autouse_counts_where_it_is_used(tmp_path: Path, legacy_python: Path) -> None:
    _write(tmp_path / "suite", {"pytest.ini": AUTO, "test_it.py": _AUTOUSE})
    run = run_pytest(legacy_python, tmp_path / "suite", tmp_path / "out.jsonl")
    homes = {name.rpartition("::")[2]: test.home is not None for name, test in run.tests.items()}
    assert homes.pop("test_idle") is False
    assert all(homes.values())
    assert len(homes) == 5
    options = COLLECT_ONLY
    run = run_pytest(legacy_python, tmp_path / "suite", tmp_path / "out.jsonl", options)
    assert run.collected is not None
    requests = {test.id.rpartition("::")[2]: test.requests for test in run.collected.tests}
    assert [name for name, asked in requests.items() if asked] == [
        "test_by_argument", "test_by_fixture", "test_by_mark",
    ]  # fmt: skip
