"""A progress bar on long work: on standard error, and only on a terminal."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from loopscope.cli.console import is_terminal

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, Task

_PATIENCE = 1.0  # seconds without a bar


class Bar:
    """Counts the files that are done, visibly so once the work has taken a second.

    A suite is one long call of a pure function, so a timer has to bring up the bar.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._lock = threading.Lock()
        self._done, self._total = 0, 0
        self._progress: Progress | None = None
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Bar:
        if not self._quiet and is_terminal(sys.stderr):
            self._timer = threading.Timer(_PATIENCE, self._show)
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
            with self._lock:
                self._timer = None
                if self._progress is not None:
                    self._progress.stop()

    def update(self, done: int, total: int) -> None:
        """Say how many Python files are done, of how many."""
        with self._lock:
            self._done, self._total = done, total
            if self._progress is not None:
                task = self._progress.task_ids[0]
                self._progress.update(task, completed=done, total=total or None)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Take the bar away while something else is printed."""
        with self._lock:
            if self._progress is None:
                yield
                return
            self._progress.stop()
            yield
            self._progress.start()

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        with self._lock:
            if self._timer is None:
                return
            columns = ("Files", BarColumn(), MofNCompleteColumn(), _rate(), TimeRemainingColumn())
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._progress.add_task("Files", completed=self._done, total=self._total or None)
            self._progress.start()


def _rate() -> ProgressColumn:
    from rich.progress import ProgressColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.0f}/s" if task.speed else "")

    return Rate()
