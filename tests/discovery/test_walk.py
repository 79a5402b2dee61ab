from __future__ import annotations

import os
from pathlib import Path

import pytest

from loopscope.discovery.load import load_suites
from loopscope.types import FileError, Suite

LEGACY = "async def test_it(event_loop): ...\n"
PLAIN = "def test_it(): ...\n"


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def load(*paths: Path, exclude: tuple[str, ...] = ()) -> dict[str, Suite]:
    found = list(load_suites(paths, exclude))
    assert all(isinstance(item, Suite) for item in found), found
    return {suite.label: suite for suite in found if isinstance(suite, Suite)}


def files(root: Path, exclude: tuple[str, ...] = ()) -> set[str]:
    """Return the files of the only suite."""
    [suite] = load(root, exclude=exclude).values()
    return set(suite.files)


# -- rootdirs ---------------------------------------------------------------------------


def test_directory_without_any_configuration_is_its_own_rootdir(tmp_path: Path) -> None:
    tree(tmp_path, {"tests/test_a.py": LEGACY})
    [(label, suite)] = load(tmp_path).items()
    assert label == tmp_path.as_posix()
    assert suite.config.path is None
    assert set(suite.files) == {"tests/test_a.py"}


def test_label_is_relative_as_the_path_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(tmp_path, {"a/pytest.ini": "", "a/test_a.py": LEGACY})
    monkeypatch.chdir(tmp_path)
    assert list(load(Path("."))) == ["a"]
    assert list(load(Path("./a/"))) == ["a"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", ""),
        ("pytest.toml", ""),
        ("pyproject.toml", "[tool.pytest.ini_options]\n"),
        ("tox.ini", "[pytest]\n"),
        ("setup.cfg", "[tool:pytest]\n"),
    ],
)
def test_nested_configuration_makes_a_suite_of_its_own(
    tmp_path: Path, name: str, text: str
) -> None:
    tree(tmp_path, {"pytest.ini": "", "test_a.py": LEGACY})
    tree(tmp_path / "inner", {name: text, "test_b.py": LEGACY})
    suites = load(tmp_path)
    assert set(suites[tmp_path.as_posix()].files) == {"pytest.ini", "test_a.py"}
    assert suites[(tmp_path / "inner").as_posix()].config.path == name


@pytest.mark.parametrize("name", ["pyproject.toml", "setup.cfg", "setup.py"])
def test_projects_of_a_monorepo_without_configuration(tmp_path: Path, name: str) -> None:
    tree(tmp_path, {f"{p}/{name}": "" for p in "ab"})
    tree(tmp_path, {f"{p}/tests/test_it.py": LEGACY for p in "ab"})
    assert [Path(label).name for label in load(tmp_path)] == ["a", "b"]


def test_project_below_pytest_configuration_belongs_to_it_as_in_pytest(tmp_path: Path) -> None:
    tree(tmp_path, {"pytest.ini": "", "a/pyproject.toml": "", "a/test_a.py": LEGACY})
    assert files(tmp_path) == {"pytest.ini", "a/pyproject.toml", "a/test_a.py"}


def test_project_without_tests_belongs_to_the_suite_around_it(tmp_path: Path) -> None:
    tree(tmp_path, {"test_a.py": LEGACY, "lib/setup.py": "", "lib/x.py": "get_event_loop\n"})
    assert files(tmp_path) == {"test_a.py", "lib/x.py"}


def test_empty_directory_is_an_error(tmp_path: Path) -> None:
    [error] = load_suites([tmp_path])
    assert isinstance(error, FileError)
    assert "no Python file" in error.message


# -- paths inside a suite ---------------------------------------------------------------


def python_files(suite: Suite) -> set[str]:
    return {path for path in suite.editable or () if path.endswith(".py")}


def test_file_is_widened_to_its_suite_and_editable_with_what_lies_above(tmp_path: Path) -> None:
    tree(tmp_path, {"pytest.ini": "", "conftest.py": LEGACY, "t/test_a.py": LEGACY})
    [suite] = load(tmp_path / "t/test_a.py").values()
    assert suite.label == tmp_path.as_posix()
    assert set(suite.files) == {"pytest.ini", "conftest.py", "t/test_a.py"}
    assert python_files(suite) == {"t/test_a.py", "t/conftest.py", "conftest.py"}
    assert {"pytest.ini", "pyproject.toml"} <= (suite.editable or set())


