"""Declarations of pytest-asyncio and related packages: read, judged, rewritten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import basename

from loopscope.requirements.compatibility import PLUGIN
from loopscope.requirements.file_places import is_pin_file, read_pins, set_pins
from loopscope.requirements.pin import Kind, Pin, PinsError, highest, lowest, padded
from loopscope.types import PROJECT_FILES, FileError

__all__ = [
    "Kind",
    "Pin",
    "PinsError",
    "declares_plugin",
    "is_pin_file",
    "legacy_mode_floor",
    "modern_floor",
    "read_pins",
    "requires_python",
    "set_pins",
]


def requires_python(files: Mapping[str, bytes]) -> Pin | None:
    """Find the declaration of the Pythons that the project supports.

    ``versions`` of the pin are PEP 440 specifiers. Of several files the one nearest the root
    counts; None where nothing is declared or the declaration makes no sense.
    """
    places = [path for path in files if basename(path) in PROJECT_FILES]
    for path in sorted(
        places, key=lambda path: (path.count("/"), PROJECT_FILES.index(basename(path)))
    ):
        for pin in _pins(path, files[path]):
            if pin.package == "python" and pin.kind in (Kind.RANGE, Kind.EXACT):
                return pin
    return None


def declares_plugin(files: Mapping[str, bytes]) -> bool:
    """Whether pytest-asyncio is declared anywhere, in a lock file, too."""
    return any(True for _ in _plugin(files))


def modern_floor(files: Mapping[str, bytes]) -> bool:
    """Whether a declaration (no lock file) rules out pytest-asyncio below 1.0."""
    return any(
        pin.kind is not Kind.LOCK and lowest(pin) >= padded((1, 0)) for pin in _plugin(files)
    )


def legacy_mode_floor(files: Mapping[str, bytes]) -> bool:
    """Whether a declaration or a lock file rules out all from 0.19 on: legacy mode by default."""
    return any(highest(pin) <= padded((0, 19)) for pin in _plugin(files))


def _plugin(files: Mapping[str, bytes]) -> Iterator[Pin]:
    for path, data in files.items():
        if is_pin_file(path):
            yield from (pin for pin in _pins(path, data) if pin.package == PLUGIN)


def _pins(path: str, data: bytes) -> tuple[Pin, ...]:
    pins = read_pins(path, data)
    return () if isinstance(pins, FileError) else pins
