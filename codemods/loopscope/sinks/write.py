"""Changes written to disk: all of a suite, or nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from loopscope.values import Change, FileError


@dataclass(slots=True)
class _Step:
    """One file: where it really lies, the draft beside it, and its old self while we work."""

    change: Change
    target: str
    draft: str = ""
    backup: str = ""

    @property
    def done(self) -> bool:
        """Whether the draft was renamed; asked of the disk, so that Ctrl-C cannot hide it."""
        return bool(self.draft) and not os.path.exists(self.draft)


def write_changes(root: Path, changes: Iterable[Change]) -> tuple[FileError, ...]:
    """Write the changes of one suite.

    Drafts are written beside the targets and renamed into place when all of them are there;
    a failure, or Ctrl-C, restores what was renamed. Modes stay, and a symbolic link keeps
    pointing to its file, which is changed.

    Args:
        root: The suite's root.
        changes: Paths relative to ``root``. A file that is no longer as ``before`` says is
            not overwritten.

    Returns:
        Nothing when all is written; else why nothing was.
    """
    steps, errors = _check(root, changes)
    if errors:
        return tuple(errors)
    try:
        return _write(steps)
    finally:
        for step in steps:
            for leftover in (step.draft, step.backup):
                if leftover:
                    with contextlib.suppress(OSError):
                        os.unlink(leftover)


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
        with open(target, "rb") as file:
            now: bytes | None = file.read()
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


def _write(steps: list[_Step]) -> tuple[FileError, ...]:
    current = None
    try:
        for current in steps:
            _draft(current)
        for current in steps:
            _replace(current)
    except OSError as error:
        broken = _restore(steps)
        path = current.change.path if current else "."
        message = f"cannot be written: {error.strerror}; nothing of this suite was written"
        return (FileError(path, message), *broken)
    except BaseException:
        _restore(steps)
        raise
    return ()


def _draft(step: _Step) -> None:
    directory, name = os.path.split(step.target)
    handle, step.draft = tempfile.mkstemp(prefix=f".{name}.", suffix=".new", dir=directory)
    with open(handle, "wb") as file:
        file.write(step.change.after)
        file.flush()
        os.fsync(file.fileno())
    if step.change.before is None:
        os.chmod(step.draft, 0o666 & ~_umask())
        return
    if not os.access(step.target, os.W_OK):  # a rename would go through all the same
        raise PermissionError(13, "the file is read-only", step.target)
    old = os.stat(step.target)
    with contextlib.suppress(OSError, AttributeError):  # only root may give files away
        os.chown(step.draft, old.st_uid, old.st_gid)
    os.chmod(step.draft, stat.S_IMODE(old.st_mode))


def _replace(step: _Step) -> None:
    if step.change.before is not None:
        step.backup = step.draft.removesuffix(".new") + ".old"
        try:
            os.link(step.target, step.backup)
        except OSError:  # a file system without hard links
            shutil.copy2(step.target, step.backup)
    os.replace(step.draft, step.target)


def _restore(steps: list[_Step]) -> list[FileError]:
    """Undo the renames; an error here names the copy that holds the old contents."""
    errors = []
    for step in steps:
        if not step.done:
            continue
        try:
            if step.backup:
                os.replace(step.backup, step.target)
            else:
                os.unlink(step.target)
        except OSError as error:
            message = f"cannot be restored: {error.strerror}; the old file is {step.backup}"
            errors.append(FileError(step.change.path, message))
        step.backup = ""
    return errors


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