def test_folder_is_widened_and_may_get_a_conftest(tmp_path: Path) -> None:
    tree(tmp_path, {"pytest.ini": "", "conftest.py": LEGACY, "t/test_a.py": LEGACY})
    [suite] = load(tmp_path / "t").values()
    assert python_files(suite) == {"t/test_a.py", "t/conftest.py", "conftest.py"}


def test_two_files_of_one_suite_are_editable_together(tmp_path: Path) -> None:
    tree(tmp_path, {"pytest.ini": "", "test_a.py": LEGACY, "test_b.py": LEGACY})
    [suite] = load(tmp_path / "test_a.py", tmp_path / "test_b.py").values()
    assert python_files(suite) == {"test_a.py", "test_b.py", "conftest.py"}


def test_whole_suite_wins_over_a_file_of_it(tmp_path: Path) -> None:
    tree(tmp_path, {"a/pytest.ini": "", "a/test_a.py": LEGACY})
    for paths in ((tmp_path, tmp_path / "a/test_a.py"), (tmp_path / "a/test_a.py", tmp_path)):
        [suite] = load(*paths).values()
        assert suite.editable is None


def test_without_configuration_a_file_belongs_to_the_outermost_conftest(tmp_path: Path) -> None:
    tree(tmp_path, {"conftest.py": LEGACY, "a/b/test_a.py": LEGACY})
    [suite] = load(tmp_path / "a/b/test_a.py").values()
    assert suite.label == tmp_path.as_posix()


def test_widening_stops_at_the_top_of_a_working_copy(tmp_path: Path) -> None:
    tree(tmp_path, {"pytest.ini": "", "repo/.git/HEAD": "", "repo/t/test_a.py": LEGACY})
    [suite] = load(tmp_path / "repo/t").values()
    assert suite.label == (tmp_path / "repo/t").as_posix()


def test_sibling_suites_of_a_widened_path_stay_out(tmp_path: Path) -> None:
    tree(tmp_path, {"pytest.ini": "", "a/test_a.py": LEGACY})
    tree(tmp_path / "b", {"pytest.ini": "", "test_b.py": LEGACY})
    assert list(load(tmp_path / "a")) == [tmp_path.as_posix()]


# -- what is skipped --------------------------------------------------------------------


@pytest.mark.parametrize(
    "folder",
    [
        ".git",
        "venv",
        ".venv",
        "node_modules",
        "__pycache__",
        ".tox",
        "build",
        "dist",
        "x.egg-info",
    ],
)
def test_folder_that_holds_nothing_of_ones_own(tmp_path: Path, folder: str) -> None:
    tree(tmp_path, {"pytest.ini": "", "test_a.py": LEGACY, f"{folder}/test_b.py": LEGACY})
    assert files(tmp_path) == {"pytest.ini", "test_a.py"}


def test_virtual_environment_of_any_name(tmp_path: Path) -> None:
    tree(tmp_path, {"test_a.py": LEGACY, "env/pyvenv.cfg": "", "env/lib/test_b.py": LEGACY})
    assert files(tmp_path) == {"test_a.py"}


def test_package_that_is_called_build_is_read(tmp_path: Path) -> None:
    tree(tmp_path, {"build/__init__.py": "", "build/loops.py": "asyncio.get_event_loop()\n"})
    assert files(tmp_path) == {"build/loops.py"}


def test_nested_gitignore_and_its_exceptions(tmp_path: Path) -> None:
    tree(tmp_path, dict.fromkeys(("test_a.py", "o/test_b.py", "p/test_c.py"), LEGACY))
    tree(tmp_path, {"p/test_d.py": LEGACY, ".gitignore": "/o/\ntest_[cd].py\n"})
    tree(tmp_path, {"p/.gitignore": "!test_d.py\n"})
    assert files(tmp_path) == {"test_a.py", "p/test_d.py"}


