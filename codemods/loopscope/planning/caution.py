"""What a plan does without, once the recheck has condemned the shortest one."""

from __future__ import annotations

from dataclasses import dataclass

from loopscope.types import Options


@dataclass(frozen=True, slots=True)
class Caution:
    """Where a plan rests on no assumption, and which tests it puts on one loop.

    ``careful`` are files; ``joined`` are test modules, whose tests all share one loop.
    """

    careful: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()

    def is_careful(self, path: str, options: Options) -> bool:
        """Whether no edit of the file may rest on an assumption."""
        return options.safe_only or path in self.careful


NO_CAUTION = Caution()
