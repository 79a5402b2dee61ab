"""What happens to the files, or to the disk, while a run is under way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import programs

from .suites import MIGRATED, SUITE, TEST, given_up, loopscope, make, nothing_is_left

# Does something once, at the moment of an audit event.
AT = """\
import os, sys
left = [1]
def hook(event, arguments):
    if left and event == {event!r} and {word!r} in str(arguments[0]):
        left.clear()
        {action}
sys.addaudithook(hook)
"""
WHEN_READING = {"event": "open", "word": "conftest.py"}  # directories are listed by then
WHEN_WRITING = {"event": "import", "word": "loopscope.output.write"}  # all files are read by then


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("os.unlink('test_b.py')", "test_b.py: cannot be read: No such file or directory"),
        (
            "os.unlink('test_b.py'); os.mkfifo('test_b.py')",
            "test_b.py: cannot be read: it is a directory, pipe, socket or device",
        ),
        (
            "os.rename('sub', 'gone')",
            "sub/test_c.py: cannot be read: No such file or directory",
        ),
    ],
)
def test_file_that_vanishes_before_it_is_read(tmp_path: Path, action: str, message: str) -> None:
    make(tmp_path, {"test_b.py": TEST, "sub/test_c.py": TEST})
    given_up(tmp_path, message, AT.format(**WHEN_READING, action=action))


@pytest.mark.parametrize(
    "action",
    ["open('test_a.py', 'w').close()", "os.unlink('test_a.py')", "os.rename('sub', 'gone')",
     "os.unlink('test_a.py'); os.mkfifo('test_a.py')",
     "os.unlink('test_a.py'); os.mkdir('test_a.py')"],
)  # fmt: skip
def test_file_that_changes_before_it_is_written(tmp_path: Path, action: str) -> None:
    make(tmp_path, {"sub/test_c.py": TEST})
    result = loopscope(tmp_path, "migrate", prelude=AT.format(**WHEN_WRITING, action=action))
    assert result.code == 2
    assert "nothing of this suite was written" in result.err
    assert "Traceback" not in result.err
    assert (tmp_path / "conftest.py").read_bytes() == SUITE["conftest.py"]
    assert nothing_is_left(tmp_path)


@pytest.mark.parametrize("limit", [0, 30, 100, 500, 1000, 1500, 2500])
def test_full_disk(tmp_path: Path, limit: int) -> None:
    """No file can grow beyond ``limit`` bytes: the write stops at one point or another."""
    bad = make(tmp_path / "bad", {"test_b.py": TEST + b"# long\n" * 500})
    before = {path.name: path.read_bytes() for path in bad.iterdir()}
    prelude = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"
    result = loopscope(tmp_path, "migrate", prelude=prelude)
    assert result.code == 2
    assert "cannot be written: File too large; nothing of this suite was written" in result.err
    assert {path.name: path.read_bytes() for path in bad.iterdir()} == before


def test_full_disk_stops_one_suite_only(tmp_path: Path) -> None:
    make(tmp_path)
    bad = make(tmp_path / "bad", {"test_b.py": TEST + b"# long\n" * 5000})
    prelude = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))"
    given_up(tmp_path, "error: bad/test_b.py: cannot be written: File too large", prelude)
    assert (bad / "test_a.py").read_bytes() == TEST


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize(
    "arguments", [["check"], ["check", "--format", "json"], ["migrate", "--diff"], ["--version"]]
)
def test_report_to_a_full_disk(tmp_path: Path, arguments: list[str]) -> None:
    make(tmp_path)
    with open("/dev/full", "wb") as full:
        done = programs.run(
            [sys.executable, "-m", "loopscope", *arguments],
            cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        "error: the report cannot be written: No space left on device"
    ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_patch_to_a_full_disk(tmp_path: Path) -> None:
    make(tmp_path)
    result = loopscope(tmp_path, "migrate", "--patch", "/dev/full")
    assert result.code == 2
    assert "error: /dev/full: cannot be written: No space left on device" in result.err
    assert (tmp_path / "test_a.py").read_bytes() == TEST
    assert MIGRATED not in TEST


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes the streams")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams(tmp_path: Path, closed: str) -> None:
    make(tmp_path)
    done = programs.run(
        f"{sys.executable} -m loopscope migrate {closed}",
        shell=True, cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    assert (tmp_path / "conftest.py").read_bytes() != SUITE["conftest.py"]


@pytest.mark.skipif(sys.platform == "win32", reason="the current directory cannot be removed")
def test_current_directory_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    command = f"rmdir ../gone; {sys.executable} -m loopscope check ../suite"
    done = programs.run(
        command, shell=True, cwd=tmp_path / "gone", capture_output=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"Error: the current directory is gone")


# Does something right before the new file of that number takes its place, as the last of three.
SAVES = """\
import os
from loopscope.output.tree import Tree
names, old = ["conftest.py", "pytest.ini", "test_a.py"], {{}}
def before(real):
    def call(*arguments):
        number = old["number"] = old.get("number", 0) + 1
        if number == 1:
            old.update((name, open(name, "ab", buffering=0)) for name in names)
        if number == {number}:
            {action}
        return real(*arguments)
    return call
