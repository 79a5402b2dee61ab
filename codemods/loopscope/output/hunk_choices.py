"""The hunks of a suite in a row, which of them are taken, and at which one a review stands."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from loopscope.escape import visible_line
from loopscope.rewriting.hunks import Hunk, accept, hunks, split
from loopscope.types import Change, Safety


@dataclass(slots=True)
class Item:
    """One hunk; ``taken`` is None until it is decided."""

    change: Change
    hunk: Hunk
    taken: bool | None = None

    @property
    def codes(self) -> frozenset[str]:
        """The rules behind the hunk."""
        return frozenset(edit.code for edit in self.hunk.edits)

    @property
    def safe(self) -> bool:
        """Whether no edit behind it rests on an assumption."""
        return all(edit.safety is Safety.SAFE for edit in self.hunk.edits)

    def holds(self, text: str) -> bool:
        """Whether a text, in any case of letters, is in its path, lines or reasons."""
        words = [self.change.path, *(visible_line(line) for line in self.hunk.lines)]
        words += (f"{edit.code} {edit.text}" for edit in self.hunk.edits)
        return any(text.casefold() in word.casefold() for word in words)


class Choices:
    """Hunks in the order of their files; ``at`` is where the review stands."""

    def __init__(self, changes: Collection[Change]) -> None:
        self.changes = tuple(changes)
        self.items = [Item(change, hunk) for change in self.changes for hunk in hunks(change)]
        self.at = 0

    @property
    def item(self) -> Item:
        """The hunk at which the review stands."""
        return self.items[self.at]

    @property
    def decided(self) -> bool:
        """Whether there is an answer for each hunk."""
        return all(item.taken is not None for item in self.items)

    def taken(self, change: Change) -> int:
        """Count the hunks of a file that are taken."""
        return sum(bool(item.taken) for item in self.items if item.change is change)

    def decide(self, taken: bool) -> None:
        """Take or leave the hunk at which the review stands, and go on."""
        self.item.taken = taken
        self.go_on()

    def decide_rest(self, taken: bool, which: Callable[[Item], bool], *, later: bool) -> int:
        """Decide this hunk and others that are open, and go on.

        Args:
            taken: Take them, or leave them.
            which: Those that are meant.
            later: Only those behind this one.

        Returns:
            How many were decided.
        """
        start = self.at if later else 0
        meant = [
            item
            for item in self.items[start:]
            if item is self.item or (item.taken is None and which(item))
        ]
        for item in meant:
            item.taken = taken
        self.go_on()
        return len(meant)

    def leave_rest(self) -> None:
        """Leave what is not decided."""
        for item in self.items:
            item.taken = bool(item.taken)

    def go_on(self) -> None:
        """Stand at the next hunk that is not decided; behind the last comes the first."""
        order = [*range(self.at, len(self.items)), *range(self.at)]
        self.at = next((at for at in order if self.items[at].taken is None), self.at)

    def step(self, by: int) -> bool:
        """Go forward or back without an answer; whether there is such a hunk."""
        return self.go_to(self.at + by + 1)

    def go_to(self, number: int) -> bool:
        """Stand at a hunk by its number, from 1 on; whether there is such a hunk."""
        if not 0 < number <= len(self.items):
            return False
        self.at = number - 1
        return True

    def search(self, text: str) -> bool:
        """Stand at the next hunk that holds a text; behind the last comes the first."""
        order = [*range(self.at + 1, len(self.items)), *range(self.at + 1)]
        found = next((at for at in order if self.items[at].holds(text)), None)
        self.at = self.at if found is None else found
        return found is not None

    def split(self) -> int:
        """Make several hunks of this one; return their number."""
        parts = split(self.item.hunk)
        if len(parts) > 1:
            self.items[self.at : self.at + 1] = [Item(self.item.change, part) for part in parts]
        return len(parts)

    def accepted(self) -> tuple[Change, ...]:
        """Return the changes as far as they were taken."""
        found = []
        for change in self.changes:
            chosen = [item.hunk for item in self.items if item.change is change and item.taken]
            accepted = accept(change, chosen)
            if accepted is not None:
                found.append(accepted)
        return tuple(found)
