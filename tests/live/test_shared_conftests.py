"""Several packages and what they share, in each way of running them: right on both plugins.

Packages with configuration of their own do not load the conftests above them, but in a run from
the root above, where their configuration does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from loopscope import Options, Suite, load_suites, migrate
from loopscope.output.write import write_changes
from tests import programs

from . import compare
from .runner import run_loopscope, run_pytest
from .samples.sample import AUTO, STRICT, override

TWO_TESTS = """
    import pytest

    @pytest.mark.asyncio
    async def test_1():
        pass

    @pytest.mark.asyncio
    async def test_2():
        pass
"""
SHARED = (
    "import pytest_asyncio\n"
    + override("session")
    + """

@pytest_asyncio.fixture(scope="session")
async def db():
    yield asyncio.get_running_loop()
"""
)
USES_DB = """
    import asyncio
    import pytest

    @pytest.mark.asyncio
    async def test_db(db):
        assert db is asyncio.get_running_loop()

    @pytest.mark.asyncio
    async def test_loop(event_loop, db):
        assert event_loop is db
"""
OWN_DB = """
    import asyncio
    import pytest, pytest_asyncio

    @pytest_asyncio.fixture(scope="session")
    async def own():
        yield asyncio.get_running_loop()

    @pytest.mark.asyncio
    async def test_own(own):
        assert own is asyncio.get_running_loop()
"""
SYNC = """
    import asyncio

    def test_sync(event_loop):
        assert event_loop.run_until_complete(asyncio.sleep(0, 1)) == 1

    async def test_async():
        await asyncio.sleep(0)

    async def work():
        return asyncio.get_running_loop()

    def test_stored(event_loop):
        call = event_loop.run_until_complete
        assert call(work()) is event_loop
