"""loopscope on a pseudo-terminal, with a person at the other end."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import programs

_STYLE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """The person's end of a pseudo-terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.shown = self._new = ""

    def sees(self, pattern: str, seconds: float) -> bool:
        """Read until what is new matches, or the time is over."""
        limit = time.monotonic() + seconds
        while not re.search(pattern, self._new):
            wait = max(0, limit - time.monotonic())
            if not select.select([self._descriptor], [], [], wait)[0]:
                return False
            try:
                data = os.read(self._descriptor, 10_000)
            except OSError:  # the other end is closed
                data = b""
            assert data, f"it ended before {pattern!r}: {self._new!r}"
            self._new += data.decode()
        self.shown, self._new = self.shown + self._new, ""
        return True

    def wait_for(self, pattern: str) -> None:
        assert self.sees(pattern, programs.LONG), f"waited in vain for {pattern!r}: {self._new!r}"

    def rest(self) -> str:
        """Read until the program has ended, and return all that was shown, without styles."""
        with contextlib.suppress(AssertionError):
            self.sees(r"(?!)", programs.LONG)
        self.shown, self._new = self.shown + self._new, ""
        return _STYLE.sub("", self.shown).replace("\r", "")

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())


# With its standard input as controlling terminal, Ctrl-C there becomes a signal.
_ON_TERMINAL = """\
import fcntl, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from loopscope.cli.main import main
main()
"""


@contextmanager
def terminal(
    root: Path, *arguments: str, columns: int = 80, **variables: str
) -> Iterator[tuple[subprocess.Popen[bytes], Terminal]]:
    """Start loopscope on a pseudo-terminal, and wait for its end."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm", **variables}
    environment.pop("COLUMNS", None)
    environment.pop("NO_COLOR", None)
    with programs.started(
        [sys.executable, "-c", _ON_TERMINAL, *arguments],
        cwd=root, stdin=theirs, stdout=theirs, stderr=theirs, env=environment,
    ) as process:  # fmt: skip
        os.close(theirs)
        try:
            yield process, Terminal(ours)
            process.wait(programs.LONG)
        finally:
            os.close(ours)
