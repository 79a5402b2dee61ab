"""A progress bar on long work: on standard error, and only on a terminal."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from loopscope.cli.console import is_terminal

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, Task
    from rich.text import Text

    from loopscope.verify.run_record import RunProgress


_PATIENCE = 1.0  # seconds without a bar
_STEP = 0.25  # seconds between two looks at the record of a run
_LAST_LOOK = 5.0  # seconds that it may take: nothing is lost with it


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

    @property
    def wanted(self) -> bool:
        """Whether anybody sees it."""
        return self._timer is not None

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


class VerifyProgress:
    """Shows which run is under way, how many of its tests have ended, and for how long it runs."""

    def __init__(self, *, quiet: bool) -> None:
        self._shown = not quiet and is_terminal(sys.stderr)

    @contextlib.contextmanager
    def run(self, name: str, record: Path) -> Iterator[None]:
        """Around one run, of which the probe writes to ``record``."""
        if not self._shown:
            yield
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

        from loopscope.verify.run_record import RunProgress

        run_progress, over = RunProgress(record), threading.Event()
        columns = (name, BarColumn(), MofNCompleteColumn(), "tests", TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            follower = threading.Thread(
                target=_follow, args=(run_progress, progress, over), daemon=True
            )
            follower.start()
            try:
                yield
            finally:
                over.set()
                follower.join(_LAST_LOOK)


def _follow(run_progress: RunProgress, progress: Progress, over: threading.Event) -> None:
    task = progress.add_task("tests", total=None)
    while not over.wait(_STEP):
        done, total = run_progress.look()
        progress.update(task, completed=done, total=total or None)
