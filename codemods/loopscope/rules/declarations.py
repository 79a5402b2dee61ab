"""The declarations of pytest-asyncio and what goes with it, as LS202 and LS310 see them.

The pipeline reads them once all edits are known: they say which pytest-asyncio is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loopscope.requirements import is_pin_file, read_pins, requires_python
from loopscope.requirements.compatibility import PLUGIN, RELEASES, Release, Version, release_of
from loopscope.requirements.pin import Kind, Pin, Pythons, lowest, padded
from loopscope.types import FileError, Target


@dataclass(frozen=True, slots=True)
class Declared:
    """A pin, and its place in its file."""

    pin: Pin
    ordinal: int


@dataclass(frozen=True, slots=True)
class Aims:
    """The releases that the declarations should admit.

    A suite that ``is_migrated`` stays on the release that it has, where that will do.
    """

    least: tuple[int, int]
    release: Release  # the target's
    pythons: Pythons
    is_migrated: bool = False

    @classmethod
    def of(
        cls, target: Target, least: tuple[int, int], pythons: Pythons, *, is_migrated: bool = False
    ) -> Aims:
        series = (target.major, target.minor)
        floor = (1, 0) if target.has(1, 0) and not is_migrated else RELEASES[0].series
        return cls(min(max(least, floor), series), release_of(series), pythons, is_migrated)

    @property
    def top(self) -> Version:
        """A release that every range must admit: upper bounds below it go."""
        return self.least if self.is_migrated else tuple(map(int, self.release.exact.split(".")))

    def is_enough(self, pin: Pin) -> bool:
        """Whether the declaration may stay; one without a version gives a migrated suite 1.x."""
        if self.is_migrated and pin.kind is Kind.ANY and self.least <= (1, 0):
            return True
        return lowest(pin) >= padded(self.least)

    @property
    def floor(self) -> str:
        return ".".join(map(str, self.least))

    def candidates(self) -> list[Release]:
        """List the releases that the result runs on, up to the target, newest first."""
        return [
            one for one in reversed(RELEASES) if self.least <= one.series <= self.release.series
        ]

    def serves(self, pin: Pin) -> Release | None:
        """Return the release for an exact pin.

        A pin with a marker for older Pythons gets the newest that runs on all of them, and
        None where nothing that the result needs runs on any.
        """
        if not pin.marker:
            return self.release
        chosen = [r for r in self.candidates() if not self.pythons.missed(pin.marker, r.python)]
        if chosen:
            return chosen[0]
        return None if self.hopeless(pin) else self.release

    def hopeless(self, pin: Pin) -> bool:
        """Whether the pin's marker leaves only Pythons that nothing suitable runs on."""
        return bool(pin.marker) and self.pythons.all_missed(
            pin.marker, release_of(self.least).python
        )

    def outcome(self, pin: Pin) -> Release:
        """Return the oldest release that pip may choose after the edit of the pin."""
        if self.is_enough(pin):
            return release_of(lowest(pin))
        if pin.kind is Kind.EXACT:
            return self.serves(pin) or self.release
        return release_of(self.least)


@dataclass(frozen=True, slots=True)
class Declarations:
    """All of a suite, in the order of its files; ``unread`` are files that could not be read."""

    declared: tuple[Declared, ...]
    unread: tuple[FileError, ...]
    aims: Aims

    def of(self, package: str) -> list[Declared]:
        """Those of one package."""
        return [one for one in self.declared if one.pin.package == package]

    def newest(self) -> Release | None:
        """Return the newest release that the editable declarations of pytest-asyncio come to."""
        outcomes = [
            self.aims.outcome(one.pin)
            for one in self.of(PLUGIN)
            if one.pin.kind.editable and not self.aims.hopeless(one.pin)
        ]
        return max(outcomes, key=lambda release: release.series, default=None)


def read_declarations(
    files: Mapping[str, bytes],
    target: Target,
    least: tuple[int, int],
    *,
    is_migrated: bool = False,
) -> Declarations:
    """Return the declarations in the files of a suite; those that declare nothing are passed over.

    Args:
        files: The suite's files.
        target: The oldest pytest-asyncio that the result must run on.
        least: The oldest pytest-asyncio that has all features which the result uses.
        is_migrated: Whether the suite is on 1.x already.
    """
    declared: list[Declared] = []
    unread: list[FileError] = []
    for path in sorted(files):
        if not is_pin_file(path):
            continue
        found = read_pins(path, files[path])
        if not isinstance(found, FileError):
            declared += [Declared(pin, place) for place, pin in enumerate(found)]
        elif not path.endswith(".py"):  # the engine reports Python that cannot be parsed
            unread.append(FileError(path, found.message, found.line))
    aims = Aims.of(target, least, Pythons.of(requires_python(files)), is_migrated=is_migrated)
    return Declarations(tuple(declared), tuple(unread), aims)


def dotted(version: Version) -> str:
    """``1.4`` for ``(1, 4)``."""
    return ".".join(map(str, version))
