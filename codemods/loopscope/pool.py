"""A pool of processes on this machine that survives the death of one of them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor

from loopscope.executors import Job, failed, migrate_one
from loopscope.values import Migration


class Pool:
    """Processes that handle suites; one that dies takes only its own suite along.

    They are spawned, not forked: this process has threads (the progress bar).
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self._strangers = set(multiprocessing.active_children())
        self._executor = self._start()

    def submit(self, job: Job) -> Future[Migration]:
        """Hand out one suite. Its future fails where any process of the pool dies."""
        with _interrupt_later(), _from_elsewhere():
            try:
                return self._executor.submit(migrate_one, *job)
            except BrokenExecutor:
                self._executor.shutdown(wait=False)
                self._executor = self._start()
                return self._executor.submit(migrate_one, *job)

    def close(self) -> None:
        """End all processes, at once: nobody waits for what they are doing."""
        ours = set(multiprocessing.active_children()) - self._strangers
        for process in ours:
            process.terminate()
        self._executor.shutdown(cancel_futures=True)
        for process in ours:
            process.join()

    def _start(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        with _from_elsewhere():  # it starts a process of its own, for semaphores
            return ProcessPoolExecutor(self.width, context, _end_with_parent)


def migrate_alone(job: Job) -> Migration:
    """Migrate a suite in a process of its own, since it may be the one that kills processes."""
    pool = Pool(1)
    try:
        return pool.submit(job).result()
    except BrokenExecutor:
        return failed(
            job[0],
            "the process that read this suite died (out of memory, or a crash in compiled code);"
            " nothing of it was changed. Give its folders one by one to find the file, and leave"
            " that out with --exclude",
        )
    finally:
        pool.close()


@contextlib.contextmanager
def _interrupt_later() -> Iterator[None]:
    """Hold back Ctrl-C, also for good in the processes that start meanwhile.

    It reaches all processes of a terminal; it is for the first one to end the others.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _from_elsewhere() -> Iterator[None]:
    """Start processes where no repository lies: Python imports from the current directory.

    They come back to the current one by themselves, when that can do no harm.
    """
    before = os.getcwd()
    os.chdir(os.path.dirname(os.__file__))
    try:
        yield
    finally:
        os.chdir(before)


def _end_with_parent() -> None:
    """Let this process end where the first one is killed and cannot say goodbye."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
