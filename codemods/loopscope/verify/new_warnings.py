"""Warnings that only the migrated suite gives."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from loopscope.verify.run_record import SuiteRun, Warned

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
