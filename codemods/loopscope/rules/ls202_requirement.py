"""LS202: the declared pytest-asyncio is one that the migrated suite runs on.

Ranges get the least version that the result needs as their lower bound, exact pins move to
the target's release, and a pytest that is capped below what that needs is raised with it.
What cannot be edited here (lock files, hashes, repositories) is a finding. LS310 says where
the supported Pythons, pytest or another plugin stand in the way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from loopscope.requirements.compatibility import COMPANIONS, PLUGIN, PYTEST_EXACT, Release
from loopscope.requirements.installed_together import Share
from loopscope.requirements.pin import (
    Kind,
    Pin,
    highest,
    lowest,
    numbers,
    padded,
    raised,
    repinned,
)
from loopscope.requirements.stale_comments import stale_comments
from loopscope.rewriting.edits import RequirementEdit
from loopscope.rules.context import Rule, action, note
from loopscope.rules.declarations import Aims, Declarations, Declared, dotted
from loopscope.types import Finding


def check(declarations: Declarations) -> Iterator[RequirementEdit | Finding]:
    for error in declarations.unread:
        message = f"its requirements are unread: {error.message}"
        yield action("LS202", error.path, error.line, message)
    for one in declarations.of(PLUGIN):
        yield from _plugin(one, declarations)
    for one in declarations.declared:
        if declarations.is_raised_along(one.pin):
            yield from _companion(one, declarations)
    newest = declarations.newest
    if newest is None:
        return
    for one in declarations.of("pytest"):
        if one.pin.kind.editable and highest(one.pin) <= padded(newest.pytest):
            yield from _pytest(one, newest, declarations)


def _pytest(
    one: Declared, newest: Release, declarations: Declarations
) -> Iterator[RequirementEdit | Finding]:
    """Raise a pytest that is capped where pytest-asyncio is installed; never one under factors."""
    pin, aims = one.pin, declarations.aims
    share = aims.installations.share(pin)
    if share is Share.NONE:
        return
    factors = aims.installations.condition(pin)
    if factors or share is Share.SOME:
        where = f"environments with {factors}" if factors else "several environments"
        yield action(
            "LS202",
            pin.path,
            pin.line,
            f"pytest{_told(pin.specifier)} is installed in {where}, but {_needs(newest)}: raise it"
            " for those that install pytest-asyncio, or leave pytest-asyncio out of them",
        )
    elif declarations.is_for_users(pin):
        yield action("LS202", pin.path, pin.line, _for_users(pin, _needs(newest)))
    elif aims.raises:
        yield from _edit(one, declarations, _newer_pytest(pin, newest, aims), _needs(newest))


def _companion(one: Declared, declarations: Declarations) -> Iterator[RequirementEdit | Finding]:
    pin, known = one.pin, COMPANIONS[one.pin.package]
    floor = dotted(known.below or ())
    if pin.kind is Kind.EXACT:
        new = repinned(pin, known.exact)
    else:
        new = raised(pin, floor, numbers(known.exact))
    yield from _edit(one, declarations, new, f"below {floor} it {known.reason}")


def _edit(
    declared: Declared, declarations: Declarations, new: str, reason: str
) -> Iterator[RequirementEdit | Finding]:
    """Raise a declaration; the comment that explains its old version goes, or is named."""
    pin = declared.pin
    old = f"{pin.package}{_told(pin.specifier)}"
    comments = stale_comments(declarations.texts[pin.path], pin)
    goes = "; the comment on the old version goes" if comments.spans else ""
    message = f"{old} becomes {pin.package}{_told(new)}: {reason}{goes}"
    yield RequirementEdit(
        "LS202", pin.path, pin.line, pin.package, declared.ordinal, pin.specifier, new, message
    )
    if comments.doubtful:
        text = f"{comments.doubtful!r} was written beside {old}: delete it if it is not true now"
        yield note("LS202", pin.path, pin.line, text)


def _told(specifier: str) -> str:
    text = re.sub(r"(?<=[=<>~!^,])\s+|(?<!\s)\s+(?=,)", "", specifier.strip())
    return f" {text}" if text[:1].isalnum() or text == "*" else text


def _plugin(declared: Declared, declarations: Declarations) -> Iterator[RequirementEdit | Finding]:
    pin, aims = declared.pin, declarations.aims
    if pin.kind is Kind.LOCK:
        yield from _lock(pin, declarations)
        return
    if aims.held and pin.kind.editable and highest(pin) <= padded((1, 0)):
        held = (
            f"pytest-asyncio{_told(pin.specifier)} stays, and so do the tests: the pytest plugin"
            f" of this project goes by event_loop ({aims.held}), which pytest-asyncio 1.0 dropped."
            " Change that, and run loopscope again"
        )
        yield action("LS202", pin.path, pin.line, held)
        return
    if aims.is_enough(pin):
        return
    if not pin.kind.editable:
        yield from _by_hand(pin, aims)
    elif aims.hopeless(pin):
        return  # LS310 says so
    elif declarations.is_for_users(pin):
        if highest(pin) <= padded(aims.least):
            yield action("LS202", pin.path, pin.line, _for_users(pin, aims.reason))
        elif aims.raises and not any(
            one.pin.kind.editable and not declarations.is_for_users(one.pin)
            for one in declarations.of(PLUGIN)
        ):
            wanted = f"declare pytest-asyncio>={aims.floor} for the tests of this project"
            message = f"{wanted}: what stands here is for its users, and stays ({aims.reason})"
            yield action("LS202", pin.path, pin.line, message)
    elif not aims.raises:
        return
    elif pin.kind is Kind.EXACT:
        release = aims.serves(pin) or aims.release
        yield from _edit(
            declared,
            declarations,
            repinned(pin, release.exact),
            _why_this(pin, release, declarations),
        )
    else:
        new = raised(pin, aims.floor, aims.top)
        yield from _edit(declared, declarations, new, aims.reason)


def _why_this(pin: Pin, release: Release, declarations: Declarations) -> str:
    aims = declarations.aims
    others = {
        one.exact: f"{other.path}:{other.line}"
        for other, one in declarations.moved.items()
        if one is not release
    }
    also = "".join(f"; {place} gets {exact}" for exact, place in others.items())
    if release is not aims.release:
        missed = aims.missed(pin, aims.release)
        newest, pythons = dotted(aims.release.series), ", ".join(map(dotted, missed))
        reason = f"{newest} does not run on {pythons}"
        return f"the newest that runs on the Pythons declared here ({reason}){also}"
    if also:
        return f"the newest, which runs on the Pythons where this is installed{also}"
    return "the release that the suite moves to"


def _for_users(pin: Pin, reason: str) -> str:
    return (
        f"{pin.package}{_told(pin.specifier)} is for the users of this pytest plugin, so it is"
        f" left: {reason}. Raise it by hand, in a release that says so"
    )


def _lock(pin: Pin, declarations: Declarations) -> Iterator[Finding]:
    """Report a lock that holds an older release than the declarations admit."""
    version, wanted = declarations.wanted_lock(pin)
    asked_for = any(  # by a declaration for some Pythons, which stays as it is
        one.pin.kind.editable
        and one.pin.marker
        and declarations.aims.lowest_after(one.pin) <= lowest(pin) < highest(one.pin) <= version
        for one in declarations.of(PLUGIN)
    )
    if lowest(pin) < version and not asked_for:
        held = pin.specifier.lstrip("= ")
        message = f"pytest-asyncio: locked at {held}; lock it again with pytest-asyncio{wanted}"
        if not re.fullmatch(r"\d[^,]*", held):
            message = (
                "pytest-asyncio: this file is generated; generate it again once its source has"
                f" pytest-asyncio{wanted}"
            )
        yield action("LS202", pin.path, pin.line, message)


def _by_hand(pin: Pin, aims: Aims) -> Iterator[Finding]:
    wanted = f"pytest-asyncio>={aims.floor}"
    if pin.kind is Kind.HASHED:
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
