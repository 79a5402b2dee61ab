from __future__ import annotations

from pathlib import Path

import pytest

from loopscope.discovery.load import load_suites
from loopscope.pipeline import migrate
from loopscope.types import FileError, Options, Suite

LEGACY = "async def test_it(event_loop): ...\n"
PLAIN = "def test_it(): ...\n"


def kept(root: Path, files: dict[str, str]) -> set[str]:
    """List the files in memory of a suite with these files and an empty pytest.ini."""
    (root / "pytest.ini").touch()
    for name, text in files.items():
        (root / name).write_text(text)
    [suite] = load_suites([root])
    assert isinstance(suite, Suite)
    return set(suite.files)


@pytest.mark.parametrize("length", [64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 300_000])
def test_the_only_trace_at_the_end_of_a_long_file(tmp_path: Path, length: int) -> None:
    text = "#\n" * length + LEGACY
    assert kept(tmp_path, {"test_a.py": text[-length:]}) == {"pytest.ini", "test_a.py"}


def test_what_stands_before_the_first_trace_belongs_to_the_suite(tmp_path: Path) -> None:
    names = {"pytest.ini", "test_a.py", "test_b.py"}
    assert kept(tmp_path, {"test_a.py": PLAIN, "test_b.py": LEGACY}) == names


def test_nothing_of_a_suite_without_a_trace_is_kept(tmp_path: Path) -> None:
    assert kept(tmp_path, {"test_a.py": PLAIN, "test_b.py": "import asyncio\n"}) == set()


def test_a_helper_that_holds_a_decorator_belongs_to_the_suite(tmp_path: Path) -> None:
    files = {
        "test_a.py": LEGACY,
        "own.py": "import functools\n\ndef quiet(f):\n    return functools.wraps(f)(f)\n",
        "other.py": "x = 1\n",
    }
    assert kept(tmp_path, files) == {"pytest.ini", "test_a.py", "own.py"}


def test_modules_that_lead_to_one_which_runs_a_loop_belong_to_the_suite(tmp_path: Path) -> None:
    files = {
        "test_a.py": LEGACY,
        "drive.py": "import asyncio\n\n\ndef go(coro):\n    asyncio.run(coro)\n",
        "middle.py": "from drive import (\n    go,\n)\n",
        "package/__init__.py": "import middle as m\n",
        "package/user.py": "from . import package\n",
        "plain.py": "drive = 1\n",
    }
    (tmp_path / "package").mkdir()
    assert kept(tmp_path, files) == {"pytest.ini", *files} - {"plain.py"}


# -- the lock file of a workspace --------------------------------------------------------------

_MEMBERS = {
    "uv.lock": '[[package]]\nname = "alpha"\nsource = { editable = "packages/alpha" }\n',
    "poetry.lock": '[[package]]\nname = "alpha"\n[package.source]\n'
    'type = "directory"\nurl = "packages/alpha"\n',
    "pdm.lock": '[[package]]\nname = "alpha"\npath = "./packages/alpha"\n',
}
_PROJECT = '[project]\nname = "alpha"\n[tool.pytest.ini_options]\n'


