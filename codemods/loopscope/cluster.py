"""Suites handled by the workers of a Dask scheduler that somebody has started."""

from __future__ import annotations

import importlib
import logging
import socket
import warnings
from concurrent.futures import Future
from typing import Any
from urllib.parse import urlsplit

from loopscope.executors import Job, migrate_one
from loopscope.values import Migration
from loopscope.version import __version__

_PATIENCE = 5  # seconds, for the scheduler to answer and for the first worker


class ClusterError(Exception):
    """The cluster cannot be used; the message says why and what to do."""


class Cluster:
    """A connection to a scheduler. A worker that dies loses nothing: Dask asks another one.

    Args:
        address: Such as ``tcp://host:8786``.

    Raises:
        ClusterError: There is no such scheduler, no worker, or another loopscope on them.
    """

    def __init__(self, address: str) -> None:
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError:
            raise ClusterError("--dask needs: pip install 'loopscope[dask]'") from None
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            _knock(address)  # Dask itself takes long to give up
            self._client: Any = distributed.Client(
                address, timeout=_PATIENCE, set_as_default=False
            )
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"no Dask scheduler answers at {address!r} ({error}): start one with"
                " `dask scheduler`, and give the address that it prints, such as"
                " tcp://HOST:8786"
            ) from None
        try:
            self.width = self._check(address)
        except BaseException:
            self.close()
            raise
        self._executor = self._client.get_executor(pure=False)

    def submit(self, job: Job) -> Future[Migration]:
        """Hand out one suite. Its future fails where the scheduler has gone away."""
        future: Future[Migration]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Dask is surprised by suites of some megabytes
            try:
                future = self._executor.submit(migrate_one, *job)
            except Exception as error:  # of many kinds, one of which is private to Dask
                future = Future()
                future.set_exception(error)
        return future

    def close(self) -> None:
        """Give up what is under way, and disconnect."""
        self._client.close(timeout=1)

    def _check(self, address: str) -> int:
        """The number of threads of all workers, where all have this very loopscope."""
        try:
            self._client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError:
            raise ClusterError(
                f"the Dask scheduler at {address} has no workers: start some with"
                f" `dask worker {address}`"
            ) from None
        versions = self._client.run(_version, on_error="return")
        for worker, version in versions.items():
            if version != __version__:
                there = "none that can be imported"
                found = f"loopscope {version}" if isinstance(version, str) else there
                raise ClusterError(
                    f"the Dask worker {worker} has {found}, this is loopscope {__version__}:"
                    f" on its machine, pip install 'loopscope[dask]=={__version__}'"
                )
        return sum(self._client.nthreads().values()) or 1


def _version() -> str:
    return __version__


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
