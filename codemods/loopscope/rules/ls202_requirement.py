"""LS202: the declared pytest-asyncio is one that the migrated suite runs on.

Ranges get the least version that the result needs as their lower bound, exact pins move to
the target's release, and a pytest that is capped below what that needs is raised with it.
What cannot be edited here (lock files, hashes, repositories) is a finding. LS310 says where
the supported Pythons, pytest or another plugin stand in the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loopscope.requirements import is_pin_file, read_pins, requires_python
from loopscope.requirements.compatibility import (
    COMPANIONS,
    PLUGIN,
    PYTEST_EXACT,
    RELEASES,
    Release,
    Version,
    release_of,
)
from loopscope.requirements.pin import Kind, Pin
from loopscope.requirements.specifiers import (
    Pythons,
    highest,
    lowest,
    numbers,
    padded,
    raised,
    repinned,
)
from loopscope.rewriting.edits import RequirementEdit
from loopscope.rules.context import Rule, RuleContext, RuleResult, action
from loopscope.types import FileError, Finding, Target

CODE = "LS202"


@dataclass(frozen=True, slots=True)
class _Declared:
    """A pin, and its place in its file."""

    pin: Pin
    ordinal: int

    def edit(self, new: str, reason: str) -> RequirementEdit:
        pin = self.pin
        old = f"{pin.package}{_told(pin.specifier)}"
        message = f"{old} becomes {pin.package}{_told(new)}: {reason}"
        return RequirementEdit(
            CODE, pin.path, pin.line, pin.package, self.ordinal, pin.specifier, new, message
        )


def check_requirement(
    files: Mapping[str, bytes], target: Target, least: tuple[int, int], uses_plugin: bool
) -> Iterator[RequirementEdit | Finding]:
    """What the declarations of a suite need; nothing where pytest-asyncio is not declared.

    Args:
        files: The suite's files; those that declare no requirements are passed over.
        target: The oldest pytest-asyncio that the result must run on.
        least: The oldest pytest-asyncio that has all features which the result uses.
        uses_plugin: Whether the suite uses pytest-asyncio at all.
    """
    if not uses_plugin:
        return
    declared: list[_Declared] = []
    for path in sorted(files):
        if not is_pin_file(path):
            continue
        found = read_pins(path, files[path])
        if not isinstance(found, FileError):
            declared += [_Declared(pin, place) for place, pin in enumerate(found)]
        elif not path.endswith(".py"):  # the engine reports Python that cannot be parsed
            yield action(CODE, path, found.line, f"its requirements are unread: {found.message}")
    aims = _Aims.of(target, least, Pythons.of(requires_python(files)))
    for one in declared:
        if one.pin.package == PLUGIN:
            yield from _plugin(one, aims)
        elif one.pin.package in COMPANIONS:
            yield from _companion(one.pin, aims)
    yield from _pytest(declared, aims)
    yield from _pythons(declared, aims)


@dataclass(frozen=True, slots=True)
class _Aims:
    """What the declarations shall come to."""

    least: tuple[int, int]
    release: Release  # the target's
    pythons: Pythons

    @classmethod
    def of(cls, target: Target, least: tuple[int, int], pythons: Pythons) -> _Aims:
        series = (target.major, target.minor)
        floor = (1, 0) if target.has(1, 0) else RELEASES[0].series
        return cls(min(max(least, floor), series), release_of(series), pythons)

    @property
    def floor(self) -> str:
        return ".".join(map(str, self.least))

    def candidates(self) -> list[Release]:
        """The releases that the result runs on, up to the target, newest first."""
        return [
            one for one in reversed(RELEASES) if self.least <= one.series <= self.release.series
        ]

    def serves(self, pin: Pin) -> Release | None:
        """The release that an exact pin moves to.

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
        """The oldest release that pip may choose once the pin has been dealt with."""
        if lowest(pin) >= padded(self.least):
            return release_of(lowest(pin))
        if pin.kind is Kind.EXACT:
            return self.serves(pin) or self.release
        return release_of(self.least)


def _told(specifier: str) -> str:
    text = specifier.strip()
    return f" {text}" if text[:1].isalnum() or text == "*" else text


# -- pytest-asyncio ---------------------------------------------------------------------


def _plugin(declared: _Declared, aims: _Aims) -> Iterator[RequirementEdit | Finding]:
    pin = declared.pin
    if lowest(pin) >= padded(aims.least):
        return
    if not pin.kind.editable:
        yield from _by_hand(pin, aims)
    elif aims.hopeless(pin):
        return  # LS310 says so
    elif pin.kind is Kind.EXACT:
        release = aims.serves(pin) or aims.release
        yield declared.edit(repinned(pin, release.exact), "the release that the suite moves to")
    else:
        new = raised(pin, aims.floor, numbers(aims.release.exact))
        yield declared.edit(new, f"older releases lack what the suite uses ({aims.floor})")


