from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from loopscope.output import git as git_module
from loopscope.output.git import uncommitted
from loopscope.types import Change
from tests import programs
from tests.programs import hanging

pytestmark = pytest.mark.slow

FILES = ["a.py", "sub/b c.py", "sub/\N{LATIN SMALL LETTER E WITH ACUTE}.py"]
CHANGES = [Change(name, b"old", b"new", ()) for name in FILES]


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    local = ("-c", "protocol.file.allow=always")
    programs.run(["git", *identity, *local, *arguments], cwd=root, check=True)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Make a working copy with everything committed."""
    return committed(tmp_path / "copy")


def committed(root: Path) -> Path:
    (root / "suite/sub").mkdir(parents=True)
    git(root, "init", "-q")
    for name in FILES:
        (root / "suite" / name).write_bytes(b"old")
    git(root, "add", ".")
    git(root, "commit", "-qm", "all")
    return root


def dirty(root: Path, changes: Sequence[Change] = CHANGES) -> list[str]:
    return [error.path for error in uncommitted(root, changes)]


def refused(root: Path, *names: str) -> list[str]:
    """Return the messages about files that are to be changed."""
    changes = [Change(name, b"old", b"new", ()) for name in names]
    return [error.message for error in uncommitted(root, changes)]


def test_git_that_does_not_answer_is_not_waited_for(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_module, "_PATIENCE", 0.5)
    monkeypatch.setenv("PATH", str(hanging(tmp_path / "bin", "git")), prepend=os.pathsep)
    [error] = uncommitted(copy / "suite", CHANGES)
    assert "git rev-parse was stopped after 0.5 seconds" in error.message
    assert "nothing of this suite was written" in error.message


def test_committed_files_may_be_changed(copy: Path) -> None:
    assert dirty(copy / "suite") == []


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("staged", [True, False])
def test_changed_file_is_named(copy: Path, name: str, staged: bool) -> None:
    (copy / "suite" / name).write_bytes(b"edited")
    if staged:
        git(copy, "add", "-u")
    assert dirty(copy / "suite") == [name]


@pytest.mark.parametrize("folder", ["", "new/"])
def test_untracked_file_is_named(copy: Path, folder: str) -> None:
    (copy / "suite/new").mkdir()
    (copy / "suite" / folder / "c.py").write_bytes(b"old")
    [message] = refused(copy / "suite", f"{folder}c.py", "a.py")
    assert message.startswith("is not in git")
    git(copy, "add", ".")
    [message] = refused(copy / "suite", f"{folder}c.py", "a.py")
    assert message.startswith("has uncommitted changes")


def test_new_file_is_none_of_its_business(copy: Path) -> None:
    (copy / "suite/a.py").unlink()
    assert dirty(copy / "suite", [Change("a.py", None, b"new", ())]) == []


@pytest.mark.parametrize("where", [".gitignore", ".git/info/exclude", "the user's"])
def test_file_that_git_shall_ignore_is_not_in_git(copy: Path, where: str) -> None:
    if where == "the user's":
        where = "excludes"
        git(copy, "config", "core.excludesFile", str(copy / where))
    (copy / where).parent.mkdir(exist_ok=True)
    (copy / where).write_text("mine.py\n")
    (copy / "suite/mine.py").write_bytes(b"old")
    [message] = refused(copy / "suite", "mine.py")
    assert message.startswith("is not in git")
    git(copy, "add", "--force", "suite/mine.py")
    git(copy, "commit", "-m", "mine")
    assert refused(copy / "suite", "mine.py") == []


@pytest.mark.parametrize("mark", ["--assume-unchanged", "--skip-worktree"])
def test_file_whose_changes_git_hides_is_named(copy: Path, mark: str) -> None:
    git(copy, "update-index", mark, "suite/a.py")
    (copy / "suite/a.py").write_bytes(b"edited")
    [message] = refused(copy / "suite", "a.py")
    assert "skip-worktree" in message


def test_changed_file_that_is_not_ours_does_not_count(copy: Path) -> None:
    (copy / "other.py").write_bytes(b"")
    git(copy, "add", "other.py")
    assert dirty(copy / "suite") == []


def test_file_behind_a_link_counts(copy: Path) -> None:
    (copy / "suite/link.py").symlink_to("a.py")
    git(copy, "add", ".")
    git(copy, "commit", "-qm", "link")
    (copy / "suite/a.py").write_bytes(b"edited")
    assert dirty(copy / "suite", [Change("link.py", b"edited", b"new", ())]) == ["link.py"]


def test_file_in_a_submodule_is_asked_about_there(copy: Path, tmp_path: Path) -> None:
    library = committed(tmp_path / "library")
    git(copy, "submodule", "--quiet", "add", str(library), "suite/library")
    git(copy, "commit", "-qm", "submodule")
    inner = "library/suite/a.py"
    assert refused(copy / "suite", inner, "a.py") == []
    (copy / "suite" / inner).write_bytes(b"edited")
    (copy / "suite/a.py").write_bytes(b"edited")
    changes = [Change(inner, b"edited", b"new", ()), Change("a.py", b"edited", b"new", ())]
    assert dirty(copy / "suite", changes) == [inner, "a.py"]


def test_worktree(copy: Path, tmp_path: Path) -> None:
    git(copy, "worktree", "add", "-q", str(tmp_path / "worktree"))
    assert dirty(tmp_path / "worktree/suite") == []
    (tmp_path / "worktree/suite/a.py").write_bytes(b"edited")
    assert dirty(tmp_path / "worktree/suite") == ["a.py"]


def test_variables_of_a_git_hook_do_not_mislead(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed(tmp_path / "other")
    (copy / "suite/a.py").write_bytes(b"edited")
    git(tmp_path / "other", "rm", "-rq", ".")
    for name, value in (("GIT_DIR", ""), ("GIT_INDEX_FILE", "/index")):
        monkeypatch.setenv(name, f"{tmp_path}/other/.git{value}")
    assert dirty(copy / "suite") == ["a.py"]


def test_outside_of_a_working_copy_nothing_is_dirty(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"old")
    assert dirty(tmp_path) == []


# -- git cannot answer ------------------------------------------------------------------


def test_without_git_it_is_not_known(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(copy))
    [message] = refused(copy / "suite", *FILES)
    assert "there is no git on the PATH" in message
    assert "--allow-dirty" in message


def test_git_that_fails_is_quoted(copy: Path) -> None:
    (copy / ".git/index").write_bytes(b"nonsense")
    [message] = refused(copy / "suite", "a.py")
    assert "(fatal: " in message
    assert "--allow-dirty" in message


def test_pointer_to_a_repository_that_is_gone(copy: Path) -> None:
    (copy / "suite/.git").write_text("gitdir: /no/such/place\n")
    [message] = refused(copy / "suite", "a.py")
    assert "(fatal: not a git repository" in message


# -- trust ------------------------------------------------------------------------------


def test_index_stays_as_it_is(copy: Path) -> None:
    os.utime(copy / "suite/a.py", (1, 1))
    before = (copy / ".git/index").read_bytes()
    assert dirty(copy / "suite") == []
    assert (copy / ".git/index").read_bytes() == before


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Write a program that leaves a mark when it runs."""
    path = tmp_path / "programs/git"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\ntouch {tmp_path}/mark\ncat\n")
    path.chmod(0o755)
    return path


