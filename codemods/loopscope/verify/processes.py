"""Other programs: run with a time limit, and never left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PATIENCE = 5.0  # seconds that a program has to clean up before it is killed
_KEPT = 1 << 20  # bytes of output that are kept, from the end


@dataclass(frozen=True, slots=True)
class Done:
    """How a program ended; ``code`` is None where it took too long and was stopped."""

    code: int | None
    output: str  # standard output and standard error together


def run(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    seconds: float | None = None,
) -> Done:
    """Run a program in a process group of its own, which does not outlive this call.

    Args:
        command: The program and its arguments.
        folder: Its current directory.
        environment: All of its environment variables.
        seconds: It is stopped when it takes longer; None: no limit.

    Raises:
        OSError: It cannot be started.
    """
    with tempfile.TemporaryFile() as output:  # a pipe would wait for grandchildren
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        code: int | None = None
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _end(process)
        output.seek(max(0, output.seek(0, os.SEEK_END) - _KEPT))
        return Done(code, output.read().decode(errors="replace"))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop the program, if it still runs, and everything that it has started."""
    try:
        if process.poll() is None:
            _signal(process, "SIGINT")  # pytest runs teardowns then
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE)
    finally:  # also on a second Ctrl-C
        _signal(process, "SIGKILL")
        process.wait()


def _signal(process: subprocess.Popen[bytes], name: str) -> None:
    if sys.platform == "win32":
        if name == "SIGKILL":
            kill = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
            subprocess.run(kill, capture_output=True, check=False)
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, getattr(signal, name))
