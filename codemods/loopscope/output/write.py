"""Changes written to disk: all of a suite, or nothing."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from loopscope.disk import read_regular, what_it_is
from loopscope.frozen import frozen
from loopscope.output.journal import Entry, clean_up, digest, journal, link_or_copy, roll_back
from loopscope.types import JOURNAL, Change, FileError


@frozen
class _Step:
    """One file, and where it really lies."""

    change: Change
    target: str


def write_changes(root: Path, changes: Iterable[Change]) -> tuple[FileError, ...]:
    """Write the changes of one suite.

    Drafts are written beside the targets and renamed into place when all of them are there;
    a failure, or Ctrl-C, restores what was renamed, and a journal lets the next run do so when
    this one is killed. Modes stay, and a symbolic link keeps pointing to its file, which is
    changed.

    Args:
        root: The suite's root.
        changes: Paths relative to ``root``. A file that is no longer as ``before`` says is
            not overwritten.

    Returns:
        Nothing when all is written; else why nothing was.
    """
    steps, errors = _check(root, changes)
    if errors or not steps:
        return tuple(errors)
    directory = os.path.commonpath([os.path.dirname(step.target) for step in steps])
    entries = _entries(directory, steps)
    try:
        with journal(directory, entries):
            return _write(directory, steps, entries)
    except OSError as error:
        path = steps[0].change.path if len(steps) == 1 else "."
        message = f"cannot be written: {error.strerror}; nothing of this suite was written"
        if isinstance(error, FileExistsError):
            strange = what_it_is(os.path.join(directory, JOURNAL))
            message = "another loopscope is writing here just now; nothing was written, try again"
            if strange:  # and not the journal of another run
                message = f"{JOURNAL} {strange}; nothing of this suite was written, remove it"
        return (FileError(path, message),)


def _check(root: Path, changes: Iterable[Change]) -> tuple[list[_Step], list[FileError]]:
    steps: dict[str, _Step] = {}
    errors = []
    for change in changes:
        target = os.path.realpath(root / change.path)
        twin = steps.get(target)
        if twin is not None and twin.change.after != change.after:
            message = f"is the same file as {twin.change.path}, but would be changed differently"
            errors.append(FileError(change.path, message))
            continue
        steps.setdefault(target, _Step(change, target))
        message = _stale(target, change.before)
        if message:
            errors.append(FileError(change.path, message))
    return list(steps.values()), errors


def _stale(target: str, before: bytes | None) -> str:
    """Why the file may not be written, or ""."""
    try:
        now: bytes | None = read_regular(target)
    except FileNotFoundError:
        now = None
    except OSError as error:
        return f"cannot be read again: {error.strerror}; nothing of this suite was written"
    if now == before:
        return ""
    return (
        "was changed by somebody else in the meantime; nothing of this suite was written, run"
        " loopscope again"
    )


def _entries(directory: str, steps: list[_Step]) -> list[Entry]:
    token = secrets.token_hex(4)
    entries = []
    for number, step in enumerate(steps):
        target = os.path.relpath(step.target, directory)
        spare = os.path.join(os.path.dirname(target), f".loopscope-{token}-{number}")
        before, after = step.change.before, step.change.after
        old = None if before is None else digest(before)
        entries.append(Entry(target, f"{spare}.new", f"{spare}.old", old, digest(after)))
    return entries


def _write(directory: str, steps: list[_Step], entries: list[Entry]) -> tuple[FileError, ...]:
    todo = list(zip(steps, entries, strict=True))
    broken: tuple[FileError, ...] = ()
    current = steps[0]
    try:
        for current, entry in todo:
            _draft(current, os.path.join(directory, entry.draft))
        for current, entry in todo:
            if entry.before is not None:
                link_or_copy(current.target, os.path.join(directory, entry.backup))
            os.replace(os.path.join(directory, entry.draft), current.target)
    except BaseException as error:
        with _undisturbed():
            broken = roll_back(directory, entries)
        if not isinstance(error, OSError):
            raise
        message = f"cannot be written: {error.strerror}; nothing of this suite was written"
        return (FileError(current.change.path, message), *broken)
    finally:
        kept = {error.path for error in broken}
        with _undisturbed():
            clean_up(directory, (entry for entry in entries if entry.target not in kept))
    return ()


def _draft(step: _Step, path: str) -> None:
    private = step.change.before is not None  # until it has the mode of the old file
    with open(path, "xb", opener=_private if private else None) as file:
        file.write(step.change.after)
        file.flush()
        os.fsync(file.fileno())
    if not private:
        return
    if not os.access(step.target, os.W_OK):  # a rename would go through all the same
        raise PermissionError(13, "the file is read-only", step.target)
    old = os.stat(step.target)
    _give(path, old)
    shutil.copystat(step.target, path)  # the mode, access control lists and other attributes
    os.utime(path)


def _give(path: str, old: os.stat_result) -> None:
    """Let a draft belong to whom the old file belongs to.

    Raises:
        PermissionError: Only root may give files away.
    """
    own = os.stat(path)
    if (own.st_uid, own.st_gid) == (old.st_uid, old.st_gid):
        return
    try:
        os.chown(path, old.st_uid, old.st_gid)
    except PermissionError:
        message = "the file belongs to another user or group, who would lose it"
        raise PermissionError(1, message, path) from None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let a second Ctrl-C wait until all is as it was."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