def test_programs_that_the_repository_names_are_not_run(copy: Path, program: Path) -> None:
    for name in (
        "core.fsmonitor", "diff.external", "filter.x.clean", "filter.x.process",
        "filter.a=b.clean", "filter.a=b.process",
    ):  # fmt: skip
        git(copy, "config", name, str(program))
    for name in ("x", "a=b"):
        git(copy, "config", f"filter.{name}.required", "true")
    (copy / "included").write_text(f'[filter "y"]\nclean = {program}\n')
    git(copy, "config", "include.path", "../included")
    (copy / ".gitattributes").write_text("*.py filter=x\na.py filter=a=b\n")
    (copy / "suite/sub/.gitattributes").write_text("*.py filter=y\n")
    for name in FILES:
        (copy / "suite" / name).write_bytes(b"new")  # as long as before: git has to look inside
    assert dirty(copy / "suite") == FILES
    assert not (program.parents[1] / "mark").exists()


def test_programs_of_a_submodule_are_not_run(copy: Path, tmp_path: Path, program: Path) -> None:
    library = committed(tmp_path / "library")
    git(copy, "submodule", "--quiet", "add", str(library), "suite/library")
    git(copy, "commit", "-qm", "submodule")
    inner = copy / "suite/library"
    git(inner, "config", "filter.x.clean", str(program))
    (inner / ".gitattributes").write_text("*.py filter=x\n")
    (inner / "suite/a.py").write_bytes(b"new")
    assert dirty(copy / "suite") == []
    assert not (program.parents[1] / "mark").exists()


def test_missing_objects_are_not_fetched(copy: Path, program: Path) -> None:
    url = f"ext::{program}"
    for name, value in (
        ("core.repositoryFormatVersion", "1"), ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"), ("remote.origin.url", url),
        ("remote.origin.uploadpack", str(program)), ("protocol.ext.allow", "always"),
    ):  # fmt: skip
        git(copy, "config", name, value)
    command = ["git", "rev-parse", "HEAD^{tree}"]
    tree = programs.run(command, cwd=copy, check=True, capture_output=True, text=True).stdout
    (copy / ".git/objects" / tree[:2] / tree[2:].strip()).unlink()
    (copy / ".git/index").unlink()
    for place in (url, str(copy.parent)):
        git(copy, "config", "remote.origin.url", place)
        [message] = refused(copy / "suite", "a.py")
        assert "git cannot say" in message
    assert not (program.parents[1] / "mark").exists()


@pytest.mark.parametrize("entry", ["", ".", "suite", "./suite"])
def test_git_of_the_repository_is_not_run(
    copy: Path, program: Path, monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    for place in (copy, copy / "suite"):
        (place / "git").symlink_to(program)
    monkeypatch.chdir(copy)
    monkeypatch.setenv("PATH", f"{entry}:{os.environ['PATH']}")
    (copy / "suite/a.py").write_bytes(b"edited")
    assert dirty(copy / "suite") == ["a.py"]
    assert not (program.parents[1] / "mark").exists()
