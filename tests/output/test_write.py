from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from loopscope.output.tree import Tree
from loopscope.output.write import write_changes
from loopscope.types import Change
from tests.folders import contents


def change(path: str, before: bytes | None = b"old", after: bytes = b"new") -> Change:
    return Change(path, before, after, ())


def suite(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"old")
    return root


def test_all_changes_are_written_and_nothing_else_is_left(tmp_path: Path) -> None:
    suite(tmp_path, "a.py", "sub/b.py", "c.py")
    changes = [change("a.py"), change("sub/b.py"), change("pytest.ini", None)]
    assert write_changes(tmp_path, changes) == ()
    assert contents(tmp_path) == {
        "a.py": b"new", "sub/b.py": b"new", "c.py": b"old", "pytest.ini": b"new",
    }  # fmt: skip


def test_file_that_changed_since_it_was_read_stops_the_suite(tmp_path: Path) -> None:
    suite(tmp_path, "a.py", "b.py")
    (tmp_path / "b.py").write_bytes(b"edited")
    [error] = write_changes(tmp_path, [change("a.py"), change("b.py")])
    assert error.path == "b.py"
    assert "in the meantime" in error.message
    assert contents(tmp_path) == {"a.py": b"old", "b.py": b"edited"}


def test_new_file_that_is_there_by_now_is_not_overwritten(tmp_path: Path) -> None:
    suite(tmp_path, "a.py", "pytest.ini")
    [error] = write_changes(tmp_path, [change("a.py"), change("pytest.ini", None)])
    assert error.path == "pytest.ini"
    assert set(contents(tmp_path).values()) == {b"old"}


def test_file_that_was_removed_is_not_brought_back(tmp_path: Path) -> None:
    [error] = write_changes(tmp_path, [change("a.py")])
    assert error.path == "a.py"
    assert contents(tmp_path) == {}


def test_failure_in_the_middle_restores_what_was_renamed(tmp_path: Path) -> None:
    suite(tmp_path, "a.py")
    changes = [change("a.py"), change("b.py", None), change("no/such/folder.py", None)]
    [error] = write_changes(tmp_path, changes)
    assert error.path == "no/such/folder.py"
    assert contents(tmp_path) == {"a.py": b"old"}


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(28, "No space left")])
def test_failure_between_two_renames_restores_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    suite(tmp_path, "a.py", "c.py")
    replace, calls = Tree.replace, []

    def second_fails(tree: Tree, source: str, target: str) -> None:
        calls.append(target)
        if len(calls) == 2:
            raise failure
        replace(tree, source, target)

    monkeypatch.setattr(Tree, "swap", lambda *_: False)
    monkeypatch.setattr(Tree, "replace", second_fails)
    changes = [change("a.py"), change("b.py", None), change("c.py")]
    if failure is KeyboardInterrupt:
        with pytest.raises(KeyboardInterrupt):
            write_changes(tmp_path, changes)
    else:
        [error] = write_changes(tmp_path, changes)
        assert error.path == "c.py"
    assert contents(tmp_path) == {"a.py": b"old", "c.py": b"old"}


def test_mode_stays(tmp_path: Path) -> None:
    suite(tmp_path, "a.py")
    (tmp_path / "a.py").chmod(0o750)
    write_changes(tmp_path, [change("a.py")])
    assert stat.S_IMODE((tmp_path / "a.py").stat().st_mode) == 0o750


def test_access_control_lists_and_the_like_stay(tmp_path: Path) -> None:
    suite(tmp_path, "a.py")
    try:
        os.setxattr(tmp_path / "a.py", "user.mine", b"1")
    except (AttributeError, OSError):
        pytest.skip("this file system keeps no attributes")
    os.utime(tmp_path / "a.py", (1, 1))
    write_changes(tmp_path, [change("a.py")])
    assert os.getxattr(tmp_path / "a.py", "user.mine") == b"1"
    assert (tmp_path / "a.py").stat().st_mtime > 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can")
def test_owner_stays(tmp_path: Path) -> None:
    suite(tmp_path, "a.py")
    os.chown(tmp_path / "a.py", 12345, 54321)
    (tmp_path / "a.py").chmod(0o4750)
    write_changes(tmp_path, [change("a.py")])
    now = (tmp_path / "a.py").stat()
    assert (now.st_uid, now.st_gid, stat.S_IMODE(now.st_mode)) == (12345, 54321, 0o4750)


def test_new_file_gets_the_usual_mode(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write_changes(tmp_path, [change("a.py", None)])
    assert (tmp_path / "a.py").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_symbolic_link_stays_and_its_file_is_changed(tmp_path: Path) -> None:
    suite(tmp_path, "shared/base.py")
    (tmp_path / "conftest.py").symlink_to("shared/base.py")
    assert write_changes(tmp_path, [change("conftest.py")]) == ()
    assert (tmp_path / "conftest.py").is_symlink()
    assert (tmp_path / "shared/base.py").read_bytes() == b"new"


def test_link_and_its_file_are_written_once_if_they_agree(tmp_path: Path) -> None:
    suite(tmp_path, "base.py")
    (tmp_path / "conftest.py").symlink_to("base.py")
    assert write_changes(tmp_path, [change("base.py"), change("conftest.py")]) == ()
    assert (tmp_path / "base.py").read_bytes() == b"new"


def test_link_and_its_file_that_disagree_are_refused(tmp_path: Path) -> None:
    suite(tmp_path, "base.py")
    (tmp_path / "conftest.py").symlink_to("base.py")
    [error] = write_changes(tmp_path, [change("base.py"), change("conftest.py", after=b"x")])
    assert error.path == "conftest.py"
    assert (tmp_path / "base.py").read_bytes() == b"old"
