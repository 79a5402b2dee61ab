"""What the files of a project have an installer install; and what of them never reaches it."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from loopscope.requirements.installable import Declared, Installable, project_requirements


def _found(folder: Path, files: Mapping[str, str]) -> Installable:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return project_requirements(folder)


def test_requirements_of_a_project_without_an_environment(tmp_path: Path) -> None:
    files = {
        "requirements-dev.txt": "-r requirements.txt\npytest>=7\n"
        "pytest_asyncio==0.20\nmock # x\n-e .\n",
        "requirements.txt": "-r requirements-dev.txt\nyarl==1.0 \\\n    --hash=sha256:00\n",
        "requirements/test.txt": "pytest-mock>=3\n",
        "requirements/docs.txt": "sphinx\n",
        "pyproject.toml": "[project]\ndependencies = ['attrs']\n"
        "[project.optional-dependencies]\ndocs = ['furo']\ntests = ['respx']\n"
        "[dependency-groups]\ndev = ['ruff', {include-group = 'x'}]\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert set(project_requirements(tmp_path).requirements) == {
        "mock", "yarl==1.0", "pytest-mock>=3", "attrs", "respx", "ruff",
    }  # fmt: skip


def test_extras_of_the_project_itself_stand_for_what_they_hold(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nname = 'My_Kit'\n[project.optional-dependencies]\nfast = ['uvloop']\n"
        "test = ['my-kit[fast, all]', 'respx']\nall = ['my-kit[fast,test]']\n",
        encoding="utf-8",
    )
    assert project_requirements(tmp_path).requirements == ("respx", "uvloop")


_OPTIONS = (
    "--target=OUTSIDE", "-tOUTSIDE", "--index-url=https://x.example/", "-r/etc/hostname",
    " --target=x", "-e ../other", "--", "../other", "/other", "six --target=x",
)  # fmt: skip


@pytest.mark.parametrize("text", _OPTIONS)
@pytest.mark.parametrize("where", ["dependencies", "extra", "group", "own extra"])
def test_no_text_of_pyproject_is_an_option_of_an_installer(
    where: str, text: str, tmp_path: Path
) -> None:
    tables = {
        "dependencies": f"[project]\nname = 'x'\ndependencies = ['{text}', 'attrs']\n",
        "extra": f"[project.optional-dependencies]\ntest = ['{text}', 'attrs']\n",
        "group": f"[dependency-groups]\ndev = ['{text}', 'attrs']\n",
        "own extra": "[project]\nname = 'x'\n[project.optional-dependencies]\n"
        f"test = ['x[more]', 'attrs']\nmore = ['{text}']\n",
    }
    found = _found(tmp_path, {"pyproject.toml": tables[where]})
    assert found.requirements == ("attrs",)
    [left_out] = found.left_out
    assert left_out.startswith("pyproject.toml: ")
    assert left_out.endswith("which is no requirement")


def test_options_of_requirement_files_are_named_without_their_values(tmp_path: Path) -> None:
    lines = "--index-url https://me:secret@x.example/\n--pre\n-e ../other\n-e .\n.[test]\nattrs\n"
    found = _found(tmp_path, {"requirements.txt": lines})
    assert found.requirements == ("attrs",)
    assert found.left_out == tuple(
        f"requirements.txt: the option {name}" for name in ("--index-url", "--pre", "-e")
    )


def test_addresses_are_requirements(tmp_path: Path) -> None:
    lines = ("git+https://x.example/a.git@v1#egg=a", "b @ https://x.example/b.whl", "c[d]>=1; x")
    found = _found(tmp_path, {"requirements.txt": "\n".join(lines)})
    assert found.requirements == lines[:2]


def test_a_file_outside_of_the_project_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("secret\n", encoding="utf-8")
    found = _found(
        tmp_path / "project",
        {"requirements.txt": "-r ../outside.txt\n-c ../outside.txt\n-r https://x.example/r.txt\n"},
    )
    assert found.requirements == ()
    assert len(found.left_out) == 2
    assert "secret" not in str(found)


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links")
def test_a_link_is_no_way_out_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("secret\n", encoding="utf-8")
    project = tmp_path / "project"
    project.mkdir()
    for name in ("dev.txt", "requirements.txt", "pyproject.toml"):
        (project / name).symlink_to("../outside.txt")
    assert "secret" not in str(_found(project, {"test.txt": "-r dev.txt\nattrs\n"}))


def test_includes_that_double_at_each_level_or_meet_again_are_read_once(tmp_path: Path) -> None:
    files = {
        f"level-{n}.txt": f"-r level-{n + 1}.txt\n-r ./level-{n + 1}.txt\n-r test.txt\np{n}\n"
        for n in range(40)
    }
    started = time.monotonic()
    found = _found(tmp_path, {"test.txt": "-r level-0.txt\n", **files})
    assert set(found.requirements) == {f"p{n}" for n in range(40)}
    assert time.monotonic() - started < 10


def test_pytest_and_its_plugin_are_apart_and_limited_by_constraints(tmp_path: Path) -> None:
    found = _found(
        tmp_path,
        {
            "requirements-dev.txt": "-c limits.txt\npytest>=7 --hash=sha256:00\nPyYAML\nattrs>1\n"
            "pytest-asyncio==0.21.1; python_version < '3.0'\n",
            "limits.txt": "pytest==7.4.4\npyyaml<7\nrich==1\nattrs<30; python_version < '3.0'\n",
        },
    )
    assert found.requirements == ("PyYAML<7", "attrs>1")
    assert found.exchanged == (
        Declared("pytest", "==7.4.4", "limits.txt"),
        Declared("pytest", ">=7", "requirements-dev.txt"),
    )


def test_formats_that_are_not_read_are_named(tmp_path: Path) -> None:
    found = _found(
        tmp_path,
        {
            "pyproject.toml": "[tool.poetry.dependencies]\nattrs = '*'\n",
            "setup.cfg": "[options]\ninstall_requires =\n    attrs\n",
        },
    )
    assert [line.partition(":")[0] for line in found.left_out] == ["setup.cfg", "pyproject.toml"]


def test_lists_in_folders_of_the_tests_are_installed(tmp_path: Path) -> None:
    wanted = (
        "tests/requirements.txt", "dev-requirements/pytest.txt", "tools/pytest-requirements.txt",
        "tests/requirements/unit.txt", "requirements/test.txt",
    )  # fmt: skip
    others = ("docs/requirements.txt", "tests/data/notes.txt", "tests/constraints.txt", "a/b.txt")
    for number, path in enumerate((*wanted, *others)):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(f"a{number}\npytest-asyncio==0.16\n")
    assert set(project_requirements(tmp_path).requirements) == {
        f"a{one}" for one in range(len(wanted))
    }
