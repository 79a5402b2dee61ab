"""The declarations of pytest-asyncio and what goes with it, as LS202 and LS310 see them.

The pipeline reads them once all edits are known: they say which pytest-asyncio is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from posixpath import dirname

from loopscope.config.declaring_names import is_pin_file
from loopscope.config.entry_points import plugin_entry_points
from loopscope.frozen import frozen
from loopscope.requirements import read_pins, requires_python, text_of
from loopscope.requirements.compatibility import (
    COMPANIONS,
    PLUGIN,
    RELEASES,
    Release,
    Version,
    release_of,
)
from loopscope.requirements.installed_together import Installations, Share, is_limit
from loopscope.requirements.pin import Kind, Pin, Pythons, highest, lowest, numbers, padded
from loopscope.requirements.pythons import DeclaredPythons, project_pythons
from loopscope.requirements.tox import own_names, read_tox
from loopscope.types import FileError, Target

# What the users of a package get, too.
_AT_RUN_TIME = frozenset(
    {"project.dependencies", "options.install_requires", "install_requires",
     "tool.poetry.dependencies", "tool.flit.metadata.requires"}
)  # fmt: skip


@frozen
class Need:
    """The oldest pytest-asyncio that has all which the result uses, and what needs it.

    Without ``raises`` nothing is changed that would need it: the declarations stay, and only
    what does not go together is said. A suite that ``stays`` is on 1.x already: it keeps the
    release that it has, where that will do. ``held`` is where a pytest plugin of the project's own
    goes by ``event_loop``: an upper bound below 1.0 stays for that.
    """

    version: tuple[int, int]
    reason: str = ""
    raises: bool = True
    stays: bool = False
    held: str = ""


@frozen
class Declared:
    """A pin, and its place in its file."""

    pin: Pin
    ordinal: int


@frozen
class Aims:
    """The releases that the declarations should admit.

    ``raises``, ``stays`` and ``held`` are those of ``Need``.
    """

    least: tuple[int, int]
    reason: str
    raises: bool
    release: Release  # the target's
    named: bool  # the target was asked for by name
    pythons: Pythons
    installations: Installations
    stays: bool = False
    held: str = ""

    @property
    def top(self) -> Version:
        """A release that every range must admit: upper bounds below it go."""
        return padded(self.least) if self.stays else numbers(self.release.exact)

    def is_enough(self, pin: Pin) -> bool:
        """Whether the declaration may stay; one without a version gives a migrated suite 1.x."""
        if self.stays and pin.kind is Kind.ANY and self.least <= (1, 0):
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

        That is the newest which misses the fewest of the Pythons where it is installed; the
        target's own where that was named, unless a marker keeps the pin for some Pythons. None
        where nothing that the result needs runs on any.
        """
        if self.hopeless(pin):
            return None
        if self.named and not pin.marker:
            return self.release
        return min(
            self.candidates(), key=lambda one: len(self.missed(pin, one)), default=self.release
        )

    def missed(self, pin: Pin, release: Release) -> tuple[Version, ...]:
        """Return the Pythons where the pin is installed and that the release does not run on."""
        return self._where(pin).missed(pin.marker, release.python)

    def hopeless(self, pin: Pin) -> bool:
        """Whether the pin is only installed on Pythons that nothing suitable runs on."""
        oldest = release_of(self.least).python
        told = self.installations.pythons(pin)
        if told is not None and all(version < oldest for version in told):
            return True
        return bool(pin.marker) and self._where(pin).all_missed(pin.marker, oldest)

    def outcome(self, pin: Pin) -> Release:
        """Return the oldest release that pip may choose after the edit of the pin."""
        return release_of(self.lowest_after(pin))

    def lowest_after(self, pin: Pin) -> Version:
        """Return the oldest version that the declaration admits once it is right."""
        if self.is_enough(pin) or not self.raises:
            return lowest(pin)
        if pin.kind is Kind.EXACT:
            return padded(numbers((self.serves(pin) or self.release).exact))
        return padded(self.least)

    def _where(self, pin: Pin) -> Pythons:
        told = self.installations.pythons(pin)
        return self.pythons if told is None else Pythons(told)


