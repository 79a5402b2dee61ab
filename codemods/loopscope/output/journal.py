"""The note that a write leaves while it is under way, so that a killed one can be undone.

Renames are atomic one by one, not together. Before the first of them (before anything else at
all) a journal is written to the directory that all targets share: for each file its name, the
draft and the backup beside it, and the hashes of its old and new contents. It goes when all is
done. Whoever finds one later knows which files are new already, and puts the old ones back:
then the suite is whole, and can be migrated again from the start.

The writer holds a lock on the journal for as long as it lives, so that a journal without a
lock is one of a run that was killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from loopscope.disk import open_regular, read_regular
from loopscope.frozen import frozen
from loopscope.types import JOURNAL, FileError

_SPARE = re.compile(r"\.loopscope-[0-9a-f]{8}-\d+\.(new|old)")


@frozen
class Entry:
    """One file of a write; paths are relative to the journal's directory."""

    target: str
    draft: str  # beside the target: the new contents, until they are renamed
    backup: str  # beside the target: the old file, once the new one is there
    before: str | None  # SHA-256 of the contents; None: there was no file
    after: str


def digest(data: bytes) -> str:
    """Return the text that stands for contents in a journal."""
    return hashlib.sha256(data).hexdigest()


@contextlib.contextmanager
def journal(directory: str, entries: Iterable[Entry]) -> Iterator[None]:
    """Keep a journal in ``directory``, and remove it at the end whatever happens.

    Raises:
        FileExistsError: There is one already: another run writes here just now.
        OSError: It cannot be written.
    """
    path = os.path.join(directory, JOURNAL)
    with open(path, "x", encoding="ascii") as file:
        try:
            if not _lock(file.fileno()) or not os.fstat(file.fileno()).st_nlink:
                raise FileExistsError(17, "another run has just removed it", path)
            json.dump([asdict(entry) for entry in entries], file)
            file.flush()
            os.fsync(file.fileno())
            yield
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)


def recover(directory: str) -> tuple[FileError, ...]:
    """Undo the write of a run that was killed, by the journal in ``directory``.

    Returns:
        What could not be put right; paths are relative to ``directory``.
    """
    path = os.path.join(directory, JOURNAL)
    try:
        with open_regular(path) as file:
            if not _lock(file.fileno()):
                return (FileError(JOURNAL, "another loopscope is writing here just now"),)
            entries = _entries(directory, file.read().decode("ascii"))
            errors = () if _complete(directory, entries) else roll_back(directory, entries)
            kept = {error.path for error in errors}
            clean_up(directory, (entry for entry in entries if entry.target not in kept))
            os.unlink(path)
            return errors
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        return (FileError(JOURNAL, f"an interrupted run cannot be undone: {error}"),)


def roll_back(directory: str, entries: Iterable[Entry]) -> tuple[FileError, ...]:
    """Put the old file back wherever the new one is in place."""
    errors = []
    for entry in entries:
        target, backup = _join(directory, entry.target), _join(directory, entry.backup)
        try:
            now = _digest_of(target)
            if now == entry.before:
                continue
            if now != entry.after:
                message = "was changed after loopscope was interrupted; left as it is"
                hint = f", its old contents are in {entry.backup}" if entry.before else ""
                errors.append(FileError(entry.target, message + hint))
            elif entry.before is None:
                os.unlink(target)
            else:
                os.replace(backup, target)
        except OSError as error:
            message = f"cannot be restored: {error.strerror}; the old file is {entry.backup}"
            errors.append(FileError(entry.target, message))
    return tuple(errors)


def clean_up(directory: str, entries: Iterable[Entry]) -> None:
    """Remove the drafts and backups."""
    for entry in entries:
        for spare in (entry.draft, entry.backup):
            with contextlib.suppress(OSError):
                os.unlink(_join(directory, spare))


def link_or_copy(source: str, target: str) -> None:
    """Give a file a second name, or copy it where the file system knows no hard links."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        shutil.copy2(source, target)


def _complete(directory: str, entries: Iterable[Entry]) -> bool:
    """Whether all files are new, so that only drafts and backups are left."""
    return all(_digest_of(_join(directory, entry.target)) == entry.after for entry in entries)


def _entries(directory: str, text: str) -> list[Entry]:
    """Read a journal; one that breaks off has no entries, since no change had begun then.

    A journal may come with a repository, so nothing in it may lead out of its directory.
    """
    try:
        entries = [Entry(**fields) for fields in json.loads(text)]
    except (ValueError, TypeError):
        return []
    return [entry for entry in entries if _is_ours(directory, entry)]


def _is_ours(directory: str, entry: Entry) -> bool:
    fields = (entry.target, entry.draft, entry.backup, entry.after, entry.before or "")
    if not all(isinstance(field, str) and "\0" not in field for field in fields):
        return False
    folder = os.path.dirname(entry.target)
    target = _join(os.path.realpath(directory), entry.target)
    return (
        os.path.realpath(target) == target  # no "..", no absolute path, no link on the way
        and target.startswith(_join(os.path.realpath(directory), ""))
        and all(
            os.path.dirname(spare) == folder and _SPARE.fullmatch(os.path.basename(spare))
            for spare in (entry.draft, entry.backup)
        )
    )


def _digest_of(path: str) -> str | None:
    try:
        return digest(read_regular(path))
    except FileNotFoundError:
        return None


def _join(directory: str, path: str) -> str:
    return os.path.join(directory, path)


def _lock(descriptor: int) -> bool:
    """Whether the lock could be had; it is given back when the file is closed."""
    try:
        import fcntl
    except ImportError:  # Windows: an open file cannot be removed there
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
