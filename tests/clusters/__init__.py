"""Dask clusters on this machine, and the ways in which they go away."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import programs
from tests.batches import until
from tests.programs import LONG

KINDS = ("killed", "stopped", "cut off", "without workers")


class Proxy:
    """Passes bytes on to a port, until it is cut; connections stay open then, and are mute."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._mute = threading.Event()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._mute.set()

    def close(self) -> None:
        self.cut()
        for one in (self._listener, *self._sockets):
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._port))
                except OSError:
                    near.close()
                    continue
                self._sockets += (near, far)
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self._mute.is_set():
                    return
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


class LocalCluster:
    """A scheduler with two workers, each a process of its own; ``address`` leads to a proxy."""

    def __init__(self, address: str, proxy: Proxy, processes: list[subprocess.Popen[Any]]) -> None:
        self.address = address
        self._proxy = proxy
        self.workers, self.scheduler = processes[1:], processes[0]

    def go_away(self, kind: str) -> None:
        if kind == "killed":
            self.scheduler.kill()
        elif kind == "stopped":
            self.scheduler.send_signal(signal.SIGSTOP)
        elif kind == "cut off":
            self._proxy.cut()
        else:
            for worker in self.workers:
                worker.kill()


@contextlib.contextmanager
def local_cluster(folder: Path) -> Iterator[LocalCluster]:
    """Start one, and end all that belongs to it."""
    dask = [sys.executable, "-m", "dask"]
    quiet = ["--no-dashboard", "--host", "127.0.0.1"]
    with contextlib.ExitStack() as stack:

        def start(*arguments: str, stderr: Any) -> subprocess.Popen[Any]:
            program = programs.started([*dask, *arguments], cwd=folder, text=True, stderr=stderr)
            return stack.enter_context(program)

        log = folder / "scheduler.log"
        with log.open("w") as file:
            scheduler = start("scheduler", "--port", "0", *quiet, stderr=file)
        until(lambda: "Scheduler at:" in log.read_text())
        found = re.search(r"Scheduler at: +(tcp://\S+:(\d+))", log.read_text())
        assert found
        proxy = Proxy(int(found[2]))
        stack.callback(proxy.close)
        worker = ("worker", found[1], "--nthreads", "1", "--no-nanny", *quiet)
        workers = [start(*worker, stderr=subprocess.DEVNULL) for _ in range(2)]
        yield LocalCluster(proxy.address, proxy, [scheduler, *workers])


def wait_for_workers(cluster: LocalCluster) -> None:
    """Return when both workers are there."""
    from distributed import Client

    with Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=LONG)