def test_ignore_files_above_the_given_path_and_the_private_one(tmp_path: Path) -> None:
    tree(tmp_path, {".git/info/exclude": "test_b.py\n", ".gitignore": "s/test_a.py\n"})
    tree(tmp_path / "s", {f"test_{letter}.py": LEGACY for letter in "abc"})
    assert files(tmp_path / "s") == {"test_c.py"}


def test_ignored_path_that_is_named_is_read(tmp_path: Path) -> None:
    tree(tmp_path, {".git/HEAD": "", ".gitignore": "out/\n", "pytest.ini": ""})
    tree(tmp_path, {"out/test_a.py": LEGACY, "out/sub/test_b.py": LEGACY})
    [suite] = load(tmp_path / "out").values()
    assert suite.editable is not None
    assert {"out/test_a.py", "out/sub/test_b.py"} <= suite.editable


def test_exclude_patterns(tmp_path: Path) -> None:
    tree(tmp_path, {"test_a.py": LEGACY, "old/test_b.py": LEGACY, "new/x_test.py": LEGACY})
    assert files(tmp_path, ("/old", "*_test.py")) == {"test_a.py"}


def test_excluded_broken_configuration_in_a_folder_is_not_read(tmp_path: Path) -> None:
    tree(tmp_path, {"test_a.py": LEGACY, "data/pyproject.toml": "[", "data/test_b.py": PLAIN})
    assert files(tmp_path, ("data",)) == {"test_a.py"}


def test_linked_directory_is_not_followed(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"test_a.py": LEGACY})
    tree(tmp_path / "other", {"test_b.py": LEGACY})
    (root / "link").symlink_to(tmp_path / "other")
    (root / "loop").symlink_to(root)
    assert files(root) == {"test_a.py"}


def test_linked_file_counts_inside_the_root_only(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"shared.py": LEGACY, "a/__init__.py": ""})
    tree(tmp_path, {"outside.py": LEGACY})
    (root / "a/conftest.py").symlink_to("../shared.py")
    (root / "a/test_b.py").symlink_to(tmp_path / "outside.py")
    (root / "a/test_c.py").symlink_to("gone.py")
    assert files(root) == {"shared.py", "a/conftest.py"}


# -- which files are kept ---------------------------------------------------------------


def test_suite_without_a_trace_of_loops_keeps_no_file(tmp_path: Path) -> None:
    tree(tmp_path, {"pytest.ini": "", "conftest.py": "", "test_a.py": PLAIN})
    assert files(tmp_path) == set()


def test_the_plugin_among_the_requirements_is_a_trace_where_there_is_a_configuration(
    tmp_path: Path,
) -> None:
    required = {"requirements.txt": "pytest-asyncio\n", "test_a.py": PLAIN}
    tree(tmp_path / "a", {"pytest.ini": "", **required})
    assert files(tmp_path / "a") == {"pytest.ini", "requirements.txt", "test_a.py"}
    tree(tmp_path / "b", required)
    assert files(tmp_path / "b") == set()


def test_asyncio_in_the_configuration_is_a_trace(tmp_path: Path) -> None:
    tree(tmp_path, {"pytest.ini": "[pytest]\nasyncio_mode = auto\n", "test_a.py": PLAIN})
    assert files(tmp_path) == {"pytest.ini", "test_a.py"}


def test_support_modules_and_requirements_are_kept_and_others_are_not(tmp_path: Path) -> None:
    kept = {
        "test_a.py": LEGACY, "conftest.py": "", "tests/fixtures.py": "import pytest\n",
        "tests/base.py": "class Base:\n    async def test_x(self): ...\n",
        "app/clock.py": "asyncio.get_event_loop().time()\n", "requirements-dev.txt": "",
        "requirements/test.in": "", "tox.ini": "", "setup.cfg": "", "setup.py": "",
    }  # fmt: skip
    tree(tmp_path, {**kept, "app/model.py": "x = 1\n", "notes.txt": "", "a.csv": ""})
    assert files(tmp_path) == set(kept)


