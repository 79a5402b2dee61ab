"""Declarations of pytest-asyncio and related packages: read, judged, rewritten.

They are also the evidence for the pytest-asyncio that a suite runs on now.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from posixpath import basename

from loopscope.config.declaring_names import is_pin_file
from loopscope.config.formats import FormatError
from loopscope.frozen import frozen
from loopscope.python_source.source import Source, SourceError, encode
from loopscope.python_source.source import decode as decode_python
from loopscope.requirements.compatibility import PLUGIN, RELEASES, WITH_EVENT_LOOP, Version
from loopscope.requirements.pin import Kind, Pin, PinsError, highest, lowest, padded
from loopscope.requirements.places import Reader, reader_of
from loopscope.requirements.source_text import SourceText
from loopscope.requirements.stale_comments import stale_comments
from loopscope.timeouts import OutOfTime, time_limit, took_too_long
from loopscope.types import PROJECT_FILES, FileError

Series = tuple[int, int]
NEWEST: Series = RELEASES[-1].series


@frozen
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
    locks = [_evidence(pin) for pin in pins if pin.kind is Kind.LOCK]
    found = max(map(_evidence, declared), key=lambda one: one.oldest, default=Evidence())
    lock = max(locks, key=lambda one: one.oldest, default=None)
    if lock is None:
        return found
    chosen = found if found.modern or found.newest < (1, 0) else lock
    return replace(chosen, locked=lock.oldest)


def _evidence(pin: Pin) -> Evidence:
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


__all__ = [
    "Kind",
    "Pin",
    "PinsError",
    "declares_plugin",
    "installed",
    "legacy_mode_floor",
    "read_pins",
    "requires_python",
    "set_pins",
    "text_of",
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


def other_event_loop(files: Mapping[str, bytes]) -> Pin | None:
    """Find the declaration of another plugin with an ``event_loop``; a lock file is none."""
    for path in sorted(files):
        if is_pin_file(path) and _OTHERS.search(files[path]):
            for pin in _pins(path, files[path]):
                if pin.package in WITH_EVENT_LOOP and pin.kind is not Kind.LOCK:
                    return pin
    return None


def installed(files: Mapping[str, bytes]) -> Evidence:
    """Return the releases of pytest-asyncio that the suite may run on, by its declarations."""
    return evidence_of(tuple(_plugin(files)))


def legacy_mode_floor(files: Mapping[str, bytes]) -> bool:
    """Whether a declaration or a lock file rules out all from 0.19 on: legacy mode by default."""
    return any(highest(pin) <= padded((0, 19)) for pin in _plugin(files))


def _plugin(files: Mapping[str, bytes]) -> Iterator[Pin]:
    for path, data in files.items():
        if is_pin_file(path) and _NAMED.search(data):
            yield from (pin for pin in _pins(path, data) if pin.package == PLUGIN)


def _pins(path: str, data: bytes) -> tuple[Pin, ...]:
    pins = read_pins(path, data)
    return () if isinstance(pins, FileError) else pins


_PATIENCE = 5.0  # seconds for one file: a hundred times what a large one takes
# UTF-16 holds NULs.
_NAMED = re.compile(rb"asyncio|\0", re.IGNORECASE)
_OTHERS = re.compile(rb"aiomisc|qasync|\0", re.IGNORECASE)
_MENTION = re.compile(rb"pytest|aresponses|aiohttp|aiomisc|python|\0", re.IGNORECASE)


def read_pins(path: str, data: bytes) -> tuple[Pin, ...] | FileError:
    """Find the declarations of pytest-asyncio, pytest and plugins that must move along.

    The package ``python`` stands for the Pythons that a project supports. The pins come in
    the order of the file; their number in it is what ``set_pins`` calls them by.

    Args:
        path: Relative, with forward slashes; its name decides the format. Nothing is found
            in a file of another name.
        data: The contents.
    """
    reader = reader_of(path)
    if reader is None or not _MENTION.search(data):
        return ()
    try:
        with time_limit(_PATIENCE):
            return _read(reader, path, _decode(path, data).text)
    except (RecursionError, MemoryError):
        return FileError(path, "too deeply nested to be read")
    except OutOfTime:
        return FileError(path, took_too_long(_PATIENCE))
    except FormatError as error:
        return FileError(path, str(error), error.line)
    except SourceError as error:
        return FileError(path, error.message, error.line)


def set_pins(path: str, data: bytes, wanted: Mapping[int, str]) -> bytes:
    """Give declarations other specifiers; comments that explain the old ones go with them.

    Every other byte stays.

    Args:
        path: As for ``read_pins``.
        data: The contents.
        wanted: The new specifier, as the file shall say it, by the pin's place in what
            ``read_pins`` returns.

    Raises:
        PinsError: The file cannot be read, or would not say just that afterwards.
    """
    pins = read_pins(path, data)
    if isinstance(pins, FileError):
        raise PinsError(f"{path}: {pins.message}")
    try:
        source = _decode(path, data)
        text = source.text
        wanted = {
            place: new if pins[place].specifier else spaced_like(text, new)
            for place, new in wanted.items()
        }
        gone = {span for place in wanted for span in stale_comments(text, pins[place]).spans}
        pieces = dict.fromkeys(gone, "")
        for place in wanted:
            if not pins[place].kind.editable:
                raise PinsError(f"{path}:{pins[place].line}: no specifier that can be written")
            pieces[pins[place].start, pins[place].end] = wanted[place]
        for (start, end), new in sorted(pieces.items(), reverse=True):
            text = text[:start] + new + text[end:]
        after = encode(source, text)
    except (SourceError, IndexError) as error:
        raise PinsError(f"{path}: {error}") from error
    again = read_pins(path, after)
    expected = [
        replace(
            _said(pin, wanted.get(place)), line=pin.line - _lines_above(pin, source.text, gone)
        )
        for place, pin in enumerate(pins)
    ]
    if isinstance(again, FileError) or [_said(pin) for pin in again] != expected:
        raise PinsError(f"{path}: these requirements cannot be written there")
    return after


def text_of(path: str, data: bytes) -> str:
    """Return the text of a file that ``read_pins`` could read."""
    return _decode(path, data).text


def _read(reader: Reader, path: str, text: str) -> tuple[Pin, ...]:
    return tuple(sorted(reader(SourceText(path, text)), key=lambda pin: pin.start))


def _lines_above(pin: Pin, text: str, gone: Iterable[tuple[int, int]]) -> int:
    return sum(text.count("\n", *span) for span in gone if span[1] <= pin.start)


def _said(pin: Pin, specifier: str | None = None) -> Pin:
    """Return the parts of a pin that an edit of the specifier must keep."""
    kind = Kind.RANGE if pin.kind.editable else pin.kind
    said = pin.specifier if specifier is None else specifier.strip()
    return replace(pin, specifier=said, versions=(), kind=kind)


def _decode(path: str, data: bytes) -> Source:
    """Decode the text of the file.

    Raises:
        SourceError: It is Python in an encoding that cannot be read.
    """
    if path.endswith(".py"):
        return decode_python(data)
    for encoding in ("utf-8", "utf-16"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text.encode(encoding) == data:
            return Source(text, encoding, False, "\n")
    return Source(data.decode("latin-1"), "latin-1", False, "\n")  # any bytes, and back


_VERSION = re.compile(r"[\w\]]([ \t]*)(?:===|[<>=~!]=|[<>])([ \t]*)\d")
_OPERATOR = re.compile(r"===|[<>=~!]=|[<>^~]")


@functools.lru_cache(maxsize=8)
def _style_of(text: str) -> tuple[str, str] | None:
    styles = Counter((found[1], found[2]) for found in _VERSION.finditer(text))
    return styles.most_common(1)[0][0] if styles else None


def spaced_like(text: str, specifier: str) -> str:
    """Space a specifier that stands where none stood as most in the text are, in front, too."""
    style, operator = _style_of(text), _OPERATOR.match(specifier)
    if style is None or not operator:
        return specifier
    before, after = style
    return f"{before}{operator[0]}{after}{specifier[operator.end() :].lstrip()}"
