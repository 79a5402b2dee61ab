"""A pool of processes on this machine that survives the death of one of them.

``concurrent.futures`` has one, too. It waits for ever when a process is ended while it sends a
result, which is what Ctrl-C does: all of its processes write to one pipe, which it holds open.
Here each has a pipe of its own, which ends with it.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from loopscope.executors import Job, failed, migrate_one
from loopscope.values import Migration


@dataclass(frozen=True, slots=True)
class _Worker:
    process: SpawnProcess
    pipe: Connection
    thread: threading.Thread


class Pool:
    """Processes that handle suites; one that dies takes only its own suite along.

    They are spawned, not forked: this process has threads (one for each of them, and the
    progress bar).
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.messages: queue.SimpleQueue[str] = queue.SimpleQueue()  # it has none
        self._jobs: queue.SimpleQueue[tuple[Job, Future[Migration]] | None] = queue.SimpleQueue()
        self._workers: list[_Worker] = []
        self._alive = 0
        self._lock = threading.Lock()

    def submit(self, job: Job) -> Future[Migration]:
        """Hand out one suite. Its future fails where the process dies that handles it."""
        future: Future[Migration] = Future()
        _start_tracker()
        with _interrupt_later(), self._lock:
            while self._alive < self.width:
                self._workers.append(self._start())
                self._alive += 1
            self._jobs.put((job, future))
        return future

    def close(self) -> None:
        """End all processes, at once: nobody waits for what they are doing."""
        with self._lock:
            self._give_up()
            for worker in self._workers:
                self._jobs.put(None)
                worker.process.terminate()
        for worker in self._workers:
            worker.process.join()
            worker.thread.join()
            worker.pipe.close()

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs,), daemon=True)
        with _from_elsewhere():
            process.start()
        theirs.close()  # so that ours ends with the process
        thread = threading.Thread(target=self._serve, args=(ours,), daemon=True)
        thread.start()
        return _Worker(process, ours, thread)

    def _serve(self, pipe: Connection) -> None:
        """Give one process a job at a time, as long as it lives."""
        while (item := self._jobs.get()) is not None:
            job, future = item
            try:
                pipe.send(job)
                result = pipe.recv()
            except (EOFError, OSError):
                with self._lock:
                    self._alive -= 1
                    if not self._alive:
                        self._give_up()
                future.set_exception(BrokenExecutor("the process has died"))
                return
            future.set_result(result)

    def _give_up(self) -> None:
        """Let what nobody has begun fail."""
        with contextlib.suppress(queue.Empty):
            while (item := self._jobs.get_nowait()) is not None:
                item[1].set_exception(BrokenExecutor("all processes have died"))


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


def _start_tracker() -> None:
    """Start the process that multiprocessing needs besides: it lets Ctrl-C through again."""
    if hasattr(signal, "pthread_sigmask"):
        from multiprocessing.resource_tracker import ensure_running

        with _from_elsewhere():
            ensure_running()


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


def _work(pipe: Connection) -> None:
    """What a process of the pool does until the first one ends it, or is gone."""
    gc.set_threshold(10_000)  # as the command line does
    threading.Thread(target=_wait_for_parent, daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        while True:
            pipe.send(migrate_one(*pipe.recv()))


def _wait_for_parent() -> None:
    """End this process where the first one is killed and cannot say goodbye."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
