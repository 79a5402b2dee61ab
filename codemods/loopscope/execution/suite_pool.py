"""Processes that make the pieces of one large suite, together with this one.

A run of one suite would leave all processors but one idle. What others make is read files and
edited ones, which are values; the plan for the suite is made here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from loopscope.execution.jobs import until_done
from loopscope.pieces import Piece, in_turn

if TYPE_CHECKING:
    from concurrent.futures import Future

    from loopscope.execution.process_pool import Pool

# Bytes of pieces below which starting processes costs more than they save. Fewer than those of
# suites (``execution.WORTH_A_POOL``): this process is at work meanwhile.
WORTH_OTHERS = 150_000

_PART = 30_000  # bytes of pieces that a process is given at once
_AHEAD = 2  # parts that each of the others has been given, so that it need not wait

T = TypeVar("T")
_Part = list[Piece]


class SuitePool:
    """Makes pieces in ``processes`` processes, of which this is one; they start when needed."""

    def __init__(self, processes: int) -> None:
        self._others = processes - 1
        self._pool: Pool | None = None

    def __call__(self, make: Callable[..., T], pieces: Iterable[Piece]) -> list[T]:
        """Make the pieces, see ``loopscope.pieces.Maker``; what they raise is raised."""
        if self._others < 1:
            return in_turn(make, pieces)
        rest = iter(pieces)
        first = _taken(rest, WORTH_OTHERS)
        following = next(rest, None)
        if following is None:
            return in_turn(make, first)
        from concurrent.futures import BrokenExecutor  # few runs have such a suite

        made: dict[int, list[T]] = {}
        elsewhere: deque[tuple[int, _Part, Future[list[T]]]] = deque()
        parts = enumerate(_parts(chain(first, [following], rest)))
        number, part = next(parts, (0, []))
        while part or elsewhere:
            while part and len(elsewhere) < _AHEAD * self._others:
                elsewhere.append((number, part, self._submit(make, part)))
                number, part = next(parts, (0, []))
            if part:
                made[number] = in_turn(make, part)
                number, part = next(parts, (0, []))
            while elsewhere and (elsewhere[0][-1].done() or not part):
                at, lent, future = elsewhere.popleft()
                try:
                    until_done(future)
                    made[at] = future.result()
                except BrokenExecutor:  # what has ended that process is met, or said, here
                    made[at] = in_turn(make, lent)
        return [piece for _, found in sorted(made.items()) for piece in found]

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.close()

    def _submit(self, make: Callable[..., T], part: _Part) -> Future[list[T]]:
        from loopscope.pipeline import make_pieces

        if self._pool is None:
            from loopscope.execution.process_pool import Pool

            self._pool = Pool(self._others)
        return self._pool.call(make_pieces, (make, part))  # files and suites have limits


def _taken(pieces: Iterator[Piece], size: int) -> _Part:
    """Take pieces until they have that many bytes, or are at their end; at least one."""
    part: _Part = []
    for piece in pieces:
        part.append(piece)
        size -= sum(len(argument) for argument in piece if isinstance(argument, bytes))
        if size <= 0:
            break
    return part


def _parts(pieces: Iterator[Piece]) -> Iterator[_Part]:
    while part := _taken(pieces, _PART):
        yield part
