"""All that discovery asks of the disk, and a record of it by which a later run asks the same.

What discovery finds depends on the answers alone that it gets here: a run that gets the same ones
asks the same questions and finds the same. So no module of ``discovery`` and ``config`` asks the
disk in another way, which a test holds.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from loopscope import disk
from loopscope.disk import glance_at, read_regular

T = TypeVar("T")

FILE, FOLDER, LINK, OTHER = "fdlo"  # kinds of the entries of a directory
_MOST = 250_000  # questions of a kind: what is asked of more is not worth its memory
_SIZE = 4  # bytes of a number: no file that is read has more than ``disk.LARGEST``
_END = "\0"  # after a name


class Record:
    """The questions of a run, each with the answer that this run got.

    ``is_whole`` says whether another run can ask all of them: none had two answers, and none was
    asked by other code. One without questions is not.
    """

    def __init__(self) -> None:
        self.is_whole = True
        self._listings: dict[str, str] = {}
        self._answers: dict[tuple[str, tuple[object, ...]], object] = {}
        self._contents: dict[str, bytes] = {}  # sizes and digests
        self._refused: dict[str, str] = {}  # why files could not be read

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Record what is asked meanwhile."""
        global _record
        before, _record = _record, self
        try:
            yield
        finally:
            _record = before

    def note_listing(self, path: str, found: list[tuple[str, str]] | OSError) -> None:
        self._note(self._listings, path, _listing_text(found))

    def note_answer(self, question: str, about: tuple[object, ...], answer: object) -> None:
        self._note(self._answers, (question, about), answer)

    def note_content(self, path: str, content: bytes) -> None:
        self._note(self._contents, path, _digest(content))

    def note_refusal(self, path: str, error: OSError) -> None:
        self._note(self._refused, path, _reason(error))

    def _note(self, answers: dict[Any, Any], question: object, answer: object) -> None:
        if self.is_whole:  # else it is of no use any more
            same = answers.setdefault(question, answer) == answer
            self.is_whole = same and len(answers) <= _MOST

    def questions(self) -> Questions:
        """Return what a later run has to ask."""
        if not self._answers or not self._refused.keys().isdisjoint(self._contents):
            self.is_whole = False
        plain: dict[str, bytes] = {}
        careful: dict[str, str | bytes] = {**self._refused}
        for path, content in self._contents.items():
            folder, _, name = path.rpartition(os.sep)
            is_plain = f"/{name}{_END}{FILE}/" in f"/{self._listings.get(folder)}/"
            (plain if is_plain else careful)[path] = content
        return self._listings, self._answers, plain, careful


# Directories, questions with a short answer, files that a directory listed here calls regular, and
# other files: in this order, so that a file is opened only where it can be nothing else.
Questions = tuple[
    dict[str, str],
    dict[tuple[str, tuple[object, ...]], object],
    dict[str, bytes],
    dict[str, "str | bytes"],
]


def still_true(questions: Questions) -> bool:
    """Whether the disk gives the same answers as in the run that was recorded."""
    listings, answers, plain, careful = questions
    return (
        all(_listing_text(_listed(path)) == known for path, known in listings.items())
        and all(_ASKED[name](*about) == known for (name, about), known in answers.items())
        and _hold_the_same(plain)
        and all(_holds_the_same(path, known) for path, known in careful.items())
    )


def _hold_the_same(files: dict[str, bytes]) -> bool:
    """Whether regular files have their sizes and digests: most of a run's time is spent here."""
    from hashlib import sha256

    opened, read, close, flags = os.open, os.read, os.close, os.O_RDONLY | disk.FLAGS
    for path, known in files.items():
        try:
            descriptor = opened(path, flags)
            try:
                data = read(descriptor, int.from_bytes(known[:_SIZE], "big") + 1)
            finally:
                close(descriptor)
        except OSError:
            return False
        if sha256(data).digest() != known[_SIZE:]:
            return False
    return True


def _holds_the_same(path: str, known: str | bytes) -> bool:
    try:
        data = read_regular(path)
    except OSError as error:
        return _reason(error) == known
    return _digest(data) == known


def _digest(content: bytes) -> bytes:
    from hashlib import sha256  # not for a run that records nothing

    return len(content).to_bytes(_SIZE, "big") + sha256(content).digest()


def _listed(path: str) -> list[tuple[str, str]] | OSError:
    try:
        with os.scandir(path) as scan:
            return sorted([(entry.name, _kind(entry)) for entry in scan])
    except OSError as error:
        return error


