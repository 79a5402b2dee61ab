"""What happens to the files, or to the disk, while a run is under way."""

from __future__ import annotations

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
