"""Processes that make the pieces of one large suite, together with this one.

A run of one suite would leave all processors but one idle. What others make is read files and
edited ones, which are values; the plan for the suite is made here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Future
from concurrent.futures import TimeoutError as NotDone
from typing import TYPE_CHECKING, TypeVar

from loopscope.pieces import Piece, in_turn

if TYPE_CHECKING:
    from loopscope.execution.process_pool import Pool

# Bytes of pieces below which starting processes costs more than they save.
WORTH_A_POOL = 150_000

_PARTS = 16  # for each process: they end at about the same time
_AHEAD = 2  # parts that each of the others has been given, so that it need not wait
_STEP = 0.2  # seconds after which an exception may come in between
_NO_LIMIT = 86_400.0  # seconds; the files and the suite have limits of their own

T = TypeVar("T")
_Part = tuple[int, int]  # the first piece, and the one behind the last


class SuitePool:
    """Makes pieces in ``processes`` processes, of which this is one; they start when needed."""

    def __init__(self, processes: int) -> None:
        self._others = processes - 1
        self._pool: Pool | None = None

    def __call__(self, make: Callable[..., T], pieces: Sequence[Piece]) -> list[T]:
        """Make the pieces, see ``loopscope.pieces.Maker``; what they raise is raised."""
        sizes = list(map(_size, pieces))
        if self._others < 1 or sum(sizes) < WORTH_A_POOL:
            return in_turn(make, pieces)
        parts = deque(_parts(sizes, _PARTS * (self._others + 1)))
        made: dict[int, list[T]] = {}
        elsewhere: deque[tuple[_Part, Future[list[T]]]] = deque()
        while parts or elsewhere:
            while parts and len(elsewhere) < _AHEAD * self._others:
                part = parts.popleft()
                elsewhere.append((part, self._submit(make, pieces[slice(*part)])))
            if parts:
                part = parts.popleft()
                made[part[0]] = in_turn(make, pieces[slice(*part)])
            while elsewhere and (elsewhere[0][1].done() or not parts):
                part, future = elsewhere.popleft()
                try:
                    made[part[0]] = _result(future)
                except BrokenExecutor:  # what has ended that process is met, or said, here
                    made[part[0]] = in_turn(make, pieces[slice(*part)])
        return [piece for _, found in sorted(made.items()) for piece in found]

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.close()

    def _submit(self, make: Callable[..., T], pieces: Sequence[Piece]) -> Future[list[T]]:
        from loopscope.pipeline import make_pieces

        if self._pool is None:
            from loopscope.execution.process_pool import Pool

            self._pool = Pool(self._others)
        return self._pool.call(make_pieces, (make, pieces), _NO_LIMIT)


def _size(piece: Piece) -> int:
    return sum(len(argument) for argument in piece if isinstance(argument, bytes))


def _parts(sizes: Sequence[int], number: int) -> list[_Part]:
    """Divide pieces into about ``number`` parts of about the same size."""
    enough = sum(sizes) / number
    parts, start, size = [], 0, 0
    for index, more in enumerate(sizes, 1):
        size += more
        if size >= enough or index == len(sizes):
            parts.append((start, index))
            start, size = index, 0
    return parts


def _result(future: Future[T]) -> T:
    while True:
        try:
            return future.result(_STEP)
        except NotDone:
            if future.done():  # just now, or with a TimeoutError of its own
                return future.result()
