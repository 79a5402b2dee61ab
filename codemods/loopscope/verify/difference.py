"""One thing that is not as before, and the causes that reports group by."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_INTERNAL = "INTERNALERROR> "  # before each line of a traceback of pytest's own


class Cause(enum.Enum):
    """What a difference is about; the value is the word used in reports."""

    COLLECTION = "collection error"
    SPLIT = "loop split"  # tests that shared a loop no longer do
    FOREIGN = "foreign loop"  # a fixture is on another loop than its test
    KIND = "loop kind"  # a test is on a loop of another class, or set up otherwise
    SHARED = "loop shared"  # tests that had separate loops now share one
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Difference:
    """One test that does not run as before."""

    cause: Cause
    test: str  # pytest's node id
    what: str  # what is different, in words
    why: str = ""  # what may have caused it; "" where nothing is known
    error: str = ""  # what pytest printed

    def __str__(self) -> str:
        return "\n".join(filter(None, (f"{self.test}: {self.what}", self.error.rstrip())))


def grouped(differences: Iterable[Difference]) -> Mapping[Cause, list[Difference]]:
    """Group the differences by cause, in the order of the causes."""
    found: dict[Cause, list[Difference]] = {cause: [] for cause in Cause}
    for difference in differences:
        found[difference.cause].append(difference)
    return {cause: several for cause, several in found.items() if several}


@dataclass(frozen=True, slots=True)
class Alike:
    """Differences that differ in their tests alone."""

    what: str
    why: str
    error: str  # the line of the error that says what is wrong
    differences: tuple[Difference, ...]


def alike(differences: Iterable[Difference]) -> list[Alike]:
    """Group differences by what is different, and why; the largest groups come first."""
    found: dict[tuple[str, str, str], list[Difference]] = {}
    for one in differences:
        found.setdefault((one.what, one.why, error_line(one.error)), []).append(one)
    groups = [Alike(*about, tuple(several)) for about, several in found.items()]
    return sorted(groups, key=lambda group: -len(group.differences))


def error_line(error: str) -> str:
    """Return the line of pytest's output that says what went wrong; "" where there is none."""
    lines = error.splitlines()
    said = next((line for line in lines if line.startswith(("E ", "Fatal Python error"))), "")
    return said or next((line for line in reversed(lines) if line.startswith(_INTERNAL)), "")
