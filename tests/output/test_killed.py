"""A write that is killed leaves whole files, and the next run starts afresh."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loopscope.output.journal import JOURNAL, recover
from loopscope.output.write import write_changes
from loopscope.types import Change
from tests import programs
from tests.folders import contents

pytestmark = pytest.mark.slow

OLD, NEW = b"old\n" * 2000, b"new\n" * 2000
CHANGES = [Change(f"sub_{n % 3}/a_{n}.py", OLD, NEW, ()) for n in range(20)]
CHANGES += [Change("pytest.ini", None, NEW, ()), Change("link.py", OLD, NEW, ())]

WRITE = """\
import os, signal, sys
from pathlib import Path
from loopscope.output.write import write_changes
from loopscope.types import Change
OLD, NEW = b"old\\n" * 2000, b"new\\n" * 2000
CHANGES = [Change(f"sub_{n % 3}/a_{n}.py", OLD, NEW, ()) for n in range(20)]
CHANGES += [Change("pytest.ini", None, NEW, ()), Change("link.py", OLD, NEW, ())]
print("ready", flush=True)
"""
AT_EVENT = """\
left = int(sys.argv[1])
def hook(event, arguments):
    global left
    if event in {"open", "os.link", "os.rename", "os.remove", "os.chmod"}:
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
"""
GO = "write_changes(Path('.'), CHANGES)\n"


def make(root: Path) -> None:
    for change in CHANGES:
        if change.before is not None and change.path != "link.py":
            path = root / change.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(OLD)
    (root / "real.py").write_bytes(OLD)
    (root / "link.py").symlink_to("real.py")


def assert_whole_and_completed_by_the_next_run(root: Path) -> int:
    """Return the number of new files that the killed run left."""
    targets = {change.path for change in CHANGES}
    left = {path: data for path, data in contents(root).items() if path in targets}
    assert set(left.values()) <= {OLD, NEW}
    assert targets - set(left) <= {"pytest.ini"}
    assert recover(str(root)) == ()
    states = {path: data for path, data in contents(root).items() if path in targets}
    assert set(states.values()) in ({OLD}, {NEW}), "some old, some new"
    if OLD in states.values():
        assert write_changes(root, CHANGES) == ()
    after = contents(root)
    assert after == dict.fromkeys([*targets, "real.py"], NEW), "something is left over"
    assert (root / "link.py").is_symlink()
    return sum(data == NEW for data in left.values())


def test_killed_at_random_moments(tmp_path: Path) -> None:
    chance = random.Random(1)
    seen = []
    for number in range(40):
        root = tmp_path / str(number)
        make(root)
        # A write that nobody kills, right before: how long it takes depends on what else runs.
        make(tmp_path / f"{number} whole")
        usual = _after_ready(tmp_path / f"{number} whole", kill_after=None)
        _after_ready(root, kill_after=1.2 * chance.random() * usual)
        seen.append(assert_whole_and_completed_by_the_next_run(root))
        if number >= 19 and len(set(seen)) > 1:
            break
    assert len(set(seen)) > 1, "all were killed in the same state"


def _after_ready(root: Path, *, kill_after: float | None) -> float:
    """Write in a process, killed so many seconds after it said ready; return how many it ran."""
    command = [sys.executable, "-c", WRITE + GO]
    with programs.started(command, cwd=root, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        start = time.perf_counter()
        if kill_after is not None:
            time.sleep(kill_after)
            process.kill()
        process.wait(programs.LONG)
        return time.perf_counter() - start


def test_killed_at_every_kind_of_step(tmp_path: Path) -> None:
    seen = []
    events = len(CHANGES) * 6
    for number in range(1, events, 6):
        root = tmp_path / str(number)
        make(root)
        command = [sys.executable, "-c", WRITE + AT_EVENT + GO, str(number)]
        programs.run(command, cwd=root, stdout=subprocess.PIPE, check=False)
        seen.append(assert_whole_and_completed_by_the_next_run(root))
    assert min(seen) == 0
    assert any(0 < count < len(CHANGES) for count in seen)


# -- what a journal may do --------------------------------------------------------------


def killed(root: Path) -> None:
    """Leave the state of a run that was killed after about half of its renames."""
    make(root)
    for number in range(60, 140, 5):
        command = [sys.executable, "-c", WRITE + AT_EVENT + GO, str(number)]
        programs.run(command, cwd=root, stdout=subprocess.PIPE, check=False)
        if (root / CHANGES[0].path).read_bytes() == NEW:
            return
        recover(str(root))
    pytest.fail("no run was killed between two renames")


def test_file_that_was_edited_after_the_kill_is_left_and_its_old_self_is_kept(
    tmp_path: Path,
) -> None:
    killed(tmp_path)
    edited = tmp_path / CHANGES[0].path
    edited.write_bytes(b"edited")
    [error] = recover(str(tmp_path))
    assert (error.path, edited.read_bytes()) == (CHANGES[0].path, b"edited")
    backup = error.message.rpartition(" ")[2]
    assert (tmp_path / backup).read_bytes() == OLD
    assert recover(str(tmp_path)) == ()


def test_empty_journal_is_that_of_a_run_that_had_done_nothing(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).touch()
    assert recover(str(tmp_path)) == ()
    assert contents(tmp_path) == {}


@pytest.mark.parametrize(
    ("target", "spare"),
    [
        ("../outside", "../.loopscope-00000000-0.old"),
        ("link/outside", "link/.loopscope-00000000-0.old"),
        ("inside", "precious"),
    ],
)
def test_journal_that_came_with_the_repository_leads_nowhere(
    tmp_path: Path, target: str, spare: str
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    new = "11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437"  # of "new"
    files = {
        tmp_path / "outside": "new", tmp_path / ".loopscope-00000000-0.old": "x",
        root / "inside": "new", root / "precious": "x", root / "old": "old",
    }  # fmt: skip
    for path, text in files.items():
        path.write_text(text)
    entry = f'"target": "{target}", "draft": "{spare}", "backup": "{spare}", "before": "00"'
    other = '"target": "old", "draft": "", "backup": "", "before": null, "after": "00"'
    (root / JOURNAL).write_text(f'[{{{entry}, "after": "{new}"}}, {{{other}}}]')
    recover(str(root))
    assert {path: path.read_text() for path in files} == files


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name")
def test_pipe_by_the_name_of_a_journal_is_not_waited_for(tmp_path: Path) -> None:
    make(tmp_path)
    os.mkfifo(tmp_path / JOURNAL)
    [error] = recover(str(tmp_path))
    assert (error.path, "pipe" in error.message) == (JOURNAL, True)
    [error] = write_changes(tmp_path, CHANGES)
    assert f"{JOURNAL} is a pipe, not a file" in error.message


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
