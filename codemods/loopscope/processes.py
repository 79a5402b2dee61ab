"""Other programs: run with a time limit, and never left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from loopscope.frozen import frozen

_PATIENCE = 5.0  # seconds that a program has to clean up before it is killed, and to be gone then
_KEPT = 1 << 20  # bytes of output that are kept, from the end


@frozen
class Done:
    """How a program ended; ``code`` is None where it took too long and was stopped."""

    code: int | None
    output: str  # standard output and standard error together


@frozen
class Answer:
    """What a program said; ``code`` is None where it took too long and was stopped."""

    code: int | None
    output: bytes  # standard output, all of it
    errors: bytes  # the end of standard error


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float
) -> Done:
    """Run a program in a process group of its own, which does not outlive this call.

    Args:
        command: The program and its arguments.
        folder: Its current directory.
        environment: All of its environment variables.
        seconds: It is stopped when it takes longer.

    Raises:
        OSError: It cannot be started.
    """
    with started(command, folder, environment, seconds) as end:
        return end()


@contextlib.contextmanager
def started(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float
) -> Iterator[Callable[[], Done]]:
    """Start a program as ``run`` does; what this yields waits for its end.

    Raises:
        OSError: It cannot be started.
    """
    last = time.monotonic() + seconds
    with (
        tempfile.TemporaryFile() as output,  # a pipe would wait for grandchildren
        _started(command, folder, environment, output, subprocess.STDOUT) as process,
    ):

        def end() -> Done:
            code = _code(process, max(0, last - time.monotonic()))
            return Done(code, _end_of(output).decode(errors="replace"))

        yield end


def ask(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float
) -> Answer:
    """Run a program whose standard output is an answer.

    Raises:
        OSError: It cannot be started.
    """
    with (
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
        _started(command, folder, environment, output, errors) as process,
    ):
        code = _code(process, seconds)
        output.seek(0)
        return Answer(code, output.read(), _end_of(errors))


@contextlib.contextmanager
def _started(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    output: IO[bytes],
    errors: IO[bytes] | int,
) -> Iterator[subprocess.Popen[bytes]]:
    with hearing_interrupts():
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output,
            stderr=errors, start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            _end(process)


def _code(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    """Wait for the end of a program; None where it took too long and was stopped."""
    code: int | None = None
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _end(process)
    return code


def end_marked(variable: str, value: str) -> None:
    """End what a program has left behind: all processes with that environment variable.

    A daemon has a session of its own, and is in no process group that is known. Where there is
    no ``/proc``, it stays.
    """
    mark, last = os.fsencode(f"{variable}={value}"), time.monotonic() + _PATIENCE
    while _kill_marked(mark) and time.monotonic() < last:
        time.sleep(0.02)  # until they are gone


def _kill_marked(mark: bytes) -> bool:
    found = False
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found = True
                os.kill(int(folder.name), signal.SIGKILL)
    return found


@contextlib.contextmanager
def hearing_interrupts() -> Iterator[None]:
    """Let the programs that are started meanwhile end on SIGINT, as is usual.

    A shell starts what stands before ``&`` with the signal ignored, which is inherited: this
    process goes on ignoring it, but a program that is to be stopped would not hear of it.
    """
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    ):
        yield
        return
    signal.signal(signal.SIGINT, lambda *_: None)  # a handler is not inherited, SIG_IGN is
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop the program, if it still runs, and everything that it has started."""
    try:
        if process.poll() is None:
            _signal(process, "SIGINT")  # pytest runs teardowns then
            _wait_a_little(process)
    finally:  # also on a second Ctrl-C
        _signal(process, "SIGKILL")
        _wait_a_little(process)  # if not, the kernel keeps it: nothing here could change that


def _wait_a_little(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a program that has been told to end, but not for ever."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE)


def _signal(process: subprocess.Popen[bytes], name: str) -> None:
    if sys.platform == "win32":
        if name == "SIGKILL":
            kill = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(kill, capture_output=True, check=False, timeout=_PATIENCE)
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, getattr(signal, name))


def _end_of(output: IO[bytes]) -> bytes:
    output.seek(max(0, output.seek(0, os.SEEK_END) - _KEPT))
    return output.read()
