"""Changes written to disk: all of a suite, or nothing."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path

from loopscope.frozen import frozen
from loopscope.output.journal import (
    Entry,
    Journal,
    clean_up,
    digest,
    digest_of,
    journal,
    later,
    roll_back,
    what_stands_for_a_journal,
)
from loopscope.output.tree import Tree
from loopscope.types import JOURNAL, Change, FileError

_NOTHING = "nothing of this suite was written"
_CHANGED = f"was changed by somebody else in the meantime; {_NOTHING}, run loopscope again"


@frozen
class _Step:
    """One file, and where it really lies: below the suite's root, behind all links."""

    change: Change
    target: str


class _Changed(Exception):
    """Somebody else changes the file that is given, just now."""


class _Stopped(BaseException):
    """A signal has come that ends this run."""


def write_changes(root: Path, changes: Iterable[Change]) -> tuple[FileError, ...]:
    """Write the changes of one suite.

    Drafts are written beside the targets and renamed into place when all of them are there.
    Each target is compared with what was read right before that, and all that was replaced once
    more at the end. A failure, somebody else's change, or a signal restores what was renamed, and
    a journal lets the next run do so when this one is killed. Modes stay, and a symbolic link
    keeps pointing to its file, which is changed.

    Args:
        root: The suite's root.
        changes: Paths relative to ``root``. A file that is no longer as ``before`` says is
            not overwritten.

    Returns:
        Nothing when all is written; else why nothing was.
    """
    changes = list(changes)
    if not changes:
        return ()
    path = changes[0].path if len(changes) == 1 else "."
    try:
        with later() as heard, Tree(root) as tree:
            steps, errors = _check(tree, changes)
            if errors:
                return tuple(errors)
            entries = _entries(steps)
            with journal(tree, entries) as note:
                return _write(tree, steps, entries, note, heard)
    except _Stopped:  # by somebody who went on all the same
        return (FileError(path, f"a signal has stopped this; {_NOTHING}"),)
    except OSError as error:
        message = f"cannot be written: {error.strerror}; {_NOTHING}"
        if isinstance(error, FileExistsError):
            message = "another loopscope is writing here just now; nothing was written, try again"
            strange = what_stands_for_a_journal(os.path.realpath(root))
            if strange:  # and not the journal of another run
                message = f"{JOURNAL} {strange}; {_NOTHING}"
        return (FileError(path, message),)


def _check(tree: Tree, changes: Iterable[Change]) -> tuple[list[_Step], list[FileError]]:
    steps: dict[str, _Step] = {}
    errors = []
    for change in changes:
        target = os.path.relpath(os.path.realpath(os.path.join(tree.root, change.path)), tree.root)
        twin = steps.get(target)
        if twin is not None and twin.change.after != change.after:
            message = f"is the same file as {twin.change.path}, but would be changed differently"
            errors.append(FileError(change.path, message))
            continue
        steps.setdefault(target, _Step(change, target))
        message = _stale(tree, target, change.before)
        if message:
            errors.append(FileError(change.path, message))
    return list(steps.values()), errors


def _stale(tree: Tree, target: str, before: bytes | None) -> str:
    """Why the file may not be written, or ""."""
    if target.split(os.sep)[0] == os.pardir:
        return f"leads out of the suite by now; {_NOTHING}"
    try:
        now: bytes | None = tree.read(target)
    except FileNotFoundError:
        now = None
    except OSError as error:
        return f"cannot be read again: {error.strerror}; {_NOTHING}"
    return "" if now == before else _CHANGED


def _entries(steps: list[_Step]) -> list[Entry]:
    token = secrets.token_hex(4)
    entries = []
    for number, step in enumerate(steps):
        spare = os.path.join(os.path.dirname(step.target), f".loopscope-{token}-{number}")
        before, after = step.change.before, step.change.after
        old = None if before is None else digest(before)
        entries.append(Entry(step.target, f"{spare}.new", f"{spare}.old", old, digest(after)))
    return entries


def _write(
    tree: Tree, steps: list[_Step], entries: list[Entry], note: Journal, heard: Sequence[int]
) -> tuple[FileError, ...]:
    names = {entry.target: step.change.path for step, entry in zip(steps, entries, strict=True)}
    current = entries[0]
    renamed: list[Entry] = []
    broken: tuple[FileError, ...] = ()
    try:
        for step, current in zip(steps, entries, strict=True):
            _heed(heard)
            like = None if current.before is None else current.target
            tree.create(current.draft, step.change.after, like)
        for current in entries:
            _heed(heard)
            if current.before is not None:
                tree.link(current.target, current.backup)
        tree.sync(names)
        for current in entries:
            _heed(heard)
            _put(tree, current, renamed)
        tree.sync(names)
        for current in entries:
            _see_that_nothing_was_lost(tree, current)
        note.done()
    except BaseException as error:
        broken = roll_back(tree, renamed, "by somebody else while the suite was written")
        if not isinstance(error, (OSError, _Changed)):
            raise
        message = _CHANGED
        if isinstance(error, OSError):
            message = f"cannot be written: {error.strerror}; {_NOTHING}"
        first = () if current.target in {one.path for one in broken} else (current.target,)
        return (*(FileError(names[path], message) for path in first), *broken)
    finally:
        clean_up(tree, entries, broken)
    return ()


def _put(tree: Tree, entry: Entry, renamed: list[Entry]) -> None:
    """Let a draft take the place of its target, unless that is another file by now.

    Raises:
        _Changed: It is.
    """
    if digest_of(tree, entry.target) != entry.before:
        raise _Changed
    if entry.before is None:
        try:
            tree.link(entry.draft, entry.target)
        except FileExistsError:
            raise _Changed from None
        renamed.append(entry)
        return
    renamed.append(entry)
    if not tree.swap(entry.draft, entry.target):
        tree.replace(entry.draft, entry.target)
    elif digest_of(tree, entry.draft) != entry.before:  # what was there in that very moment
        raise _Changed


def _see_that_nothing_was_lost(tree: Tree, entry: Entry) -> None:
    """Compare what was replaced, and what took its place, once more.

    An editor may have saved to the old file, which is the backup now, or over the new one.

    Raises:
        _Changed: It has.
    """
    for spare in (entry.draft, entry.backup):
        if entry.before is not None and digest_of(tree, spare) not in (None, entry.before):
            raise _Changed
    if digest_of(tree, entry.target) != entry.after:
        raise _Changed


def _heed(heard: Sequence[int]) -> None:
    if heard:
        raise _Stopped
