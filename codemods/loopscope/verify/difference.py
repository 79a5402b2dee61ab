"""One thing that is not as before, and the causes that reports group by."""

from __future__ import annotations

import difflib
import enum
import re
from collections.abc import Iterable, Mapping

from loopscope.frozen import frozen
from loopscope.verify.run_record import SuiteRun, Warned

_INTERNAL = "INTERNALERROR> "  # before each line of a traceback of pytest's own


class Cause(enum.Enum):
    """What a difference is about; the value is the word used in reports."""

    COLLECTION = "collection error"
    SPLIT = "loop split"  # tests that shared a loop no longer do
    FOREIGN = "foreign loop"  # a fixture is on another loop than its test
    KIND = "loop kind"  # a test is on a loop of another class, or set up otherwise
    SHARED = "loop shared"  # tests that had separate loops now share one
    OTHER = "other"


@frozen
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


@frozen
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


_NAMED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|<[^>]*>|\d+")  # what a warning is about
_PARAMETERS = re.compile(r"\[[^\]]*\]")  # of a test's name, which releases write otherwise
_ALIKE = 0.75  # share of words, in order, that two wordings of one warning have in common


def new_warnings(before: SuiteRun, after: SuiteRun) -> tuple[Warned, ...]:
    """Warnings about asyncio that were not given before, each message once.

    One that says the same of the same things in other words, as another release of a plugin may,
    is not new.
    """
    known = {(warned.category, warned.message) for warned in before.warnings}
    still = {(warned.category, warned.message) for warned in after.warnings}
    gone = [one for one in before.warnings if (one.category, one.message) not in still]
    found: dict[tuple[str, str], Warned] = {}
    for warned in sorted(after.warnings):
        key = (warned.category, warned.message)
        if key not in known and not _reworded(warned, gone):
            found.setdefault(key, warned)
    return tuple(found.values())


def _reworded(new: Warned, gone: Iterable[Warned]) -> bool:
    return any(
        old.test == new.test
        and old.category == new.category
        and _named(old.message) == _named(new.message)
        and _share(old.message, new.message) >= _ALIKE
        for old in gone
    )


def _named(message: str) -> list[str]:
    return sorted(_NAMED.findall(_PARAMETERS.sub("", message)))


def _share(old: str, new: str) -> float:
    return difflib.SequenceMatcher(None, old.split(), new.split(), autojunk=False).ratio()
