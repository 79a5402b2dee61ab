"""A limit on the time that one file may take."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator


class OutOfTime(BaseException):
    """Raised wherever the block of ``time_limit`` is when its time is over."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Break off the block after ``seconds``; 0 means never.

    A signal does it, at the next line of Python: a single call into compiled code, such as
    ``ast.parse`` on a large file, ends first. Where there is no such signal (on Windows, in a
    thread that is not the main one) there is no limit. An alarm that somebody else has set comes
    when the block is done, if its time is over by then.

    Raises:
        OutOfTime: The time was over before the block was done.
    """
    if (
        seconds <= 0
        or not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        yield
        return
    left, step = signal.setitimer(signal.ITIMER_REAL, 0)
    start = time.monotonic()
    before = signal.signal(signal.SIGALRM, _stop)
    # Again and again: an exception that is raised in a finalizer is lost.
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:
            left -= time.monotonic() - start
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.001), step)


def took_too_long(seconds: float) -> str:
    """Write the message for a file that was given up."""
    return f"took longer than {seconds:g} s: given up, and left as it is"


def _stop(*_: object) -> None:
    raise OutOfTime