"""
CUT = "[pytest]\nasyncio_mode = auto\naddopts = --confcutdir=../..\n"
ON_PATH = "[pytest]\nasyncio_mode = auto\npythonpath = ../..\n"
IMPORTED = "from testing.fixtures import event_loop\n"
Way = tuple[str, tuple[str, ...]]
ROOT: Way = (".", ())
FOLDERS: tuple[Way, ...] = (("packages/a", ()), ("packages/b", ()))
PATHS: tuple[Way, ...] = ((".", ("packages/a",)), (".", ("packages/b",)))


@dataclass(frozen=True)
class Monorepo:
    """Files, and the ways of running pytest (folder and arguments) in which they are green."""

    files: dict[str, str]
    ways: tuple[Way, ...]
    exit_code: int = 0
    may_join: bool = False  # session loops of two conftests are one since 1.0


def packages(configuration: str | None, a: str, b: str, **more: str) -> dict[str, str]:
    """Two packages, each with its own configuration file where there is one."""
    files = {"packages/a/tests/test_a.py": a, "packages/b/tests/test_b.py": b}
    for name in "ab":
        if configuration is not None:
            files[f"packages/{name}/pytest.ini"] = configuration
        for path, text in more.items():
            files[f"packages/{name}/{path}.py"] = text
    return files


MONOREPOS = {
    "root without configuration, packages that need nothing of its conftest": Monorepo(
        {"conftest.py": override("session"), **packages(STRICT, TWO_TESTS, TWO_TESTS)},
        (ROOT, *FOLDERS, *PATHS),
    ),
    "root with configuration": Monorepo(
        {
            "pytest.ini": AUTO,
            "conftest.py": SHARED,
            "tests/test_root.py": USES_DB,
            **packages(AUTO, TWO_TESTS, TWO_TESTS),
        },
        (ROOT, *FOLDERS, *PATHS),
    ),
    "packages that run with the root's conftest only": Monorepo(
        {"pytest.ini": AUTO, "conftest.py": SHARED, **packages(AUTO, USES_DB, USES_DB)}, (ROOT,)
    ),
    "packages that run with the root's conftest only, no configuration there": Monorepo(
        {"conftest.py": SHARED, **packages(STRICT, USES_DB, OWN_DB)}, (ROOT,)
    ),
    "metadata without pytest configuration below a root's": Monorepo(
        {
            "pytest.ini": AUTO,
            "conftest.py": SHARED,
            "packages/a/setup.py": "",
            "packages/b/pyproject.toml": "[project]\nname = 'b'\nversion = '1'\n",
            **packages(None, USES_DB, OWN_DB),
        },
        (ROOT, *PATHS),
    ),
    "conftests above by --confcutdir": Monorepo(
        {"conftest.py": SHARED, **packages(CUT, USES_DB, SYNC)}, FOLDERS
    ),
    "override from a helper module outside": Monorepo(
        {
            "testing/__init__.py": "",
            "testing/fixtures.py": SHARED,
            **packages(ON_PATH, SYNC, OWN_DB, conftest=IMPORTED),
        },
        FOLDERS,
    ),
    "everything of a helper module outside": Monorepo(
        {
            "testing/fixtures.py": SHARED,
            **packages(ON_PATH, USES_DB, TWO_TESTS, conftest="from testing.fixtures import *\n"),
        },
        FOLDERS,
    ),
    "a helper module outside as a plugin": Monorepo(
        {
            "testing/fixtures.py": SHARED,
            **packages(
                ON_PATH, USES_DB, TWO_TESTS, conftest="pytest_plugins = ['testing.fixtures']\n"
            ),
        },
        FOLDERS,
    ),
    "a helper module in a library of the same repository": Monorepo(
        {
            "libs/kit/pyproject.toml": "[project]\nname = 'kit'\nversion = '1'\n",
            "libs/kit/src/kit/__init__.py": "",
            "libs/kit/src/kit/loops.py": SHARED,
            **packages(
                "[pytest]\nasyncio_mode = auto\npythonpath = ../../libs/kit/src\n",
                TWO_TESTS,
                USES_DB,
                conftest="from kit.loops import db, event_loop\n",
            ),
        },
        FOLDERS,
    ),
    "the root's conftest and helper, imported below, too": Monorepo(
        {
            "pytest.ini": AUTO,
            "testing/__init__.py": "",
            "testing/fixtures.py": override("session"),
            "conftest.py": IMPORTED,
            "test_root.py": TWO_TESTS,
            **packages(ON_PATH, TWO_TESTS, OWN_DB, conftest=IMPORTED),
        },
        (ROOT, *FOLDERS, *PATHS),
        may_join=True,
    ),
}


@pytest.mark.parametrize("name", MONOREPOS)
def test_every_way_of_running_is_right(
    name: str, tmp_path: Path, legacy_python: Path, modern_python: Path
) -> None:
    repo = MONOREPOS[name]
    old, new = tmp_path / "old" / "repo", tmp_path / "new" / "repo"
    for root in (old, new):
        write(root, repo.files)
    done = run_loopscope("migrate", new, "--allow-dirty")
    assert done.returncode == repo.exit_code, done.stdout
    once = read(new)
    again = run_loopscope("migrate", new, "--allow-dirty")
    assert (again.returncode, read(new)) == (repo.exit_code, once), again.stdout
    complaints: list[str] = []
    for folder, arguments in repo.ways:
        before = run_pytest(legacy_python, old / folder, tmp_path / "old.json", arguments)
        assert before.exit_code == 0, f"not green in the first place: {folder} {arguments}"
        after = run_pytest(modern_python, new / folder, tmp_path / "new.json", arguments)
        found = [
            *compare.outcomes(before, after),
            *compare.groups(before, after, may_join=repo.may_join),
            *compare.strays(after),
        ]
        complaints += (f"{folder} {arguments}: {complaint}" for complaint in found)
    assert not complaints, "\n".join([*complaints, done.stdout, *show(new)])


@pytest.mark.parametrize("name", MONOREPOS)
def test_suite_by_suite_in_any_order_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    results = {}
    for order in ("all", "root first", "root last"):
        root = tmp_path / order
        write(root, MONOREPOS[name].files)
        if order != "all":
            migrate_suites(root, is_root=order == "root first")
        migrate_suites(root)
        results[order] = read(root)
    assert results["root first"] == results["all"]
    # With nobody left who imports it, the override of the helper goes.
    for result in results.values():
        result.pop("testing/fixtures.py", None)
    assert results["root last"] == results["all"]


def migrate_suites(root: Path, is_root: bool | None = None) -> None:
    """Migrate only the suite in ``root``, only the others, or all (None)."""
    for suite in load_suites([root]):
        assert isinstance(suite, Suite)
        if is_root in (None, suite.label == root.as_posix()):
            changes = migrate(suite, Options()).changes
            assert write_changes(Path(suite.label), changes) == ()


def write(root: Path, files: dict[str, str]) -> None:
    root.mkdir(parents=True)
    programs.run(["git", "init", "-q"], cwd=root, check=True)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")


def read(root: Path) -> dict[str, bytes]:
    files = (path for path in sorted(root.rglob("*")) if path.is_file())
    found = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
    return {name: data for name, data in found.items() if not name.startswith(".git/")}


def show(root: Path) -> list[str]:
    return [f"--- {name}\n{data.decode()}" for name, data in read(root).items() if data]
