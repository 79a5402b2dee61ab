"""Random draws that come out the same on every Python version."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Draws that rest on ``random()`` alone: the other methods of ``random`` have changed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def chance(self, probability: float) -> bool:
        return self._random() < probability

    def number(self, low: int, high: int) -> int:
        """Draw a number from ``low`` to ``high``, both included."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, things: Sequence[T]) -> T:
        return things[int(self._random() * len(things))]

    def weighted(self, weights: Mapping[T, float]) -> T:
        """Draw a key of ``weights``, which need not sum up to anything."""
        rest = self._random() * sum(weights.values())
        for thing, weight in weights.items():
            rest -= weight
            if rest < 0:
                return thing
        return thing

    def some(self, things: Sequence[T], at_most: int) -> list[T]:
        """Up to ``at_most`` different things, in random order."""
        left = list(things)
        wanted = min(self.number(0, at_most), len(left))
        return [left.pop(int(self._random() * len(left))) for _ in range(wanted)]
