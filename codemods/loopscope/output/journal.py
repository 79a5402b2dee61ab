"""The note that a write leaves while it is under way, so that a killed one can be undone.

Renames are atomic one by one, not together. Before the first of them (before anything else at
all) a journal is written to the root of the suite: for each file its name, the draft and the
backup beside it, and the hashes of its old and new contents. When all files are new, and nothing
was lost by that, a line is added which says so; then drafts and backups go, and the journal last.
Whoever finds one later knows whether to put the old files back or to finish.

A journal may come with a repository. One is believed only where it bears the seal of this user
for the very directory that it lies in.

The writer holds a lock on the journal for as long as it lives, so that a journal without a
lock is one of a run that was killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from types import FrameType

from loopscope.config.declaring_names import may_declare
from loopscope.config.pytest_config import CONFIGURATION_FILES
from loopscope.disk import what_it_is, write_all
from loopscope.frozen import frozen
from loopscope.output.tree import Tree
from loopscope.seal import bears, seal
from loopscope.types import JOURNAL, FileError

LARGEST = 64 << 20  # bytes of a journal, which are those of some 200,000 files
_PIECE = 1 << 20
_SPARE = re.compile(r"\.loopscope-[0-9a-f]{8}-\d+\.(new|old)")
_BEGUN, _DONE = b"loopscope write", b"loopscope write done"
_SUITE_FILES = (".py", ".rst", ".txt", ".md")
_NEVER = frozenset({".git", ".hg", ".svn", ".jj", "site-packages", "node_modules"})
_FOREIGN = (
    f"this {JOURNAL} was not written here by a loopscope of yours (it may have come with the"
    " repository): it was left alone. See what git status says, put right what is wrong, and"
    " remove it"
)


@frozen
class Entry:
    """One file of a write; paths are relative to the journal's directory."""

    target: str
    draft: str  # beside the target: the new contents; the old file once the names are swapped
    backup: str  # beside the target: another name of the old file
    before: str | None  # SHA-256 of the contents; None: there was no file
    after: str


@frozen
class Journal:
    """A journal that is under way."""

    descriptor: int
    root: bytes
    body: bytes

    def done(self) -> None:
        """Say that all files are new: what is left over need only go."""
        write_all(self.descriptor, seal(_DONE, self.root, self.body).encode() + b"\n")
        os.fsync(self.descriptor)


def digest(data: bytes) -> str:
    """Return the text that stands for contents in a journal."""
    return hashlib.sha256(data).hexdigest()


@contextlib.contextmanager
def journal(tree: Tree, entries: Iterable[Entry]) -> Iterator[Journal]:
    """Keep a journal in a suite, and remove it at the end whatever happens.

    Raises:
        FileExistsError: There is one already: another run writes here just now.
        OSError: It cannot be written.
    """
    root = os.fsencode(tree.root)
    body = json.dumps([asdict(entry) for entry in entries]).encode("ascii")
    if len(body) > LARGEST - 200:
        raise OSError(27, "there are too many files for one suite")
    begun = seal(_BEGUN, root, body).encode()
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with tree.opened(JOURNAL, flags, 0o644) as descriptor:
        try:
            if not _lock(descriptor) or not os.fstat(descriptor).st_nlink:
                raise FileExistsError(17, "another run has just removed it", JOURNAL)
            write_all(descriptor, begun + b"\n" + body + b"\n")
            os.fsync(descriptor)
            tree.sync([JOURNAL])
            yield Journal(descriptor, root, body)
        finally:
            with contextlib.suppress(OSError):
                tree.unlink(JOURNAL)
            tree.sync([JOURNAL])


def recover(directory: str) -> tuple[FileError, ...]:
    """Undo or finish the write of a run that was killed, by the journal in ``directory``.

    Returns:
        What could not be put right; paths are relative to ``directory``.
    """
    strange = what_stands_for_a_journal(directory)
    if strange:
        return (FileError(JOURNAL, strange),)
    try:
        with later(), Tree(directory) as tree, tree.opened(JOURNAL, os.O_RDONLY) as descriptor:
            if not _lock(descriptor):
                return (FileError(JOURNAL, "another loopscope is writing here just now"),)
            if not os.fstat(descriptor).st_nlink:  # another run has just done this
                return ()
            return _recover(tree, descriptor)
    except FileNotFoundError:
        return ()
    except OSError as error:
        message = f"an interrupted run cannot be undone: {error.strerror}"
        return (FileError(JOURNAL, message),)


def what_stands_for_a_journal(directory: str) -> str:
    """Why a directory entry with the name of a journal can be none, or ""."""
    path = os.path.join(directory, JOURNAL)
    kind = what_it_is(path)
    if os.path.islink(path):
        kind = "is a symbolic link"
    elif os.path.isdir(path):
        kind = "is a directory"
    if not kind or kind == "is gone":
        return ""
    return f"{kind}, and no record of an interrupted run: it was left alone, remove it"


