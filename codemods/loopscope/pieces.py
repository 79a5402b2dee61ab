"""Independent pieces of the work on one suite: made in turn, or where somebody else says.

The core names its pieces and does not know who makes them: other processes may, see
``execution/suite_pool.py``. A piece is called with plain values and returns one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Piece = tuple[Any, ...]
"""The arguments of one call."""


class Maker(Protocol):
    """Makes pieces, wherever: it calls a function of a module with each, in any order.

    It takes a piece when it is to be made, so that one can see how far it is.
    """

    def __call__(self, make: Callable[..., T], pieces: Iterable[Piece]) -> list[T]: ...


def in_turn(make: Callable[..., T], pieces: Iterable[Piece]) -> list[T]:
    """Make the pieces here, one after the other."""
    return [make(*piece) for piece in pieces]


_maker: ContextVar[Maker] = ContextVar("maker", default=in_turn)


@contextlib.contextmanager
def made_by(maker: Maker) -> Iterator[None]:
    """Have ``maker`` make the pieces of the block."""
    token = _maker.set(maker)
    try:
        yield
    finally:
        _maker.reset(token)


def each(make: Callable[..., T], pieces: Iterable[Piece]) -> list[T]:
    """Call ``make`` with each of the pieces, and return what came out, in their order."""
    return _maker.get()(make, pieces)
