"""A sign of life while ``loopscope verify`` runs tests: on a terminal's standard error only."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from loopscope.cli.console import is_terminal

if TYPE_CHECKING:
    from rich.progress import Progress

    from loopscope.verify.run_progress import RunProgress

_STEP = 0.25  # seconds between two looks at the record
_PATIENCE = 5.0  # seconds that the last look may take: nothing is lost with it


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

        from loopscope.verify.run_progress import RunProgress

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
                follower.join(_PATIENCE)


def _follow(run_progress: RunProgress, progress: Progress, over: threading.Event) -> None:
    task = progress.add_task("tests", total=None)
    while not over.wait(_STEP):
        done, total = run_progress.look()
        progress.update(task, completed=done, total=total or None)
