"""Other programs have a limit, and end with all that they have started."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from loopscope import processes

from .batches import in_session, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals"),
]

PARENT = """\
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
print(os.getpid(), flush=True)
time.sleep({seconds})
"""


def answer(code: str, folder: Path, seconds: float = 600) -> processes.Answer:
    return processes.ask([sys.executable, "-c", code], folder, os.environ, seconds)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize(("seconds", "limit", "code"), [(0, 600.0, 0), (3600, 5.0, None)])
def test_nothing_that_a_program_has_started_outlives_it(
    seconds: int, limit: float, code: int | None, tmp_path: Path
) -> None:
    said = answer(PARENT.format(seconds=seconds), tmp_path, limit)
    assert said.code == code
    until(lambda: not in_session(int(said.output)))


def test_one_that_hears_of_no_signal_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_PATIENCE", 0.2)
    deaf = (
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "print('deaf', flush=True)\ntime.sleep(3600)"
    )
    start = time.monotonic()
    done = processes.run([sys.executable, "-c", deaf], tmp_path, os.environ, 5)
    assert (done.code, done.output) == (None, "deaf\n")
    assert time.monotonic() - start < 600


def test_an_answer_comes_whole_and_apart_from_errors(tmp_path: Path) -> None:
    said = answer(
        "import sys; sys.stdout.write('x' * 3_000_000); sys.stderr.write('no'); sys.exit(3)",
        tmp_path,
    )
    assert (said.code, len(said.output), said.errors) == (3, 3_000_000, b"no")


def test_programs_hear_interrupts_that_this_process_ignores(tmp_path: Path) -> None:
    """As it does where a shell has started it with ``&``, and that is inherited."""
    ask = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        said = answer(ask, tmp_path)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert said.output == b"True\n"
