"""Where suites are handled: in this process, in a pool of processes, or on a Dask cluster.

Suites go out as bytes and come back as results, in the order in which they came. Only this
process reads and writes, so a worker needs nothing but loopscope itself.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotDone
from itertools import chain

from loopscope.execution.jobs import Job, Workers, WorkersGone, migrate_one
from loopscope.types import Migration

# Bytes of suites below which starting processes costs more than they save.
WORTH_A_POOL = 300_000


_STEP = 0.2  # seconds between two looks at what the workers have to say


def processors() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def migrate_all(
    jobs: Iterable[Job],
    *,
    processes: int = 1,
    workers: Workers | None = None,
    say: Callable[[str], object] = lambda _: None,
) -> Generator[Migration, None, None]:
    """Migrate each suite as soon as it is read; only a few are in memory at a time.

    Close it, where it is not used up: that ends the processes.

    Args:
        jobs: Suites with their options; they are taken as they are needed.
        processes: How many to use where the suites are many enough to be worth it.
        workers: Used instead, whatever the size, and closed at the end. Where they go away, as
            many processes as ``processes`` says do the rest.
        say: Gets each message about workers that went away.

    Yields:
        One migration a job, in their order.
    """
    jobs = iter(jobs)
    if workers is None and processes > 1:
        first, worth_it = _look_ahead(jobs)
        jobs = chain(first, jobs)
        if worth_it:
            from loopscope.execution.process_pool import Pool

            workers = Pool(processes)
    if workers is None:
        yield from (migrate_one(suite, options) for suite, options in jobs)
        return
    yield from _Spread(jobs, workers, processes, say).migrations()


class _Spread:
    """Jobs that are spread over workers: keeps all of them busy, and the results in order."""

    def __init__(
        self,
        jobs: Iterator[Job],
        workers: Workers,
        processes: int,
        say: Callable[[str], object],
    ) -> None:
        self._jobs = jobs
        self._workers = workers
        self._processes = processes
        self._say = say
        # Each with its future; None: it needs no worker.
        self._pending: deque[tuple[Job, Future[Migration] | None]] = deque()
        self._under_way = 0

    def migrations(self) -> Iterator[Migration]:
        """Yield all results, and close the workers at the end."""
        try:
            while self._hand_out():
                job, future = self._pending.popleft()
                if future is None:
                    yield migrate_one(*job)
                else:
                    yield self._result(job, future)
                    self._under_way -= 1
        finally:
            self._workers.close()

    def _hand_out(self) -> bool:
        """Give the workers as much as keeps them busy; whether anything is pending."""
        while self._under_way < 3 * self._workers.width:
            job = next(self._jobs, None)
            if job is None:
                break
            busy = bool(job[0].files)
            self._pending.append((job, self._workers.submit(job) if busy else None))
            self._under_way += busy
        return bool(self._pending)

    def _result(self, job: Job, future: Future[Migration]) -> Migration:
        from loopscope.execution.process_pool import migrate_alone

        while True:
            try:
                return self._wait(future)
            except WorkersGone as gone:
                self._say(str(gone))
                self._go_on_here()
                future = self._workers.submit(job)
            except Exception:  # a worker died, of this suite or of another
                return migrate_alone(job)

    def _wait(self, future: Future[Migration]) -> Migration:
        """Wait for a result, and pass on what the workers say meanwhile; they end each wait."""
        while True:
            for message in self._workers.news():
                self._say(message)
            try:
                return future.result(_STEP)
            except NotDone:
                if future.done():  # just now, or with a TimeoutError of its own
                    return future.result()

    def _go_on_here(self) -> None:
        """Have processes of this machine do what the workers have not given back."""
        from loopscope.execution.process_pool import Pool

        self._workers.close()
        self._workers = Pool(self._processes)
        for place, (job, future) in enumerate(self._pending):
            if future is not None and not _is_back(future):
                self._pending[place] = (job, self._workers.submit(job))


def _is_back(future: Future[Migration]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _look_ahead(jobs: Iterator[Job]) -> tuple[list[Job], bool]:
    """Take the first jobs, and tell whether they are enough to be worth a pool."""
    taken: list[Job] = []
    size = busy = 0
    for job in jobs:
        taken.append(job)
        size += sum(map(len, job[0].files.values()))
        busy += bool(job[0].files)
        if busy > 1 and size >= WORTH_A_POOL:
            return taken, True
    return taken, False
