"""A pool of processes on this machine that survives the death of one of them.

``concurrent.futures`` has one, too. It waits for ever when a process is ended while it sends a
result, which is what Ctrl-C does: all of its processes write to one pipe, which it holds open.
Here each has a pipe of its own, which ends with it, and a time after which it is ended.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, InvalidStateError
from functools import partial
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, TypeVar

from loopscope.execution.jobs import Job, Workers, failed, migrate_one
from loopscope.frozen import frozen
from loopscope.types import Migration

_PATIENCE = 5.0  # seconds that a process has to be gone after it was told to, or killed
# What one suite may take, in time limits of one file, of which few come near theirs. The limit of
# a file is heard between two lines of Python only; what hangs for good is ended by this one.
_LIMITS, _LIMITS_PER_MIB = 10, 2
_AT_LEAST, _AT_MOST = 60, 86_400  # what counts as the limit of a file; "never" is a day


T = TypeVar("T")


@frozen
class _Call:
    """What a process is to do; ``late`` makes the result where it takes longer than it may.

    Without ``late`` it fails then.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    seconds: Callable[[], float]
    late: Callable[[], Any] | None
    future: Future[Any]


@frozen
class _Worker:
    process: SpawnProcess
    pipe: Connection
    thread: threading.Thread


class Pool(Workers):
    """Processes that handle suites, or parts of one; what kills one is lost alone.

    They are spawned, not forked: this process has threads (one for each of them, and the
    progress bar).
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self._calls: queue.PriorityQueue[tuple[int, int, _Call | None]] = queue.PriorityQueue()
        self._numbers = count()
        self._workers: list[_Worker] = []
        self._alive = self._submitted = 0
        self._lock = threading.Lock()

    def submit(self, job: Job) -> Future[Migration]:
        """Hand out one suite. Its future fails where the process dies that handles it."""
        limit = partial(seconds_for, job)
        return self.call(migrate_one, job, limit, partial(_took_too_long, job), job[0].size)

    def call(
        self,
        function: Callable[..., T],
        arguments: tuple[Any, ...],
        seconds: Callable[[], float] = lambda: _AT_MOST,
        late: Callable[[], T] | None = None,
        size: int = 0,
    ) -> Future[T]:
        """Have a process call a function of a module; ``late`` is asked where it takes longer.

        The call with the largest ``size`` is begun first: processes then end at about one time.

        The future fails with ``BrokenExecutor`` where the process dies, as it does of any
        exception, or where it takes longer and there is no ``late``.
        """
        future: Future[T] = Future()
        _start_tracker()
        with _interrupt_later(), self._lock:
            self._submitted += 1
            while self._alive < min(self.width, self._submitted):
                self._workers.append(self._start())
                self._alive += 1
            self._put(-size, _Call(function, arguments, seconds, late, future))
        return future

    def close(self) -> None:
        """End all processes, at once: nobody waits for what they are doing."""
        with self._lock:
            self._give_up()
            for worker in self._workers:
                self._put(0, None)
                worker.process.terminate()
        _wait_for(self._workers)
        for worker in self._workers:
            worker.process.kill()  # one that is stopped, say, does not hear of the other signal
        _wait_for(self._workers)
        for worker in self._workers:
            worker.thread.join(_PATIENCE)
            if not worker.thread.is_alive():
                worker.pipe.close()

    def _put(self, rank: int, call: _Call | None) -> None:
        self._calls.put((rank, next(self._numbers), call))

    def _start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs,), daemon=True)
        with _from_elsewhere():
            process.start()
        theirs.close()  # so that ours ends with the process
        thread = threading.Thread(target=self._serve, args=(ours, process), daemon=True)
        thread.start()
        return _Worker(process, ours, thread)

    def _serve(self, pipe: Connection, process: SpawnProcess) -> None:
        """Give one process a call at a time, as long as it lives."""
        while (call := self._calls.get()[-1]) is not None:
            try:
                with _end_after(call, process):
                    pipe.send((call.function, call.arguments))
                    result = pipe.recv()
            except Exception:  # whatever it is: nobody may wait for this future in vain
                process.kill()
                with self._lock:
                    self._alive -= 1
                    if not self._alive:
                        self._give_up()
                with contextlib.suppress(InvalidStateError):  # its time was over
                    call.future.set_exception(BrokenExecutor("the process has died"))
                return
            with contextlib.suppress(InvalidStateError):
                call.future.set_result(result)

    def _give_up(self) -> None:
        """Let what nobody has begun fail."""
        with contextlib.suppress(queue.Empty):
            while (call := self._calls.get_nowait()[-1]) is not None:
                call.future.set_exception(BrokenExecutor("all processes have died"))


def seconds_for(job: Job) -> float:
    """Return the seconds after which the process that handles a suite counts as hung."""
    suite, options = job
    limit = min(max(options.time_limit or _AT_MOST, _AT_LEAST), _AT_MOST)
    mebibytes = suite.size / (1 << 20)
    return limit * (_LIMITS + _LIMITS_PER_MIB * mebibytes)


def migrate_alone(job: Job) -> Migration:
    """Migrate a suite in a process of its own, since it may be the one that kills processes.

    This ends: so does the process, after ``seconds_for(job)`` at the latest.
    """
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


def _took_too_long(job: Job) -> Migration:
    return failed(
        job[0],
        f"took longer than {seconds_for(job):.0f} s: the process that read this suite was ended;"
        " nothing of the suite was changed. Give its folders one by one to find the file, and"
        " leave that out with --exclude; or give more time: --time-limit, of which a suite may"
        f" take {_LIMITS}, and {_LIMITS_PER_MIB} for each MiB",
    )


@contextlib.contextmanager
def _end_after(call: _Call, process: SpawnProcess) -> Iterator[None]:
    """Kill the process where the block takes longer than the call may."""

    def end() -> None:
        if call.late is not None:
            with contextlib.suppress(InvalidStateError):
                call.future.set_result(call.late())
        process.kill()

    timer = threading.Timer(call.seconds(), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _wait_for(workers: Sequence[_Worker]) -> None:
    """Wait until the processes are gone: all of them together have but one time to do so."""
    end = time.monotonic() + _PATIENCE
    for worker in workers:
        worker.process.join(max(0, end - time.monotonic()))


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
    """Serve as a process of the pool until the first one ends it, or is gone."""
    gc.set_threshold(10_000)  # as the command line does
    threading.Thread(target=_wait_for_parent, daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        while True:
            function, arguments = pipe.recv()
            pipe.send(function(*arguments))


def _wait_for_parent() -> None:
    """End this process where the first one is killed and cannot say goodbye.

    This waits as long as the first one lives: it is what bounds all other waits of this process.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