def _by_hand(pin: Pin, aims: _Aims) -> Iterator[Finding]:
    wanted = f"pytest-asyncio>={aims.floor}"
    if pin.kind is Kind.LOCK:
        text = f"locked at {pin.specifier.lstrip('=')}; lock it again with {wanted}"
    elif pin.kind is Kind.HASHED:
        text = f"pinned with hashes; write {wanted} (or its exact version) and hash it again"
    elif pin.kind is Kind.VCS:
        tag = "." in pin.specifier and numbers(pin.specifier)
        if not pin.specifier or (tag and tag >= aims.least):
            return  # the newest, or a tag that is new enough
        text = f"pinned to revision {pin.specifier} of its repository; move it to {wanted}"
    elif pin.kind is Kind.URL:
        text = f"pinned to {pin.specifier}; move it to {wanted}"
    else:
        text = f"this declaration is not understood; make it {wanted} by hand"
    yield action(CODE, pin.path, pin.line, f"pytest-asyncio: {text}")


# -- what goes with it ------------------------------------------------------------------


def _pytest(declared: list[_Declared], aims: _Aims) -> Iterator[RequirementEdit | Finding]:
    outcomes = [
        aims.outcome(one.pin)
        for one in declared
        if one.pin.package == PLUGIN and one.pin.kind.editable and not aims.hopeless(one.pin)
    ]
    if not outcomes:
        return
    newest = max(outcomes, key=lambda release: release.series)
    exact = any(one.pin.package == PLUGIN and one.pin.kind is Kind.EXACT for one in declared)
    for one in declared:
        pin = one.pin
        if pin.package != "pytest" or not pin.kind.editable:
            continue
        below = newest.pytest_below
        if highest(pin) <= padded(newest.pytest):
            yield one.edit(_newer_pytest(pin, newest, aims), _needs(newest))
        elif exact and below is not None and lowest(pin) >= padded((below,)):
            message = f"pytest-asyncio {_dotted(newest.series)} runs on pytest below {below} only"
            yield action("LS310", pin.path, pin.line, message)


def _newer_pytest(pin: Pin, release: Release, aims: _Aims) -> str:
    exact = PYTEST_EXACT[release.pytest]
    if pin.kind is Kind.EXACT:
        return repinned(pin, exact)
    below = aims.release.pytest_below
    cap = f"<{below}" if below == 9 else ""
    return raised(pin, _dotted(release.pytest), numbers(exact), cap)


def _needs(release: Release) -> str:
    return f"pytest-asyncio {_dotted(release.series)} needs pytest {_dotted(release.pytest)}"


def _companion(pin: Pin, aims: _Aims) -> Iterator[Finding]:
    known = COMPANIONS[pin.package]
    if aims.least < known.since or pin.kind is Kind.LOCK:
        return
    if known.below is None:
        text = f"{pin.package} {known.reason}: no known release of it can stay"
    elif highest(pin) <= padded(known.below):
        first = _dotted(known.below)
        text = f"{pin.package} below {first} {known.reason}: move it to {first} or newer"
    else:
        return
    yield action("LS310", pin.path, pin.line, text)


# -- Python -----------------------------------------------------------------------------


def _pythons(declared: list[_Declared], aims: _Aims) -> Iterator[Finding]:
    """One finding for each release that does not run on all supported Pythons."""
    seen: set[str] = set()
    for one in declared:
        pin = one.pin
        if pin.package != PLUGIN or not pin.kind.editable:
            continue
        release = aims.outcome(pin)
        missed = aims.pythons.missed(pin.marker, release.python)
        if not missed and aims.hopeless(pin):
            missed = aims.pythons.named_by(pin.marker)
        message = _python_message(release, missed, aims) if missed else ""
        if message and message not in seen:
            seen.add(message)
            yield action("LS310", pin.path, pin.line, message)


def _python_message(release: Release, missed: tuple[Version, ...], aims: _Aims) -> str:
    names = ", ".join(map(_dotted, missed))
    oldest = _dotted(release.python)
    text = (
        f"pytest-asyncio {_dotted(release.series)} needs Python {oldest}, but {names} "
        f"{'is' if len(missed) == 1 else 'are'} supported here: drop {names}, or run the tests "
        f'on Python {oldest} and newer only (python_version >= "{oldest}")'
    )
    older = [one for one in RELEASES if one.series < release.series and one.python <= missed[0]]
    return f"{text}, or migrate with --target {_dotted(older[-1].series)}" if older else text


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))


def check(context: RuleContext) -> Iterator[RuleResult]:
    """Nothing yet: the engine calls ``check_requirement`` once all other edits are known."""
    yield from ()


RULE = Rule(
    CODE,
    "requirement",
    "the declared pytest-asyncio is one that the suite runs on",
    "1.0",
    check,
)