Tree.{method} = before(Tree.{method})
{more}
"""


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("name", ["conftest.py", "pytest.ini", "test_a.py"])
@pytest.mark.parametrize("way", ["same file", "new file"])
@pytest.mark.parametrize("method", ["swap", "replace"])
def test_save_while_a_suite_is_written_is_never_lost(
    tmp_path: Path, number: int, name: str, way: str, method: str
) -> None:
    """An editor writes into the file that it has open, or puts another one in its place."""
    done = number - 1 - sorted(SUITE).index(name)  # how many are in place since this one is
    if method == "replace" and way == "new file" and done == 0:
        pytest.skip("who swaps no names has no chance to see this, see docs/trust.md")
    make(tmp_path)
    if way == "same file":
        action = f"old[{name!r}].write(b'# edited\\n')"
    else:
        action = f"open('x', 'wb').write(b'# edited\\n'); os.rename('x', {name!r})"
    more = "" if method == "swap" else "Tree.swap = lambda *_: False"
    prelude = SAVES.format(number=number, action=action, method=method, more=more)
    result = loopscope(tmp_path, "migrate", prelude=prelude)
    assert result.code == 2
    assert "Traceback" not in result.err
    for path, data in SUITE.items():
        edited = data + b"# edited\n" if way == "same file" else b"# edited\n"
        assert (tmp_path / path).read_bytes() == (edited if path == name else data)
    if way == "new file" and done > 0:  # it may rest on the new contents
        [line] = [line for line in result.err.splitlines() if name in line]
        assert "was changed by somebody else while the suite was written" in line
        [spare] = tmp_path.glob(".loopscope*")
        assert line.endswith(f"its old contents are in {spare.name}")
        assert spare.read_bytes() == SUITE[name]
    else:
        assert f"{name}: was changed by somebody else in the meantime" in result.err
        assert nothing_is_left(tmp_path)


def test_folder_that_becomes_a_link_while_a_suite_is_written(tmp_path: Path) -> None:
    suite = make(tmp_path / "suite", {"sub/test_b.py": TEST})
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "test_b.py").write_bytes(TEST)
    action = "os.rename('sub', 'gone'); os.symlink('../outside', 'sub')"
    result = loopscope(
        suite, "migrate", prelude=SAVES.format(number=1, action=action, method="swap", more="")
    )
    assert result.code == 2
    assert (outside / "test_b.py").read_bytes() == TEST
    assert os.listdir(outside) == ["test_b.py"]
    assert (suite / "conftest.py").read_bytes() == SUITE["conftest.py"]


@pytest.mark.parametrize(
    ("number", "signal"),
    [(1, "SIGKILL"), (2, "SIGKILL"), (3, "SIGKILL"), (2, "SIGTERM"), (3, "SIGHUP"), (2, "SIGINT")],
)
@pytest.mark.parametrize("given", ["", "conftest.py test_a.py sub/test_b.py sub/.shared/b.py"])
def test_next_run_with_the_same_arguments_does_what_the_stopped_one_did_not(
    tmp_path: Path, number: int, signal: str, given: str
) -> None:
    """A part of the suite is given, or it has links into a folder that no run looks into."""
    make(tmp_path, {"sub/.shared/b.py": TEST})
    (tmp_path / "sub/test_b.py").symlink_to(".shared/b.py")
    before = {name: (tmp_path / name).read_bytes() for name in SUITE}
    action = f"import signal; os.kill(os.getpid(), signal.{signal})"
    prelude = SAVES.format(number=number, action=action, method="swap", more="")
    heard = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"  # nohup ignores it
    stopped = loopscope(tmp_path, "migrate", *given.split(), prelude=heard + prelude)
    assert stopped.code in (-9, -15, -1, 130)
    if signal != "SIGKILL":
        assert nothing_is_left(tmp_path)
        assert before == {name: (tmp_path / name).read_bytes() for name in SUITE}
    whole = loopscope(tmp_path, "migrate", *given.split())
    assert (whole.code, whole.err) == (0, "")
    assert nothing_is_left(tmp_path)
    again = loopscope(tmp_path, "check", *given.split())
    assert again.code == 0, again.out + again.err
