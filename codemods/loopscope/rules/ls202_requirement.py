"""LS202: the declared pytest-asyncio is one that the migrated suite runs on.

Ranges get the least version that the result needs as their lower bound, exact pins move to
the target's release, and a pytest that is capped below what that needs is raised with it.
What cannot be edited here (lock files, hashes, repositories) is a finding. LS310 says where
the supported Pythons, pytest or another plugin stand in the way.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.requirements.compatibility import PLUGIN, PYTEST_EXACT, Release
from loopscope.requirements.pin import (
    Kind,
    Pin,
    highest,
    numbers,
    padded,
    raised,
    repinned,
)
from loopscope.rewriting.edits import RequirementEdit
from loopscope.rules.context import Rule, action
from loopscope.rules.declarations import Aims, Declarations, Declared, dotted
from loopscope.types import Finding


def check(declarations: Declarations) -> Iterator[RequirementEdit | Finding]:
    for error in declarations.unread:
        message = f"its requirements are unread: {error.message}"
        yield action("LS202", error.path, error.line, message)
    for one in declarations.of(PLUGIN):
        yield from _plugin(one, declarations.aims)
    newest = declarations.newest()
    if newest is None:
        return
    for one in declarations.of("pytest"):
        if one.pin.kind.editable and highest(one.pin) <= padded(newest.pytest):
            yield _edit(one, _newer_pytest(one.pin, newest, declarations.aims), _needs(newest))


def _edit(declared: Declared, new: str, reason: str) -> RequirementEdit:
    pin = declared.pin
    old = f"{pin.package}{_told(pin.specifier)}"
    message = f"{old} becomes {pin.package}{_told(new)}: {reason}"
    return RequirementEdit(
        "LS202", pin.path, pin.line, pin.package, declared.ordinal, pin.specifier, new, message
    )


def _told(specifier: str) -> str:
    text = specifier.strip()
    return f" {text}" if text[:1].isalnum() or text == "*" else text


def _plugin(declared: Declared, aims: Aims) -> Iterator[RequirementEdit | Finding]:
    pin = declared.pin
    if aims.is_enough(pin):
        return
    if not pin.kind.editable:
        yield from _by_hand(pin, aims)
    elif aims.hopeless(pin):
        return  # LS310 says so
    elif pin.kind is Kind.EXACT:
        release = aims.serves(pin) or aims.release
        yield _edit(declared, repinned(pin, release.exact), "the release that the suite moves to")
    else:
        new = raised(pin, aims.floor, aims.top)
        yield _edit(declared, new, f"older releases lack what the suite uses ({aims.floor})")


def _by_hand(pin: Pin, aims: Aims) -> Iterator[Finding]:
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
    yield action("LS202", pin.path, pin.line, f"pytest-asyncio: {text}")


def _newer_pytest(pin: Pin, release: Release, aims: Aims) -> str:
    exact = PYTEST_EXACT[release.pytest]
    if pin.kind is Kind.EXACT:
        return repinned(pin, exact)
    below = aims.release.pytest_below
    cap = f"<{below}" if below == 9 else ""
    return raised(pin, dotted(release.pytest), numbers(exact), cap)


def _needs(release: Release) -> str:
    return f"pytest-asyncio {dotted(release.series)} needs pytest {dotted(release.pytest)}"


RULE = Rule(
    "LS202",
    "requirement",
    "the declared pytest-asyncio is one that the suite runs on",
    "1.0",
    check_declarations=check,
)
