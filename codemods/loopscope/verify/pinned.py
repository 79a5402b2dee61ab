"""The pytest and pytest-asyncio that the files of a side ask for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from loopscope.config.declaring_names import is_pin_file
from loopscope.disk import read_regular
from loopscope.frozen import frozen
from loopscope.requirements import Kind, read_pins
from loopscope.requirements.compatibility import RELEASES
from loopscope.requirements.installable import Declared, Installable, project_requirements
from loopscope.types import FileError

# They hold one set of requirements for each of several environments.
_SEVERAL = frozenset({"tox.ini", "tox.toml", "noxfile.py", "hatch.toml"})
_KINDS = (Kind.RANGE, Kind.EXACT, Kind.HASHED, Kind.LOCK)
_VERSION = re.compile(r"\d+(?:\.\d+)*")
# A release of each series, to see whether several declarations admit one in common.
_SERIES = {
    "pytest": (
        "6.2.5", "7.0.1", "7.1.3", "7.2.2", "7.3.2", "7.4.4", "8.0.2", "8.1.2", "8.2.2", "8.3.5",
        "8.4.2", "9.0.0", "9.2.0",
    ),
    "pytest-asyncio": (
        "0.17.2", "0.18.3", "0.19.0", "0.20.3", "0.21.2", "0.22.0", "0.23.8",
        *(release.exact for release in RELEASES),
    ),
}  # fmt: skip


@frozen
class Place:
    """A project and the suite in it; the same folder where the suite is all of it."""

    project: Path
    suite: Path


@frozen
class Pinned:
    """What the files of one side ask for."""

    installable: Installable
    declared: tuple[Declared, ...] = field(default=())

    def specifier(self, package: str) -> str:
        """Return all that is asked of a package, "" where nothing is."""
        return ",".join(sorted(self._asked(package)))

    def places(self, package: str) -> str:
        """Say where that stands."""
        asked = [one for one in self.declared if one.package == package and one.specifier]
        return ", ".join(dict.fromkeys(f"{package}{one.specifier} ({one.path})" for one in asked))

    def admits(self, package: str, bounds: str = "") -> bool:
        """Whether some release is within the bounds and all that is asked."""
        text = ",".join(filter(None, (self.specifier(package), bounds)))
        try:
            wanted = SpecifierSet(text)
        except InvalidSpecifier:
            return False
        candidates = {*_SERIES[package], *_VERSION.findall(text)}
        return any(wanted.contains(one, prereleases=True) for one in candidates)

    def _asked(self, package: str) -> set[str]:
        return {
            clause.strip()
            for one in self.declared
            if one.package == package
            for clause in one.specifier.split(",")
            if clause.strip()
        }


def pinned(place: Place) -> Pinned:
    """Read the requirements of one side."""
    found = project_requirements(place.project, place.suite)
    return Pinned(found, tuple(dict.fromkeys((*found.exchanged, *_elsewhere(place)))))


def _elsewhere(place: Place) -> Iterator[Declared]:
    """Read the other formats: setup.cfg, Poetry, Pipfile, conda, lock files."""
    for folder in dict.fromkeys((place.project, place.suite)):
        for path in sorted(folder.iterdir()):
            real = Path(os.path.realpath(path))
            inside = real.is_relative_to(os.path.realpath(place.project))
            if is_pin_file(path.name) and path.name not in _SEVERAL and inside:
                yield from _pins(path, path.relative_to(place.project).as_posix())


def _pins(path: Path, name: str) -> Iterator[Declared]:
    try:
        pins = read_pins(path.name, read_regular(str(path)))
    except OSError:
        return
    for pin in () if isinstance(pins, FileError) else pins:
        if pin.package in _SERIES and pin.kind in _KINDS and len(pin.versions) == 1 and (
            not pin.marker
        ):  # fmt: skip
            yield Declared(pin.package, pin.versions[0], name)
