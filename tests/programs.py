"""Programs that tests start: no wait is without a limit, and nothing outlives its test."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from loopscope.processes import hearing_interrupts

# Seconds for anything that ends by itself, which takes some of them. Who waits longer waits in
# vain, also on a machine that is ten times slower and busy. It is below the limit for a test in
# pyproject.toml, so that a test which waits in vain still ends what it has started.
LONG = 600.0

Command = str | Sequence[str | Path]


@contextlib.contextmanager
def started(command: Command, **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """Run a program while the block does; then end it with all of its session.

    It ends on SIGINT, which it would ignore where the tests were started with ``&`` or ``nohup``.

    Args:
        command: The program and its arguments.
        options: As for ``subprocess.Popen``.
    """
    with hearing_interrupts():
        process = subprocess.Popen(command, start_new_session=True, **options)
    try:
        yield process
    finally:
        end_session(process)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def end_session(process: subprocess.Popen[Any]) -> None:
    """Kill a program, if it still runs, and what it has started."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait(LONG)


def run(
    command: Command,
    *,
    input: Any = None,  # noqa: A002
    capture_output: bool = False,
    check: bool = False,
    **options: Any,
) -> subprocess.CompletedProcess[Any]:
    """``subprocess.run`` with the limits of this module."""
    if capture_output:
        options |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    if input is not None:
        options["stdin"] = subprocess.PIPE
    with started(command, **options) as process:
        out, err = process.communicate(input, timeout=LONG)
    done = subprocess.CompletedProcess(command, process.returncode, out, err)
    if check:
        done.check_returncode()
    return done


def hanging(folder: Path, name: str) -> Path:
    """Make a folder for PATH with a program that does nothing, in a process below its own."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text("#!/bin/sh\nsleep 3600\nexit 0\n")
    program.chmod(0o755)
    return folder