@pytest.mark.parametrize(
    "place",
    [
        "tests/requirements.txt", "tests/requirements/unit.txt", "dev-requirements/pytest.txt",
        "tools/ci/pytest-requirements.in", "devtools/conda-envs/test_env.yaml",
    ],
)  # fmt: skip
def test_requirements_may_stand_in_any_folder(tmp_path: Path, place: str) -> None:
    others = {"tests/words.txt": "", "tests/data/requirements.txt": "", "ci/jobs.yml": ""}
    tree(tmp_path, {"pytest.ini": "", "tests/test_a.py": LEGACY, place: "", **others})
    assert files(tmp_path) == {"pytest.ini", "tests/test_a.py", place}


def test_requirements_of_a_folder_without_tests_belong_to_the_suite_around(tmp_path: Path) -> None:
    app = {"app/setup.py": "", "app/requirements.txt": "", "app/notes.txt": ""}
    tree(tmp_path, {"tests/test_a.py": LEGACY, **app})
    assert files(tmp_path) == {"tests/test_a.py", "app/requirements.txt"}


def test_requirements_that_git_ignores_are_not_read(tmp_path: Path) -> None:
    tree(tmp_path, {".git/HEAD": "", "pytest.ini": "", "tests/test_a.py": LEGACY})
    tree(tmp_path, {".gitignore": "local-*.txt\n", "tests/local-requirements.txt": ""})
    assert files(tmp_path) == {"pytest.ini", "tests/test_a.py"}


def test_modules_that_hand_on_what_tests_are_made_of_are_kept(tmp_path: Path) -> None:
    kept = {
        "tests/test_a.py": "from shared import Contract\nfrom tests.all import db\n" + LEGACY,
        "shared/__init__.py": "from shared.contracts import Contract\n",
        "shared/contracts/__init__.py": "from .first import Contract\n",
        "shared/contracts/first.py": "class Contract:\n    def test_x(self, db): ...\n",
        "tests/all.py": "from tests.parts.stores import db\n",
        "tests/parts/stores.py": "from pytest import fixture\n",
    }  # fmt: skip
    product = {"app/__init__.py": "from .model import X\n", "app/model.py": "X = 1\n"}
    tree(tmp_path, {"pytest.ini": "", **kept, **product})
    assert files(tmp_path) == {"pytest.ini", *kept}


def test_python_files_of_the_configuration(tmp_path: Path) -> None:
    tree(tmp_path, {"pytest.ini": "[pytest]\npython_files = check_*.py spec/*.py\n"})
    tree(tmp_path, {"check_a.py": "", "spec/b.py": "", "test_c.py": "", "x.py": LEGACY})
    assert files(tmp_path) == {"pytest.ini", "check_a.py", "spec/b.py", "x.py"}


# -- what goes wrong --------------------------------------------------------------------


def test_unknown_path_is_an_error_and_the_rest_is_read(tmp_path: Path) -> None:
    tree(tmp_path, {"test_a.py": LEGACY})
    error, suite = load_suites([tmp_path / "nowhere", tmp_path])
    assert isinstance(error, FileError)
    assert error.path.endswith("/nowhere")
    assert isinstance(suite, Suite)


def test_broken_configuration_stops_its_suite_only(tmp_path: Path) -> None:
    tree(tmp_path / "a", {"pyproject.toml": "[tool\n", "test_a.py": LEGACY})
    tree(tmp_path / "b", {"pytest.ini": "nonsense\n", "test_b.py": LEGACY})
    tree(tmp_path / "c", {"pytest.ini": "", "test_c.py": LEGACY})
    a, b, c = load(tmp_path).values()
    assert (a.errors[0].path, a.errors[0].line, dict(a.files)) == ("pyproject.toml", 1, {})
    assert (b.errors[0].path, b.errors[0].line, dict(b.files)) == ("pytest.ini", 1, {})
    assert set(c.files) == {"pytest.ini", "test_c.py"}


def test_broken_configuration_in_test_data_is_nobodys_business(tmp_path: Path) -> None:
    tree(tmp_path, {"test_a.py": LEGACY, "data/pyproject.toml": "[", "data/x.py": ""})
    [suite] = load(tmp_path).values()
    assert suite.errors == ()


def test_named_pipe_is_not_opened(tmp_path: Path) -> None:
    tree(tmp_path, {"test_a.py": LEGACY})
    os.mkfifo(tmp_path / "test_b.py")
    assert files(tmp_path) == {"test_a.py"}
