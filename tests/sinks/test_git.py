from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from loopscope.sinks.git import uncommitted
from loopscope.values import Change

FILES = ["a.py", "sub/b c.py", "sub/\N{LATIN SMALL LETTER E WITH ACUTE}.py"]
CHANGES = [Change(name, b"old", b"new", ()) for name in [*FILES, "untracked.py"]]


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, timeout=60)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A working copy with everything committed, but for one file that git does not know."""
    git(tmp_path, "init", "-q")
    (tmp_path / "suite/sub").mkdir(parents=True)
    for name in FILES:
        (tmp_path / "suite" / name).write_bytes(b"old")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "all")
    (tmp_path / "suite/untracked.py").write_bytes(b"old")
    return tmp_path


def dirty(root: Path) -> list[str]:
    return [error.path for error in uncommitted(root, CHANGES)]


def test_committed_and_untracked_files_may_be_changed(copy: Path) -> None:
    assert dirty(copy / "suite") == []


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("staged", [True, False])
def test_changed_file_is_named(copy: Path, name: str, staged: bool) -> None:
    (copy / "suite" / name).write_bytes(b"edited")
    if staged:
        git(copy, "add", "-u")
    assert dirty(copy / "suite") == [name]


def test_changed_file_that_is_not_ours_does_not_count(copy: Path) -> None:
    (copy / "other.py").write_bytes(b"")
    git(copy, "add", "other.py")
    assert dirty(copy / "suite") == []


def test_file_behind_a_link_counts(copy: Path) -> None:
    (copy / "suite/link.py").symlink_to("a.py")
    (copy / "suite/a.py").write_bytes(b"edited")
    [error] = uncommitted(copy / "suite", [Change("link.py", b"edited", b"new", ())])
    assert error.path == "link.py"


def test_outside_of_a_working_copy_nothing_is_dirty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "a.py").write_bytes(b"old")
    assert dirty(tmp_path) == []


def test_without_git_nothing_is_dirty(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (copy / "suite/a.py").write_bytes(b"edited")
    monkeypatch.setenv("PATH", str(copy))
    assert dirty(copy / "suite") == []


def test_index_stays_as_it_is(copy: Path) -> None:
    (copy / "suite/a.py").touch()
    before = (copy / ".git/index").read_bytes()
    dirty(copy / "suite")
    assert (copy / ".git/index").read_bytes() == before


def test_programs_that_the_repository_names_are_not_run(copy: Path) -> None:
    mark, program = copy / "mark", copy / "program"
    program.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    program.chmod(0o755)
    for name in ("core.fsmonitor", "filter.x.clean", "filter.x.process", "diff.external"):
        git(copy, "config", name, str(program))
    git(copy, "config", "filter.x.required", "true")
    (copy / ".gitattributes").write_text("*.py filter=x\n")
    (copy / "suite/a.py").write_bytes(b"edited")
    assert dirty(copy / "suite") == ["a.py"]
    assert not mark.exists()
