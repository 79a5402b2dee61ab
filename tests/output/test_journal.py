"""A journal is believed only where a loopscope of this user has written it, where it lies."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from loopscope.output.journal import JOURNAL, LARGEST, digest, recover
from loopscope.output.write import write_changes
from loopscope.types import Change
from tests import programs
from tests.folders import contents

OLD, NEW = b"old\n", b"new\n"
FILES = ("conftest.py", "sub/test_a.py", "test_b.py")
CHANGES = [Change(name, OLD, NEW, ()) for name in FILES]
KILLED = """\
import os, signal, sys
from pathlib import Path
from loopscope.output.tree import Tree
from loopscope.output.write import write_changes
from loopscope.types import Change
real, calls = Tree.swap, []
def swap(tree, path, other):
    calls.append(path)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    if not real(tree, path, other):
        tree.replace(path, other)
        return False
    return True
Tree.swap = swap
names = ("conftest.py", "sub/test_a.py", "test_b.py")
write_changes(Path("."), [Change(name, b"old\\n", b"new\\n", ()) for name in names])
"""


def make(root: Path) -> Path:
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(OLD)
    return root


def killed(root: Path) -> Path:
    """Leave the state of a run that was killed after the first of its renames."""
    make(root)
    done = programs.run([sys.executable, "-c", KILLED], cwd=root)
    assert done.returncode == -signal.SIGKILL
    assert [(root / name).read_bytes() for name in FILES] == [NEW, OLD, OLD]
    return root


def left_alone(root: Path, word: str) -> None:
    """See that nothing is done by a journal, and that one line says so."""
    before = contents(root)
    [error] = recover(str(root))
    assert error.path == JOURNAL
    assert word in error.message
    assert "remove it" in error.message
    assert contents(root) == before
    [error] = write_changes(root, CHANGES)
    assert contents(root) == before


def test_ours_is_undone(tmp_path: Path) -> None:
    killed(tmp_path)
    assert recover(str(tmp_path)) == ()
    assert contents(tmp_path) == dict.fromkeys(FILES, OLD)


def test_file_that_was_edited_after_the_kill_is_left_and_its_old_self_is_kept(
    tmp_path: Path,
) -> None:
    killed(tmp_path)
    (tmp_path / "conftest.py").write_bytes(b"edited")
    [error] = recover(str(tmp_path))
    assert (error.path, (tmp_path / "conftest.py").read_bytes()) == ("conftest.py", b"edited")
    [spare] = tmp_path.rglob(".loopscope*")
    assert error.message.endswith(f"its old contents are in {spare.name}")
    assert spare.read_bytes() == OLD
    assert recover(str(tmp_path)) == ()


def test_empty_one_is_that_of_a_run_that_had_done_nothing(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).touch()
    assert recover(str(tmp_path)) == ()
    assert contents(tmp_path) == {}


def planted(root: Path) -> Path:
    """Plant one by which an older loopscope would remove and replace what lies there."""
    make(root)
    (root / ".git").mkdir()
    files = {".git/HEAD": "ref: x\n", "notes.txt": "mine\n", "run.sh": "mine\n"}
    for name, text in files.items():
        (root / name).write_text(text)
    (root / ".loopscope-deadbeef-0.old").write_text("theirs\n")
    spare = {"draft": ".loopscope-deadbeef-0.new", "backup": ".loopscope-deadbeef-0.old"}
    entries = [
        {"target": name, **spare, "before": None, "after": digest(text.encode())}
        for name, text in files.items()
    ]
    (root / JOURNAL).write_text(json.dumps(entries))
    return root


def of_another_key(root: Path) -> Path:
    killed(root)
    key = Path(os.environ["XDG_STATE_HOME"], "loopscope", "key")
    key.unlink()
    return root


def readable_key(root: Path) -> Path:
    """Leave a key that other users may have read."""
    killed(root)
    Path(os.environ["XDG_STATE_HOME"], "loopscope", "key").chmod(0o644)
    return root


def copied(root: Path) -> Path:
    first = killed(root.with_name("first"))
    shutil.copytree(first, root, dirs_exist_ok=True)
    return root


def tracked(root: Path) -> Path:
    killed(root)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@x"]
    for command in (["init", "-q"], ["add", "--force", "."], ["commit", "-qm", "x"]):
        programs.run([*git, *command], cwd=root, check=True)
    return root


def changed(root: Path) -> Path:
    text = (killed(root) / JOURNAL).read_text()
    (root / JOURNAL).write_text(text.replace("test_b", "test_c"))
    return root


def deep(root: Path) -> Path:
    (make(root) / JOURNAL).write_text("x\n" + "[" * 100_000 + "\n")
    return root


def huge(root: Path) -> Path:
    (make(root) / JOURNAL).touch()
    os.truncate(root / JOURNAL, LARGEST + 1)
    return root


@pytest.mark.parametrize(
    "how", [planted, of_another_key, readable_key, copied, tracked, changed, deep, huge]
)
def test_other_one_is_left_alone(
    tmp_path: Path, how: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    left_alone(how(tmp_path / "suite"), "not written here by a loopscope of yours")


@pytest.mark.parametrize("kind", ["link", "dangling link", "directory", "pipe"])
def test_what_is_no_file_is_left_alone(tmp_path: Path, kind: str) -> None:
    root = make(tmp_path / "suite")
    place = root / JOURNAL
    if kind == "directory":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        place.symlink_to("conftest.py" if kind == "link" else "nowhere")
    left_alone(root, f"is a {kind.removeprefix('dangling ').replace('link', 'symbolic link')}")


def test_key_is_for_this_user_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert write_changes(make(tmp_path / "suite"), CHANGES) == ()
    [key] = (tmp_path / "state").rglob("*key*")
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o777 == 0o700


def test_write_goes_on_where_no_key_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").write_text("no folder")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert write_changes(make(tmp_path / "suite"), CHANGES) == ()


def test_second_writer_is_refused_while_the_first_is_at_work(tmp_path: Path) -> None:
    make(tmp_path)
    holder = (
        f"import fcntl, sys; f = open({JOURNAL!r}, 'x'); fcntl.flock(f, fcntl.LOCK_EX)\n"
        "print('ready', flush=True); sys.stdin.read()"
    )
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", holder]
    with programs.started(command, cwd=tmp_path, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        [error] = write_changes(tmp_path, CHANGES)
        assert "another loopscope" in error.message
        [error] = recover(str(tmp_path))
        assert "another loopscope" in error.message
        process.communicate(timeout=programs.LONG)
    assert recover(str(tmp_path)) == ()
