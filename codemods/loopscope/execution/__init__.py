"""Where suites are handled: in this process, in a pool of processes, or on a Dask cluster.

Suites go out as bytes and come back as results, in the order in which they came. Only this
process reads and writes, so a worker needs nothing but loopscope itself.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from loopscope.execution.jobs import Job, Workers, WorkersGone, migrate_one, until_done
from loopscope.execution.suite_pool import SuitePool
from loopscope.pieces import made_by
from loopscope.types import Migration

if TYPE_CHECKING:
    from concurrent.futures import Future

    from loopscope.execution.result_cache import ResultCache

# Bytes of suites below which starting processes costs more than they save.
WORTH_A_POOL = 300_000

# Suites that are handed out and not done, so that the largest of them are begun first; and the
# bytes of all that were handed out, above which there are fewer.
_AHEAD, _MOST_AHEAD = 24, 32_000_000


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
    cache: ResultCache | None = None,
) -> Generator[Migration, None, None]:
    """Migrate each suite as soon as it is read; only a few are in memory at a time.

    Close it, where it is not used up: that ends the processes.

    Args:
        jobs: Suites with their options; they are taken as they are needed.
        processes: How many to use where the suites are many enough to be worth it.
        workers: Used instead, whatever the size, and closed at the end. Where they go away, as
            many processes as ``processes`` says do the rest.
        say: Gets each message about workers that went away.
        cache: Asked first, and given each result.

    Yields:
        One migration a job, in their order.
    """
    tasks: Iterator[_Task] = (_Task.of(job, cache) for job in jobs)
    if workers is None and processes > 1:
        first, worth_it = _look_ahead(tasks)
        tasks = chain(first, tasks)
        if worth_it:
            from loopscope.execution.process_pool import Pool

            workers = Pool(processes)
    if workers is None:
        with contextlib.closing(SuitePool(processes)) as pool:
            for task in tasks:
                yield task.kept(task.known or _migrate_here(task.job, pool), cache)
        return
    for task, migration in _Spread(tasks, workers, processes, say).migrations():
        yield task.kept(migration, cache)


def _migrate_here(job: Job, pool: SuitePool) -> Migration:
    with made_by(pool):
        return migrate_one(*job)


@dataclass(slots=True)
class _Task:
    """A job, with its result where that is known, and the future of one that is under way."""

    job: Job
    key: str = ""
    known: Migration | None = None
    future: Future[Migration] | None = None

    @classmethod
    def of(cls, job: Job, cache: ResultCache | None) -> _Task:
        if cache is None:
            return cls(job)
        key = cache.key(job)
        return cls(job, key, cache.find(key))

    @property
    def is_work(self) -> bool:
        return bool(self.job[0].files) and self.known is None

    def kept(self, migration: Migration, cache: ResultCache | None) -> Migration:
        """Return the result, which the cache keeps where it is new."""
        if cache is not None and self.known is None:
            cache.keep(self.key, migration)
        return migration


class _Spread:
    """Jobs that are spread over workers: keeps all of them busy, and the results in order."""

    def __init__(
        self,
        tasks: Iterator[_Task],
        workers: Workers,
        processes: int,
        say: Callable[[str], object],
    ) -> None:
        self._tasks = tasks
        self._workers = workers
        self._processes = processes
        self._say = say
        self._pending: deque[_Task] = deque()  # one without a future needs no worker
        self._bytes = 0

    def migrations(self) -> Iterator[tuple[_Task, Migration]]:
        """Yield all results, and close the workers at the end."""
        try:
            while self._hand_out():
                task = self._pending.popleft()
                if task.future is None:
                    yield task, task.known or migrate_one(*task.job)
                else:
                    yield task, self._result(task.job, task.future)
                    self._bytes -= task.job[0].size
        finally:
            self._workers.close()

    def _hand_out(self) -> bool:
        """Give the workers as much as keeps them busy; whether anything is pending."""
        while self._has_room() and (task := next(self._tasks, None)) is not None:
            if task.is_work:
                task.future = self._workers.submit(task.job)
                self._bytes += task.job[0].size
            self._pending.append(task)
        return bool(self._pending)

    def _has_room(self) -> bool:
        """Whether one more suite may be in memory, and is needed to keep the workers busy."""
        least = 3 * self._workers.width
        most = max(least, _AHEAD)
        handed_out = [task.future for task in self._pending if task.future]
        if self._bytes > _MOST_AHEAD:
            return len(handed_out) < least
        under_way = sum(1 for future in handed_out if not future.done())
        return under_way < most and len(self._pending) < 4 * most

    def _result(self, job: Job, future: Future[Migration]) -> Migration:
        from loopscope.execution.process_pool import migrate_alone

        while True:
            until_done(future, self._look)
            try:
                return future.result()
            except WorkersGone as gone:
                self._say(str(gone))
                self._go_on_here()
                future = self._workers.submit(job)
            except Exception:  # a worker died, of this suite or of another
                return migrate_alone(job)

    def _look(self) -> None:
        """Pass on what the workers say, and keep them busy."""
        for message in self._workers.news():
            self._say(message)
        self._hand_out()

    def _go_on_here(self) -> None:
        """Have processes of this machine do what the workers have not given back."""
        from loopscope.execution.process_pool import Pool

        self._workers.close()
        self._workers = Pool(self._processes)
        for task in self._pending:
            if task.future is not None and not _is_back(task.future):
                task.future = self._workers.submit(task.job)


def _is_back(future: Future[Migration]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _look_ahead(tasks: Iterator[_Task]) -> tuple[list[_Task], bool]:
    """Take the first tasks, and tell whether they are enough to be worth a pool."""
    taken: list[_Task] = []
    size = busy = 0
    for task in tasks:
        taken.append(task)
        if not task.is_work:
            continue
        size += task.job[0].size
        busy += 1
        if busy > 1 and size >= WORTH_A_POOL:
            return taken, True
    return taken, False
