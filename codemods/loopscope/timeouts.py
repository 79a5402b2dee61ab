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

    It ends at the next line of Python: a single call into compiled code, such as ``ast.parse`` on
    a large file, ends first. In the main thread a signal does it, and an alarm that somebody else
    has set comes when the block is done, if its time is over by then. Elsewhere (on Windows, in
    another thread, as on a Dask worker) the interpreter is asked to raise the exception there.

    Raises:
        OutOfTime: The time was over before the block was done.
    """
    if seconds <= 0:
        limit: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
    elif hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        limit = _by_alarm(seconds)
    else:
        limit = _by_watching(seconds)
    with limit:
        yield


@contextlib.contextmanager
def _by_alarm(seconds: float) -> Iterator[None]:
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


@contextlib.contextmanager
def _by_watching(seconds: float) -> Iterator[None]:
    import ctypes  # slow to import, and seldom needed

    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    thread = ctypes.c_ulong(threading.get_ident())
    done, lock, sent = threading.Event(), threading.Lock(), threading.Event()

    def watch() -> None:
        # Once: where it comes while the block ends, nobody would stop a second one.
        if not done.wait(seconds):
            with lock:
                if not done.is_set():
                    sent.set()
                    raise_in(thread, ctypes.py_object(OutOfTime))

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        with lock:
            done.set()
        # What was sent comes within some lines, if it has not come yet. To take it back with
        # None would make Python 3.11 look for it for ever: under a tracer it hangs.
        for _ in range(100 if sent.is_set() else 0):
            pass


def took_too_long(seconds: float) -> str:
    """Write the message for a file that was given up."""
    return f"took longer than {seconds:g} s: given up, and left as it is"


def _stop(*_: object) -> None:
    raise OutOfTime