def _kind(entry: os.DirEntry[str]) -> str:
    if entry.is_file(follow_symlinks=False):
        return FILE
    if entry.is_dir(follow_symlinks=False):
        return FOLDER
    return LINK if entry.is_symlink() else OTHER


def _listing_text(found: list[tuple[str, str]] | OSError) -> str:
    return _reason(found) if isinstance(found, OSError) else "/".join(map(_END.join, found))


def _reason(error: OSError) -> str:
    return f"/{error.errno} {error.strerror}"


# -- the questions ----------------------------------------------------------------------

_record: Record | None = None


def cannot_be_recorded() -> None:
    """Say that other code has asked the disk: the record of this run is of no use."""
    if _record is not None:
        _record.is_whole = False


def listing(path: str) -> list[tuple[str, str]]:
    """List a directory: names with their kinds, in the order of the names.

    Raises:
        OSError: It cannot be read.
    """
    found = _listed(path)
    if _record is not None:
        _record.note_listing(path, found)
    if isinstance(found, OSError):
        raise found
    return found


def files_below(path: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each directory at or below ``path`` that can be read, with the names of its files.

    No link is followed.
    """
    try:
        found = listing(path)
    except OSError:
        return
    links = [name for name, kind in found if kind == LINK]
    no_files = {name for name in links if is_folder(os.path.join(path, name))}
    yield path, [name for name, kind in found if kind != FOLDER and name not in no_files]
    for name, kind in found:
        if kind == FOLDER:
            yield from files_below(os.path.join(path, name))


def read(path: str) -> bytes:
    """Read a regular file, or one that a symbolic link leads to, see ``disk.read_regular``.

    Raises:
        OSError: As with ``disk.read_regular``.
    """
    return read_regular(path) if _record is None else _noted(_record, read_regular, path)


def glance(path: str) -> bytes:
    """Read a file that a directory listing has just called regular, see ``disk.glance_at``.

    Raises:
        OSError: As with ``disk.read_regular``.
    """
    return glance_at(path) if _record is None else _noted(_record, glance_at, path)


def _noted(record: Record, function: Callable[[str], bytes], path: str) -> bytes:
    try:
        data = function(path)
    except OSError as error:
        record.note_refusal(path, error)
        raise
    record.note_content(path, data)
    return data


def names_in(path: str) -> tuple[str, ...]:
    """List the names in a directory; none where it cannot be read."""
    return _ask(_names, path)


def names_among(path: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the names that are in a directory, whatever else comes and goes there."""
    return _ask(_names_among, path, names)


def exists(path: str) -> bool:
    """Whether there is something, behind links."""
    return _ask(os.path.exists, path)


def is_file(path: str) -> bool:
    """Whether there is a regular file, behind links."""
    return _ask(os.path.isfile, path)


def is_folder(path: str) -> bool:
    """Whether there is a directory, behind links."""
    return _ask(os.path.isdir, path)


def is_link(path: str) -> bool:
    """Whether there is a symbolic link."""
    return _ask(os.path.islink, path)


def real_path(path: str) -> str:
    """Follow all links of a path."""
    found: str = _ask(os.path.realpath, path)
    return found


def what_it_is(path: str) -> str:
    """Why a directory entry cannot be read as a file, see ``disk.what_it_is``."""
    return _ask(disk.what_it_is, path)


def is_vcs_root(path: str) -> bool:
    """Whether the directory is the top of a working copy."""
    return _ask(disk.is_vcs_root, path)


def behind_links(root: str, path: str) -> str:
    """Return the file that a symbolic link leads to, or ``path``; both relative to ``root``."""
    place = os.path.join(root, path)
    if not is_link(place):
        return path
    return os.path.relpath(real_path(place), real_path(root)).replace(os.sep, "/")


def _names(path: str) -> tuple[str, ...]:
    try:
        return tuple(sorted(os.listdir(path)))
    except OSError:
        return ()


def _names_among(path: str, names: tuple[str, ...]) -> tuple[str, ...]:
    there = set(_names(path))
    return tuple(name for name in names if name in there)


_ASKED: dict[str, Callable[..., object]] = {
    question.__name__: question
    for question in (
        _names,
        _names_among,
        os.path.exists,
        os.path.isfile,
        os.path.isdir,
        os.path.islink,
        os.path.realpath,
        disk.what_it_is,
        disk.is_vcs_root,
    )
}


def _ask(question: Callable[..., T], *about: object) -> T:
    answer = question(*about)
    if _record is not None:
        _record.note_answer(question.__name__, about, answer)
    return answer
