"""Patches, pages and records that go into something else than a file."""

from __future__ import annotations

import errno
import os
import sys
import threading
from pathlib import Path

import pytest

from loopscope.disk import write_out
from loopscope.output.patch import Patches
from tests.programs import LONG

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes with a name")


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_a_file_is_written_anew_and_its_directory_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "x.patch"
    for data in (b"long\r\n", b"\n"):
        write_out(path, data)
        assert path.read_bytes() == data


def test_a_pipe_that_nobody_reads_is_an_error(pipe: Path) -> None:
    with pytest.raises(OSError, match="nobody reads") as raised:
        write_out(pipe, b"x")
    assert raised.value.errno == errno.ENXIO


def test_a_pipe_that_somebody_reads_gets_all_of_it(pipe: Path) -> None:
    data, got = os.urandom(300_000), []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
    reader.start()
    there = os.open(pipe, os.O_WRONLY)  # waits for the reader
    write_out(pipe, data)
    os.close(there)
    reader.join(LONG)
    assert got == [data]


def test_a_reader_that_reads_no_more_is_not_waited_for(
    pipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loopscope.disk._PATIENCE", 0.1)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(OSError, match=r"nobody has read from it for 0\.1 seconds"):
            write_out(pipe, b"x" * 3_000_000)
    finally:
        os.close(reader)


def test_a_patch_for_such_a_pipe_is_an_error_of_the_run(pipe: Path) -> None:
    [error] = Patches(pipe, None).finish()
    assert error.message == "cannot be written: it is a pipe or socket that nobody reads"
