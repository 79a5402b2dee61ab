"""The most memory that a process, and each of the processes it starts, had at once (Linux)."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_PAUSE = 0.02  # seconds between two looks


@dataclass
class Peaks:
    """In MiB: of the process itself, and of the largest process that it started."""

    own: float = 0.0
    worker: float = 0.0

    @classmethod
    def largest(cls, several: Iterable[Peaks]) -> Peaks:
        """Return the largest of each."""
        several = list(several)
        return cls(max(one.own for one in several), max(one.worker for one in several))


@contextlib.contextmanager
def watch(pid: int) -> Iterator[Peaks]:
    """Look at a process again and again while the block runs.

    The kernel keeps the high-water mark of each process: only what is added in the very last
    moments of its life can be missed.
    """
    peaks = Peaks()
    over = threading.Event()

    def look() -> None:
        while not over.wait(_PAUSE):
            peaks.own = max(peaks.own, _high_water(pid))
            for child in _below(pid):
                peaks.worker = max(peaks.worker, _high_water(child))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        over.set()
        thread.join()


def _high_water(pid: int) -> float:
    for line in _read(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _below(pid: int) -> Iterator[int]:
    tasks = Path(f"/proc/{pid}/task")
    try:
        threads = list(tasks.iterdir())
    except OSError:  # it has ended
        return
    for thread in threads:
        for child in map(int, _read(thread / "children").split()):
            yield child
            yield from _below(child)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has ended
        return ""