def evidence(root: Path, files: dict[str, str], suite: str = "packages/alpha") -> tuple[str, str]:
    """Return what the suite in that folder runs on, with the text of the lock that says so."""
    (root / ".git").mkdir(exist_ok=True)
    marked = f"import pytest\n\n\n@pytest.mark.asyncio\n{LEGACY.replace('event_loop', '')}"
    for name, text in {"test_a.py": marked, **files}.items():
        path = root / (f"{suite}/{name}" if name == "test_a.py" else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    [found] = [one for one in load_suites([root]) if one.label.endswith(suite)]
    assert isinstance(found, Suite)
    locks = [data for path, data in found.cross_suite.outside.items() if path.endswith(".lock")]
    return migrate(found, Options()).runs_on, b"".join(locks).decode()


@pytest.mark.parametrize("name", _MEMBERS)
def test_lock_of_a_workspace_says_what_its_members_run_on(tmp_path: Path, name: str) -> None:
    lock = f'{_MEMBERS[name]}[[package]]\nname = "pytest-asyncio"\nversion = "1.2.0"\n'
    runs_on, text = evidence(
        tmp_path, {name: lock, "packages/alpha/pyproject.toml": _PROJECT, "pyproject.toml": ""}
    )
    line = lock[: lock.index("pytest-asyncio")].count("\n") + 1
    assert runs_on == f"pytest-asyncio 1.x, by ../../{name}:{line}"
    assert text.split() == ["name", "=", '"pytest-asyncio"', "version", "=", '"1.2.0"']


def test_lock_of_the_project_counts_for_a_suite_in_its_folder_of_tests(tmp_path: Path) -> None:
    lock = '[[package]]\nname = "pytest-asyncio"\nversion = "0.23.8"\n'
    files = {"uv.lock": lock, "pyproject.toml": "[project]\n", "tests/pytest.ini": "[pytest]\n"}
    files["tests/test_b.py"] = LEGACY
    assert evidence(tmp_path, files, "tests")[1].startswith("\nname")


@pytest.mark.parametrize(
    "others",
    [
        {"packages/alpha/uv.lock": 'name = "pytest-asyncio"\nversion = "0.23.8"\n'},
        {"packages/poetry.lock": "", "uv.lock": _MEMBERS["uv.lock"]},
        {"uv.lock": _MEMBERS["uv.lock"].replace("alpha", "beta")},
    ],
    ids=["a lock of its own", "a nearer one", "another member"],
)
def test_other_locks_above_say_nothing(tmp_path: Path, others: dict[str, str]) -> None:
    lock = others.get("uv.lock", _MEMBERS["uv.lock"])
    lock += 'name = "pytest-asyncio"\nversion = "1.2.0"\n'
    files = {**others, "uv.lock": lock, "packages/alpha/pyproject.toml": _PROJECT}
    runs_on, text = evidence(tmp_path, files)
    assert "1.x" not in runs_on
    assert not text


OVERRIDE = """\
import asyncio

import pytest


@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
ROOT = "[pytest]\nasyncio_mode = auto\n"
PACKAGE = {
    "repo/.git/HEAD": "",
    "repo/shop/tests/pytest.ini": ROOT,
    "repo/shop/tests/test_a.py": LEGACY,
}


def written(root: Path, files: dict[str, str]) -> list[Suite]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    suites = [found for found in load_suites([root]) if isinstance(found, Suite)]
    return [suite for suite in suites if suite.files]


@pytest.mark.parametrize(
    "line",
    [
        "from tests.lib.loops import event_loop",
        "from tests.lib.loops import *",
        "from tests.lib import *",
        "from tests.lib import event_loop",
        "from shop.tests.lib.loops import event_loop",
        "import tests.lib.loops as loops\nevent_loop = loops.event_loop",
        'pytest_plugins = ["tests.lib.loops"]',
    ],
)
def test_a_root_is_imported_by_its_own_name(tmp_path: Path, line: str) -> None:
    lib = {
        "repo/shop/tests/lib/loops.py": OVERRIDE,
        "repo/shop/tests/lib/__init__.py": "from tests.lib.loops import *\n",
        "repo/shop/tests/conftest.py": f"{line}\n",
    }
    (suite,) = written(tmp_path, {**PACKAGE, **lib})
    migration = migrate(suite, Options())
    assert not migration.errors
    assert [found.code for found in migration.findings if found.level.value == "action"] == []
    changed = {change.path: change.after for change in migration.changes}
    assert b"asyncio_default_test_loop_scope = session" in changed["pytest.ini"]
    assert b"event_loop" not in changed["lib/loops.py"]


@pytest.mark.parametrize(
    ("line", "scope"),
    [
        ("from names import SCOPE", "scope=SCOPE"),
        ("import names", "scope=names.SCOPE"),
        ("from names import OPTIONS", "**OPTIONS"),
    ],
)
def test_a_module_of_constants_is_read_for_the_scopes_that_it_names(
    tmp_path: Path, line: str, scope: str
) -> None:
    override = OVERRIDE.replace('scope="session"', scope)
    files = {
        "pytest.ini": ROOT,
        "names.py": 'SCOPE = "module"\nOPTIONS = {"scope": SCOPE}\n',
        "other.py": 'SCOPE = "session"\n',
        "conftest.py": f"{line}\n{override}",
        "test_a.py": LEGACY,
    }
    (suite,) = written(tmp_path, files)
    assert {"names.py", "other.py"} & set(suite.files) == {"names.py"}
    changed = {change.path: change.after for change in migrate(suite, Options()).changes}
    assert b"asyncio_default_test_loop_scope = module" in changed["pytest.ini"]


def test_a_package_that_is_the_top_of_a_working_copy_goes_by_its_name(tmp_path: Path) -> None:
    files = {
        "shop/.git/HEAD": "",
        "shop/__init__.py": "",
        "shop/pytest.ini": ROOT,
        "shop/loops.py": OVERRIDE,
        "shop/conftest.py": "from shop.loops import event_loop\n",
        "shop/test_a.py": LEGACY,
    }
    (suite,) = written(tmp_path, files)
    assert suite.cross_suite.own_names[0] == "shop"
    assert not [one for one in migrate(suite, Options()).findings if one.level.value == "action"]


@pytest.mark.parametrize("place", ["shop/__init__.py", "src/shop/__init__.py", "shop.py"])
def test_a_package_of_the_roots_name_is_that_package(tmp_path: Path, place: str) -> None:
    files = {
        "shop/.git/HEAD": "",
        "shop/pytest.ini": ROOT,
        f"shop/{place}": "",
        "shop/loops.py": OVERRIDE,
        "shop/conftest.py": "from shop.loops import event_loop\n",
        "shop/test_a.py": LEGACY,
    }
    (suite,) = written(tmp_path, files)
    (found,) = (one for one in migrate(suite, Options()).findings if one.line == 1)
    assert "event_loop comes from shop.loops, which was not found" in found.message


@pytest.mark.parametrize(
    ("name", "where"),
    [("notes.bin", "is no Python file"), ("docs", "has no Python file at or below it")],
)
def test_a_path_without_python_is_said(tmp_path: Path, name: str, where: str) -> None:
    (tmp_path / "notes.bin").write_bytes(b"asyncio")
    (tmp_path / "docs").mkdir()
    errors = [one for one in load_suites([tmp_path / name]) if isinstance(one, FileError)]
    message = f"{where}, and no suite; check the spelling, or whether it was moved"
    assert [error.message for error in errors] == [message]
