"""The pytest-asyncio that a suite runs on now, as far as its declarations say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from loopscope.requirements.compatibility import RELEASES, Version
from loopscope.requirements.pin import Kind, Pin, highest, lowest, padded

Series = tuple[int, int]
NEWEST: Series = RELEASES[-1].series


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the declarations admit; ``place`` is where that stands, "" where they say nothing.

    ``locked`` is the newest release in a lock file: the suite runs on that already.
    """

    oldest: Series = (0, 0)
    newest: Series = NEWEST
    place: str = ""
    locked: Series = (0, 0)
    given: bool = False  # the user says so

    @property
    def modern(self) -> bool:
        """Whether nothing below 1.0 can be meant."""
        return self.oldest >= (1, 0)


_GIVEN = {
    "0.21": Evidence((0, 21), (0, 22), "--from 0.21", given=True),
    "0.23": Evidence((0, 23), (0, 23), "--from 0.23", given=True),
    "1.x": Evidence((1, 0), NEWEST, "--from 1.x", given=True),
}


def given(release: str) -> Evidence | None:
    """Return what the user says with ``--from``, None where nothing is said."""
    return _GIVEN.get(release)


def evidence_of(pins: Sequence[Pin]) -> Evidence:
    """Weigh the declarations of pytest-asyncio: what is declared, then what is locked.

    One that excludes all below 1.0 decides, whatever older ones are left beside it.
    """
    declared = [pin for pin in pins if pin.kind is not Kind.LOCK]
    locks = [_read(pin) for pin in pins if pin.kind is Kind.LOCK]
    found = max(map(_read, declared), key=lambda one: one.oldest, default=Evidence())
    lock = max(locks, key=lambda one: one.oldest, default=None)
    if lock is None:
        return found
    chosen = found if found.modern or found.newest < (1, 0) else lock
    return replace(chosen, locked=lock.oldest)


def _read(pin: Pin) -> Evidence:
    oldest = lowest(pin)
    return Evidence(
        (oldest[0], oldest[1]), min(_last_below(highest(pin)), NEWEST), f"{pin.path}:{pin.line}"
    )


def _last_below(version: Version) -> Series:
    """Return the newest series with a release below ``version``."""
    major, minor = version[:2]
    if version != padded((major, minor)):
        return major, minor
    if minor:
        return major, minor - 1
    return max((one.series for one in RELEASES if one.series < (major, 0)), default=(0, 0))