@dataclass(eq=False)  # without slots, so that what is asked again and again is kept
class Declarations:
    """All of a suite, in the order of its files; ``unread`` are files that could not be read."""

    declared: tuple[Declared, ...]
    unread: tuple[FileError, ...]
    aims: Aims
    pythons: tuple[DeclaredPythons, ...]
    plugin_project: bool  # the project is a pytest plugin itself
    texts: Mapping[str, str]

    def of(self, package: str) -> list[Declared]:
        """Those of one package."""
        return [one for one in self.declared if one.pin.package == package]

    @cached_property
    def outcomes(self) -> dict[Pin, Release]:
        """Return what each declaration of pytest-asyncio that can be edited comes to."""
        return {
            one.pin: self.aims.outcome(one.pin)
            for one in self.of(PLUGIN)
            if one.pin.kind.editable
            and not self.aims.hopeless(one.pin)
            and self.aims.lowest_after(one.pin) >= padded(RELEASES[0].series)
        }

    @cached_property
    def moved(self) -> dict[Pin, Release]:
        """Return the release that each exact pin of pytest-asyncio moves to."""
        return {
            pin: release
            for pin, release in self.outcomes.items()
            if pin.kind is Kind.EXACT
            and not self.aims.is_enough(pin)
            and not self.is_for_users(pin)
        }

    @cached_property
    def newest(self) -> Release | None:
        """Return the newest release that the editable declarations of pytest-asyncio come to."""
        return max(self.outcomes.values(), key=lambda release: release.series, default=None)

    def oldest_after(self) -> str:
        """Return the lowest bound among the declarations, "" where one admits what is too old."""
        found = [
            (self.aims.lowest_after(one.pin), one.pin.kind)
            for one in self.of(PLUGIN)
            if one.pin.kind.editable and not self.aims.hopeless(one.pin)
        ]
        version, kind = min(found, key=lambda one: one[0], default=((), Kind.ANY))
        enough = bool(version) and version >= padded(self.aims.least)
        return _bound(version, kind) if enough else ""

    def is_too_old(self, pin: Pin) -> bool:
        """Whether a plugin does not go with the pytest-asyncio that is declared, or is written."""
        known = COMPANIONS.get(pin.package)
        if known is None or pin.kind is Kind.LOCK:
            return False
        if known.below is None and is_limit(pin):
            return False
        newest = self.newest
        least = self.aims.least if self.aims.raises or newest is None else newest.series
        old = known.below is None or highest(pin) <= padded(known.below)
        return (
            least >= known.since and old and self.aims.installations.share(pin) is not Share.NONE
        )

    def is_raised_along(self, pin: Pin) -> bool:
        """Whether such a plugin is raised: a release is known to run, nothing speaks against."""
        return (
            self.aims.raises
            and pin.kind.editable
            and self.is_too_old(pin)
            and bool(COMPANIONS[pin.package].exact)
            and self.stands_in_the_way(pin) is None
            and not self.is_for_users(pin)
            and not self.aims.installations.condition(pin)
            and self.aims.installations.share(pin) is Share.ALL
        )

    def stands_in_the_way(self, pin: Pin) -> Pin | None:
        """Return a declaration that admits nothing of what a plugin needs once it is raised."""
        needs = COMPANIONS[pin.package].needs
        capped = (
            one.pin
            for package, version in needs
            for one in self.of(package)
            if highest(one.pin) <= padded(version)
            and self.aims.installations.share(one.pin) is not Share.NONE
        )
        return next(capped, None)

    def is_for_users(self, pin: Pin) -> bool:
        """Whether a pytest plugin declares here what its users get."""
        return self.plugin_project and pin.where in _AT_RUN_TIME

    def wanted_lock(self, lock: Pin) -> tuple[Version, str]:
        """Return the oldest release that a lock should hold, and what to lock again with."""
        least = padded(self.aims.least)
        pins = [one.pin for one in self.of(PLUGIN) if one.pin.kind.editable]
        near = [pin for pin in pins if dirname(pin.path) == dirname(lock.path)] or pins
        near = [pin for pin in near if not self.aims.hopeless(pin)]
        after = [(self.aims.lowest_after(pin), pin.kind) for pin in near]
        found = [(version, kind) for version, kind in after if version >= least]
        choose = min if any(pin.marker for pin in near) else max
        version, kind = choose(found, key=lambda one: one[0], default=(least, Kind.RANGE))
        return version, _bound(version, kind)


def read_declarations(
    files: Mapping[str, bytes],
    target: Target,
    need: Need,
    *,
    named: bool = True,
    projects: Collection[str] = (),
) -> Declarations:
    """Return the declarations in the files of a suite; those that declare nothing are passed over.

    Args:
        files: The suite's files.
        target: The oldest pytest-asyncio that the result must run on.
        need: The oldest pytest-asyncio that has all features which the result uses.
        named: Whether the user asked for that target.
        projects: The folders of other suites below.
    """
    declared: list[Declared] = []
    unread: list[FileError] = []
    texts: dict[str, str] = {}
    for path in sorted(files):
        if not is_pin_file(path):
            continue
        found = read_pins(path, files[path])
        if not isinstance(found, FileError):
            declared += [Declared(pin, place) for place, pin in enumerate(found)]
            texts[path] = text_of(path, files[path])
        elif not path.endswith(".py"):  # the engine reports Python that cannot be parsed
            unread.append(FileError(path, found.message, found.line))
    own = own_names(texts)
    tox = {path: one for path, text in texts.items() if (one := read_tox(path, text, own))}
    required = requires_python(files)
    pythons = project_pythons(texts, required, tox, projects)
    installations = Installations(texts, (one.pin for one in declared), tox)
    return Declarations(
        tuple(declared),
        tuple(unread),
        _aims(target, need, _supported(required, pythons), installations, named=named),
        pythons,
        bool(plugin_entry_points(files)),
        texts,
    )


def _aims(
    target: Target, need: Need, pythons: Pythons, installations: Installations, *, named: bool
) -> Aims:
    series = (target.major, target.minor)
    floor = (1, 0) if target.has(1, 0) and not need.stays else RELEASES[0].series
    least = min(max(need.version, floor), series) if need.raises else need.version
    reason = need.reason or f"older releases lack what the suite uses ({dotted(least)})"
    release = release_of(series)
    stays, held = need.stays, need.held
    return Aims(least, reason, need.raises, release, named, pythons, installations, stays, held)


def _supported(required: Pin | None, places: tuple[DeclaredPythons, ...]) -> Pythons:
    """Return the Pythons of the project: what it requires, else all that it is run on."""
    if required is not None:
        return Pythons.of(required)
    versions = {version for place in places for version in place.versions}
    return Pythons(tuple(sorted(versions)) if versions else None)


def _bound(version: Version, kind: Kind) -> str:
    size = 3 if kind is Kind.EXACT or version[2] else 2
    return ("==" if kind is Kind.EXACT else ">=") + dotted(version[:size])


def dotted(version: Version) -> str:
    """``1.4`` for ``(1, 4)``."""
    return ".".join(map(str, version))
