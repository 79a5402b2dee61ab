"""Suites handled by the workers of a Dask scheduler that somebody has started.

A future of Dask may stay pending for ever once its scheduler is gone (distributed 2026.8), so no
answer is waited for by itself: a watch asks the scheduler who is there, and ends all futures when
it does not say so in time. All of Dask runs on an event loop in one daemon thread, which the end
of this process does not wait for.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import queue
import socket
import threading
import time
import warnings
from collections.abc import Awaitable, Coroutine
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotDone
from typing import Any, TypeVar
from urllib.parse import urlsplit

from loopscope import __version__
from loopscope.execution.jobs import Job, Workers, WorkersGone, migrate_one
from loopscope.types import Migration

# All in seconds.
_PATIENCE = 5  # for an answer of the scheduler, and for the first worker
_STEP = 0.5  # between two looks at the cluster
_NO_WORKERS = 5  # how long the scheduler may be without workers
_SILENCE = 15  # how long all workers may be silent; they report every half second or so
_SUITE = 900  # for one suite, waiting for a free worker included
_GOODBYE = 3  # for disconnecting

T = TypeVar("T")


class ClusterError(Exception):
    """The cluster cannot be used; the message says why and what to do."""


class Cluster(Workers):
    """A connection to a scheduler. A worker that dies loses nothing: Dask asks another one.

    Args:
        address: Such as ``tcp://host:8786``.

    Raises:
        ClusterError: There is no such scheduler, no worker, or another loopscope on them.
    """

    def __init__(self, address: str) -> None:
        try:
            self._distributed: Any = importlib.import_module("distributed")
        except ImportError:
            raise ClusterError("--dask needs: pip install 'loopscope[dask]'") from None
        for name in ("distributed", "distributed.client", "distributed.core", "distributed.comm"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        # Dask is surprised by suites of some megabytes.
        warnings.filterwarnings("ignore", "(?s)Sending large graph", UserWarning)
        self._news: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._address = address
        self._client: Any = None
        self._gone: WorkersGone | None = None
        self._open: set[Future[Migration]] = set()
        self._lock = threading.Lock()
        self._watch: Future[None] | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self.width = self._run(self._connect(), 6 * _PATIENCE)
            self._watch = asyncio.run_coroutine_threadsafe(self._keep_watch(), self._loop)
        except TimeoutError:
            self.close()
            raise ClusterError(f"the Dask scheduler at {address} answers too slowly") from None
        except BaseException:
            self.close()
            raise

    def submit(self, job: Job) -> Future[Migration]:
        """Hand out one suite.

        Its future fails with ``WorkersGone`` where the cluster goes away before it is back, and
        with another exception where only this suite has failed there.
        """
        future: Future[Migration] = Future()
        with self._lock:
            if self._gone is not None:
                future.set_exception(self._gone)
                return future
            self._open.add(future)
        asyncio.run_coroutine_threadsafe(self._fetch(job, future), self._loop)
        return future

    def news(self) -> list[str]:
        found = []
        while not self._news.empty():
            found.append(self._news.get())
        return found

    def close(self) -> None:
        """Give up what is under way, and disconnect; after a short time without the scheduler."""
        with contextlib.suppress(Exception):
            self._run(self._disconnect(), _GOODBYE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_GOODBYE)
        if not self._thread.is_alive():
            self._loop.close()

    def _run(self, coroutine: Coroutine[Any, Any, T], seconds: float) -> T:
        """Run a coroutine on the loop of the cluster.

        Raises:
            TimeoutError: It is not done in time.
        """
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(seconds)
        except NotDone:
            future.cancel()
            raise TimeoutError("no answer in time") from None

    # -- on the loop ----------------------------------------------------------------------

    async def _connect(self) -> int:
        """Find scheduler and workers; how many suites they take at once.

        Raises:
            ClusterError: As ``__init__`` says.
        """
        address = self._address
        try:
            _knock(address)  # Dask itself takes long to give up
            self._client = self._distributed.Client(
                address, timeout=_PATIENCE, set_as_default=False, asynchronous=True
            )
            await _soon(self._client)
        except (OSError, ValueError, asyncio.TimeoutError) as error:
            broken = "the connection broke" if "Stream is closed" in str(error) else str(error)
            raise ClusterError(
                f"no Dask scheduler answers at {address!r} ({broken or 'no answer in time'}):"
                " start one with `dask scheduler`, and give the address that it prints, such as"
                " tcp://HOST:8786"
            ) from None
        try:
            await _soon(self._client.wait_for_workers(1, timeout=_PATIENCE))
        except (TimeoutError, asyncio.TimeoutError):
            raise ClusterError(
                f"the Dask scheduler at {address} has no workers: start some with"
                f" `dask worker {address}`"
            ) from None
        try:
            versions = await _soon(self._client.run(_version, on_error="return"))
            threads = await _soon(self._client.scheduler.ncores())
        except (OSError, asyncio.TimeoutError):
            raise ClusterError(
                f"the workers of the Dask scheduler at {address} do not answer: look at their"
                " logs, or leave out --dask"
            ) from None
        _same_version(versions)
        return sum(threads.values()) or 1

    async def _fetch(self, job: Job, future: Future[Migration]) -> None:
        """Let a worker do the job, and hand its answer, or its failure, to the future."""
        try:
            handed_out = self._client.submit(migrate_one, *job, pure=False)
            migration = await asyncio.wait_for(handed_out.result(), _SUITE)
        except Exception as error:  # of many kinds, one of which is private to Dask
            await self._failed(future, error)
        except asyncio.CancelledError:  # Dask's own, where it has given a future up
            await self._failed(future, ConnectionError("Dask gave the suite up"))
        else:
            self._end(future, migration)

    async def _failed(self, future: Future[Migration], error: Exception) -> None:
        """End a future that failed: by its own error, or because the cluster is gone.

        Dask gives up all futures as soon as a scheduler closes its connection, before the watch
        has looked the next time.
        """
        workers = await self._workers()
        if isinstance(workers, str):
            self._give_up(workers)
        self._end(future, error)

    async def _keep_watch(self) -> None:
        """Look at the cluster until it is gone; then end what it has not given back."""
        self._give_up(await self._until_gone())

    def _give_up(self, reason: str) -> None:
        """End all that is not back, and whatever is handed out from now on."""
        with self._lock:
            if self._gone is not None:
                return
            self._gone = WorkersGone(
                f"the cluster at {self._address} went away ({reason}); this machine goes on"
                " with the suites that are not back"
            )
            left = list(self._open)
        for future in left:
            self._end(future, self._gone)

    async def _until_gone(self) -> str:
        """Return when the cluster is of no use any more, with the reason."""
        sign_of_life, trace_index, alone_since = None, time.monotonic(), None
        while True:
            await asyncio.sleep(_STEP)
            workers = await self._workers()
            if isinstance(workers, str):
                return workers
            now = time.monotonic()
            newest = max((worker["last_seen"] for worker in workers.values()), default=None)
            if newest != sign_of_life:
                sign_of_life, trace_index = newest, now
            if workers:
                alone_since = None
                if now - trace_index > _SILENCE:
                    return f"its workers have been silent for {_SILENCE} s"
            elif alone_since is None:
                alone_since = now
                self._news.put(
                    f"the cluster at {self._address} has no workers any more: waiting"
                    f" {_NO_WORKERS} s for one"
                )
            elif now - alone_since > _NO_WORKERS:
                return "it has no workers any more"

    async def _workers(self) -> dict[str, Any] | str:
        """Ask the scheduler for its workers; or give the reason why it is of no use any more."""
        if self._client.status != "running":
            return "the scheduler has closed the connection"
        try:
            identity = await _soon(self._client.scheduler.identity())
        except asyncio.TimeoutError:
            return f"the scheduler has not answered for {_PATIENCE} s"
        except Exception:
            return "the connection to the scheduler broke"
        workers: dict[str, Any] = identity["workers"]
        return workers

    def _end(self, future: Future[Migration], outcome: Migration | Exception) -> None:
        """Give a future its outcome, unless it has one."""
        with self._lock:
            if future not in self._open:
                return
            self._open.discard(future)
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

    async def _disconnect(self) -> None:
        """End all that runs on the loop, and the connection."""
        own = asyncio.current_task()
        if self._client is not None:
            with contextlib.suppress(Exception):
                await self._client.close(timeout=_GOODBYE / 2)
            self._client.status = "closed"  # or it would try again when it is collected
        tasks = [task for task in asyncio.all_tasks() if task is not own]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_GOODBYE / 3)


async def _soon(awaitable: Awaitable[T]) -> T:
    """Await the result, or raise ``asyncio.TimeoutError`` a little after Dask gives up."""
    return await asyncio.wait_for(awaitable, _PATIENCE)


def _version() -> str:
    return __version__


def _same_version(versions: dict[str, object]) -> None:
    """See whether all workers have this very loopscope.

    Raises:
        ClusterError: One has not.
    """
    for worker, version in versions.items():
        if version != __version__:
            there = "none that can be imported"
            found = f"loopscope {version}" if isinstance(version, str) else there
            raise ClusterError(
                f"the Dask worker {worker} has {found}, this is loopscope {__version__}:"
                f" on its machine, pip install 'loopscope[dask]=={__version__}'"
            )


def _knock(address: str) -> None:
    """See whether anybody listens at the address.

    Raises:
        ValueError: It is no address.
        OSError: Nobody listens there.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or not parts.port:
        raise ValueError("it must be tcp://HOST:PORT or tls://HOST:PORT")
    socket.create_connection((parts.hostname, parts.port), _PATIENCE).close()