def _recover(tree: Tree, descriptor: int) -> tuple[FileError, ...]:
    size = os.fstat(descriptor).st_size
    found: tuple[list[Entry], bool] | None = ([], True)  # a run that had not begun
    if size:
        found = _read(tree, descriptor) if size <= LARGEST else None
    if found is None or _is_tracked(tree):
        return (FileError(JOURNAL, _FOREIGN),)
    entries, done = found
    errors = () if done else roll_back(tree, entries, "after loopscope was interrupted")
    clean_up(tree, entries, errors)
    tree.unlink(JOURNAL)
    tree.sync([JOURNAL])
    return errors


def _read(tree: Tree, descriptor: int) -> tuple[list[Entry], bool] | None:
    """Read the entries, and whether all files are new; None: it is no journal of this user."""
    with open(descriptor, "rb", closefd=False) as file:
        begun, _, rest = file.read().partition(b"\n")
    body, _, end = rest.partition(b"\n")
    root = os.fsencode(tree.root)
    if not bears(begun.decode("latin-1"), _BEGUN, root, body):
        return None
    entries = [Entry(**fields) for fields in json.loads(body)]
    if not all(map(_is_of_a_suite, entries)):
        return None
    return entries, bears(end.strip().decode("latin-1"), _DONE, root, body)


def _is_tracked(tree: Tree) -> bool:
    from loopscope.output.git import is_tracked

    return is_tracked(os.path.join(tree.root, JOURNAL))


def _is_of_a_suite(entry: Entry) -> bool:
    """Whether an entry names what discovery calls a file of a suite, and spares beside it."""
    folder, name = os.path.split(entry.target)
    known = name in CONFIGURATION_FILES or name.endswith(_SUITE_FILES) or may_declare(name)
    return (
        known
        and not os.path.isabs(entry.target)
        and _NEVER.isdisjoint(entry.target.split(os.sep))
        and all(
            os.path.dirname(spare) == folder and _SPARE.fullmatch(os.path.basename(spare))
            for spare in (entry.draft, entry.backup)
        )
    )


def roll_back(tree: Tree, entries: Iterable[Entry], when: str) -> tuple[FileError, ...]:
    """Put the old file back wherever the new one is in place.

    ``when`` says when a file must have changed that is neither of the two.
    """
    errors = []
    for entry in entries:
        try:
            now = digest_of(tree, entry.target)
            if now == entry.before:
                continue
            if now != entry.after:
                message = f"was changed {when}; left as it is"
                hint = f", its old contents are in {entry.backup}" if entry.before else ""
                errors.append(FileError(entry.target, message + hint))
            elif entry.before is None:
                tree.unlink(entry.target)
            else:
                tree.replace(_old_file(tree, entry), entry.target)
        except OSError as error:
            message = f"cannot be restored: {error.strerror}; the old file is {entry.backup}"
            errors.append(FileError(entry.target, message))
    return tuple(errors)


def _old_file(tree: Tree, entry: Entry) -> str:
    """Name what was replaced: where names were swapped, the draft's; else the backup."""
    held = digest_of(tree, entry.draft)
    return entry.backup if held in (None, entry.after) else entry.draft


def clean_up(tree: Tree, entries: Iterable[Entry], broken: Iterable[FileError]) -> None:
    """Remove the drafts, and the backups of all files but those that could not be restored."""
    kept = {error.path for error in broken}
    for entry in entries:
        spares = [entry.draft, entry.backup]
        with contextlib.suppress(OSError):
            if entry.target in kept:
                known = digest_of(tree, entry.draft) in (entry.before, entry.after)
                spares = [entry.draft] if known else []
        for spare in spares:
            with contextlib.suppress(OSError):
                tree.unlink(spare)


def digest_of(tree: Tree, path: str) -> str | None:
    """Return the hash of a file's contents; None: there is no such file."""
    found = hashlib.sha256()
    try:
        with tree.opened(path) as descriptor:
            while piece := os.read(descriptor, _PIECE):
                found.update(piece)
    except FileNotFoundError:
        return None
    return found.hexdigest()


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


# -- signals ----------------------------------------------------------------------------


@contextlib.contextmanager
def later() -> Iterator[Sequence[int]]:
    """Hold back the signals that end a run until all is as it was, or done.

    Yields:
        Those that have come. They come again at the end, and then do what they always do.
    """
    heard: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield heard  # which no signal interrupts
        return

    def note(number: int, _: FrameType | None) -> None:
        heard.append(number)

    before = {}
    try:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) not in (None, signal.SIG_IGN):
                before[number] = signal.getsignal(number)
                signal.signal(number, note)
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in heard:
            signal.raise_signal(number)
