"""Ranges of seeds, and many trials at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def parse_seeds(text: str) -> list[int]:
    """Read 7, 3,9 or 0-500, the end excluded."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, end = part.partition("-")
        found += range(int(first), int(end)) if dash else [int(first)]
    return found


def each(seeds: Iterable[int], run: Callable[[int], T], jobs: int) -> Iterator[tuple[int, T]]:
    """Run the seeds, ``jobs`` at a time; their time goes to processes, so threads will do."""
    numbers = list(seeds)
    with ThreadPoolExecutor(jobs) as pool:
        yield from zip(numbers, pool.map(run, numbers), strict=True)


def short(complaint: str) -> list[str]:
    """Return the first line of a complaint, and the error itself of a traceback."""
    lines = complaint.splitlines()
    return lines[:1] + [line for line in lines[1:] if line.startswith("E ")][:2]
