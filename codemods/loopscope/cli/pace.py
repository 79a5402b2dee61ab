"""How far a run is: files of suites that are done, and what is read of the one under way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from loopscope.types import Suite


@dataclass(slots=True)
class Pace:
    """Counts files; ``show`` is told how many are done, of how many."""

    show: Callable[[int, int], object]
    total: int = 0
    _handed_out: int = 0  # files of suites before the one that is loaded
    _starts: list[int] = field(default_factory=list)  # of suites that were handed out
    _finished: int = 0  # suites
    _shown: int = 0

    def loads(self, done: int, total: int) -> None:
        """Take from the loader how many files were in the suites before."""
        self._handed_out, self.total = done, total
        self._tell()

    def hands_out(self, suite: Suite, *, watched: bool) -> Suite:
        """Take note of a suite; ``watched``: also of what is read of it, in this process."""
        self._starts.append(self._handed_out)
        if not watched:
            return suite
        return replace(suite, files=_Watched(suite.files, self._reads))

    def finished(self) -> None:
        """Take note that the first suite which is not done is done."""
        self._finished += 1
        self._tell()

    def _tell(self, half: int = 0) -> None:
        starts = self._starts
        begun = starts[self._finished] if self._finished < len(starts) else self._handed_out
        self._shown = max(self._shown, begun + half)
        self.show(self._shown, self.total)

    def _reads(self, number: int, of: int) -> None:
        """Count what is read as half done: planning and rewriting take as long."""
        if self._finished != len(self._starts) - 1:
            return  # several are under way
        start = self._starts[-1]
        whole = self.total - start if self._handed_out == start else self._handed_out - start
        self._tell(whole * number // (2 * of))


class _Watched(dict[str, bytes]):
    """The files of a suite; tells how many of them were looked at."""

    def __init__(self, files: Mapping[str, bytes], tell: Callable[[int, int], object]) -> None:
        super().__init__(files)
        self._tell = tell
        self._seen: set[str] = set()

    def __getitem__(self, path: str) -> bytes:
        if path not in self._seen:
            self._seen.add(path)
            self._tell(len(self._seen), len(self))
        return super().__getitem__(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)  # in another process nobody looks
