"""Where suites are handled: in this process, in a pool of processes, or on a Dask cluster.

Suites go out as bytes and come back as results, in the order in which they came. Only this
process reads and writes, so a worker needs nothing but loopscope itself.
"""

from __future__ import annotations

import os
import time
import traceback
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from itertools import chain
from typing import Protocol

from loopscope.values import FileError, Migration, Options, Status, Suite

Job = tuple[Suite, Options]

# Bytes of suites below which starting processes costs more than they save.
WORTH_A_POOL = 300_000


class Workers(Protocol):
    """What hands jobs to other processes; ``width`` is how many of them run at once."""

    width: int

    def submit(self, job: Job) -> Future[Migration]: ...

    def close(self) -> None: ...


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def migrate_all(
    jobs: Iterable[Job], *, processes: int = 1, workers: Workers | None = None
) -> Generator[Migration, None, None]:
    """Migrate each suite as soon as it is read; only a few are in memory at a time.

    Close it, where it is not used up: that ends the processes.

    Args:
        jobs: Suites with their options; they are taken as they are needed.
        processes: How many to use where the suites are many enough to be worth it.
        workers: Used instead, whatever the size, and closed at the end.

    Yields:
        One migration a job, in their order.
    """
    jobs = iter(jobs)
    if workers is None and processes > 1:
        first, worth_it = _look_ahead(jobs)
        jobs = chain(first, jobs)
        if worth_it:
            from loopscope.pool import Pool

            workers = Pool(processes)
    if workers is None:
        yield from (migrate_one(suite, options) for suite, options in jobs)
        return
    try:
        yield from _spread(jobs, workers)
    finally:
        workers.close()


def migrate_one(suite: Suite, options: Options) -> Migration:
    """Migrate one suite; a failure of loopscope itself becomes a ``FileError`` too.

    A suite without files has nothing to do with event loops: the engine is not even imported.
    """
    if not suite.files:
        status = Status.ERROR if suite.errors else Status.CURRENT
        return Migration(suite.label, suite.config.path, status, errors=suite.errors)
    start = time.perf_counter()
    try:
        from loopscope.engine import migrate

        return replace(migrate(suite, options), seconds=time.perf_counter() - start)
    except Exception as error:  # the other suites are done all the same
        return failed(suite, _bug(error))


def failed(suite: Suite, message: str) -> Migration:
    """The migration of a suite that stays as it is because of ``message``."""
    errors = (*suite.errors, FileError(".", message))
    return Migration(suite.label, suite.config.path, Status.ERROR, errors=errors)


def _spread(jobs: Iterator[Job], workers: Workers) -> Iterator[Migration]:
    """Keep all workers busy, and the results in order."""
    pending: deque[tuple[Job, Future[Migration] | None]] = deque()
    under_way = 0
    while True:
        while under_way < 3 * workers.width:
            job = next(jobs, None)
            if job is None:
                break
            busy = bool(job[0].files)
            pending.append((job, workers.submit(job) if busy else None))
            under_way += busy
        if not pending:
            return
        job, future = pending.popleft()
        if future is None:
            yield migrate_one(*job)
        else:
            under_way -= 1
            yield _result(job, future)


def _result(job: Job, future: Future[Migration]) -> Migration:
    try:
        return future.result()
    except Exception:  # a worker died (of this suite or of another), or the cluster went away
        from loopscope.pool import migrate_alone

        return migrate_alone(job)


def _look_ahead(jobs: Iterator[Job]) -> tuple[list[Job], bool]:
    """The first jobs, and whether they are enough to be worth a pool."""
    taken: list[Job] = []
    size = busy = 0
    for job in jobs:
        taken.append(job)
        size += sum(map(len, job[0].files.values()))
        busy += bool(job[0].files)
        if busy > 1 and size >= WORTH_A_POOL:
            return taken, True
    return taken, False


def _bug(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{frame.filename.rpartition('loopscope')[2].lstrip('/')}:{frame.lineno}"
    return (
        f"loopscope failed on this suite ({type(error).__name__}: {error}, at {place}); nothing"
        " of it was changed. This is a bug: please report it"
    )
