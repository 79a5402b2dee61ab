"""What a person sees who waits for ``loopscope verify``."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest

from loopscope.verify.run_record import RunProgress
from tests import programs

from ..live.runner import _SOURCES
from ..live.samples.sample import AUTO, override

pytestmark = pytest.mark.slow

_SLOW = "import time\n" + "".join(
    f"\n\nasync def test_{number}():\n    time.sleep(0.4)\n" for number in range(4)
)


def test_a_record_is_counted_while_it_grows(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    tally = RunProgress(record)
    assert tally.look() == (0, 0)
    test = '{"kind": "test", "process": "", "test": "a"}\n'
    record.write_text('{"kind": "collected", "process": "", "tests": 2}\n' + test[:20])
    assert tally.look() == (0, 2)
    with record.open("a") as file:
        file.write(test[20:] + test + test.replace('"a"', '"b"') + '{"kind": "test", broken\n')
    assert tally.look() == (2, 2)
    record.write_text('{"kind": "collected", "process": "", "tests": 1}\n')  # run again
    assert tally.look() == (0, 1)


def test_under_xdist_a_worker_knows_how_many_tests_there_are(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    record.write_text('{"kind": "start"}\n')
    worker = '{"kind": "start"}\n{"kind": "collected", "process": "gw0", "tests": 7}\n'
    (tmp_path / "record.jsonl.gw0").write_text(worker)
    assert RunProgress(record).look() == (0, 7)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    ("options", "seen"), [((), True), (("-q",), False)], ids=["shown", "quiet"]
)
def test_a_terminal_shows_which_run_and_how_far_it_is(
    options: tuple[str, ...], seen: bool, tmp_path: Path, legacy_python: Path, modern_python: Path
) -> None:
    import pty

    suite = tmp_path / "suite"
    suite.mkdir()
    files = {"pytest.ini": AUTO, "conftest.py": override("session"), "test_it.py": _SLOW}
    for name, text in files.items():
        (suite / name).write_text(text, encoding="utf-8")
    ours, theirs = pty.openpty()
    command = [
        sys.executable, "-m", "loopscope", "verify", str(suite), "--reruns=0", *options,
        "--before-python", str(legacy_python), "--after-python", str(modern_python),
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(_SOURCES), "TERM": "xterm", "COLUMNS": "100"}
    with programs.started(
        command, env=environment, stdout=subprocess.PIPE, stderr=theirs, text=True
    ) as process:
        os.close(theirs)
        shown = _all_of(ours)
        report, _ = process.communicate(timeout=programs.LONG)
    assert process.returncode == 0, report
    for run in ("before", "after"):
        assert bool(re.search(rf"{run} .*[123]/4.*tests.*\d:\d\d:\d\d", shown)) is seen
    assert "/4" not in report


def _all_of(terminal: int) -> str:
    """Read all output to a terminal until it was closed, without its control sequences."""
    data = b""
    while True:
        assert select.select([terminal], [], [], programs.LONG)[0], data
        try:
            more = os.read(terminal, 1 << 16)
        except OSError:  # how Linux says that nobody writes any more
            more = b""
        if not more:
            os.close(terminal)
            return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data.decode(errors="replace"))
        data += more
