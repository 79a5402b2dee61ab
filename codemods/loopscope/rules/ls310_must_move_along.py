"""LS310: a plugin, a pytest or a Python that the declared pytest-asyncio does not run with.

Every release has its least pytest and Python, and plugins that build on pytest-asyncio break
with 1.0. Whether they can move along is not for a tool to say.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.requirements.compatibility import COMPANIONS, PLUGIN, RELEASES, Release, Version
from loopscope.requirements.pin import Kind, Pin, highest, lowest, padded
from loopscope.rules.context import Rule, action
from loopscope.rules.declarations import Aims, Declarations, dotted
from loopscope.types import Finding


def check(declarations: Declarations) -> Iterator[Finding]:
    for one in declarations.declared:
        if one.pin.package in COMPANIONS:
            yield from _companion(one.pin, declarations.aims)
    yield from _pytest(declarations)
    yield from _pythons(declarations)


def _companion(pin: Pin, aims: Aims) -> Iterator[Finding]:
    known = COMPANIONS[pin.package]
    if aims.least < known.since or pin.kind is Kind.LOCK:
        return
    if known.below is None:
        text = f"{pin.package} {known.reason}: no known release of it can stay"
    elif highest(pin) <= padded(known.below):
        first = dotted(known.below)
        text = f"{pin.package} below {first} {known.reason}: move it to {first} or newer"
    else:
        return
    yield action("LS310", pin.path, pin.line, text)


def _pytest(declarations: Declarations) -> Iterator[Finding]:
    """Find a pytest that is too new for the release to which an exact pin moves."""
    newest = declarations.newest()
    exact = any(one.pin.kind is Kind.EXACT for one in declarations.of(PLUGIN))
    if newest is None or newest.pytest_below is None or not exact:
        return
    below = newest.pytest_below
    for one in declarations.of("pytest"):
        pin = one.pin
        if pin.kind.editable and lowest(pin) >= padded((below,)):  # where it is capped, LS202 acts
            message = f"pytest-asyncio {dotted(newest.series)} runs on pytest below {below} only"
            yield action("LS310", pin.path, pin.line, message)


def _pythons(declarations: Declarations) -> Iterator[Finding]:
    """Report each release that does not run on all supported Pythons."""
    aims = declarations.aims
    seen: set[str] = set()
    for one in declarations.of(PLUGIN):
        pin = one.pin
        if not pin.kind.editable:
            continue
        release = aims.outcome(pin)
        missed = aims.pythons.missed(pin.marker, release.python)
        if not missed and aims.hopeless(pin):
            missed = aims.pythons.named_by(pin.marker)
        message = _python_message(release, missed, aims) if missed else ""
        if message and message not in seen:
            seen.add(message)
            yield action("LS310", pin.path, pin.line, message)


def _python_message(release: Release, missed: tuple[Version, ...], aims: Aims) -> str:
    names = ", ".join(map(dotted, missed))
    oldest = dotted(release.python)
    text = (
        f"pytest-asyncio {dotted(release.series)} needs Python {oldest}, but {names} "
        f"{'is' if len(missed) == 1 else 'are'} supported here: drop {names}, or run the tests "
        f'on Python {oldest} and newer only (python_version >= "{oldest}")'
    )
    older = [one for one in RELEASES if one.series < release.series and one.python <= missed[0]]
    return f"{text}, or migrate with --target {dotted(older[-1].series)}" if older else text


RULE = Rule(
    "LS310",
    "must-move-along",
    "a plugin, a pin or a supported Python that the new pytest-asyncio does not run with",
    "1.0",
    check_declarations=check,
)
