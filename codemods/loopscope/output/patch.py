"""Changes as patches that ``git apply`` takes, in files: one for all, or one for each suite.

Paths in a patch are relative to the current directory where the suite lies at or below it, so
that ``loopscope migrate --diff > x.patch && git apply x.patch`` works from where it was made;
else they are relative to the suite's root, and the patch is to be applied there. There is no
``diff --git`` line, which would make git read the paths from the top of the working copy.
"""

from __future__ import annotations

import os
import shlex
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from loopscope.disk import write_out
from loopscope.observed import behind_links
from loopscope.rewriting.hunks import hunks
from loopscope.types import Change, FileError

NO_NEWLINE = b"\\ No newline at end of file\n"
_ESCAPES = {chr(code): f"\\{code:03o}" for code in (*range(32), 127)} | {
    "\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\",
}  # fmt: skip


def diff(label: str, changes: Iterable[Change], start: str = ".") -> Iterator[bytes]:
    """Yield the unified diffs of one suite's changes, line by line.

    Args:
        label: The suite's path: absolute, or relative to the current directory.
        changes: Their bytes are taken as they are: line ends and encodings stay. For a symbolic
            link the patch names the file behind it, once.
        start: The directory that takes the place of the current one in what was said above.
    """
    prefix = way_to(label, start)
    done = set()
    for change in changes:
        path = behind_links(label, change.path)  # git apply changes no link
        if (path, change.after) not in done:
            done.add((path, change.after))
            yield from _file(prefix + path, change)


def way_to(label: str, start: str = ".") -> str:
    """Return the path from ``start`` down to a suite, with a slash; "" if it lies elsewhere."""
    try:
        way = os.path.relpath(label, start).replace(os.sep, "/")
    except ValueError:  # another drive
        return ""
    return "" if way == "." or way.split("/")[0] == ".." else way + "/"


def _file(path: str, change: Change) -> Iterator[bytes]:
    found = hunks(change)
    if found:
        yield from names(path, change)
    for hunk in found:
        yield hunk.header.encode() + b"\n"
        for line in hunk.lines:
            if line.endswith(b"\n"):
                yield line
            else:
                yield line + b"\n"
                yield NO_NEWLINE


def names(path: str, change: Change) -> tuple[bytes, bytes]:
    """Write the two lines above a file's hunks; ``path`` is the file's name in the patch."""
    old = _name("a/" + path) if change.before is not None else b"/dev/null"
    return b"--- " + old + b"\n", b"+++ " + _name("b/" + path) + b"\n"


def _name(path: str) -> bytes:
    """Quote a path in a header as git does, if it holds quotes or control characters."""
    if any(char in _ESCAPES for char in path):
        path = '"' + "".join(_ESCAPES.get(char, char) for char in path) + '"'
    elif " " in path:
        path += "\t"  # ends the name, which would end at the blank
    return path.encode("utf-8", "surrogateescape")


class Patches:
    """Collects the changes of a run, suite by suite.

    The paths in a patch start at the current directory if its suites lie below it, else at
    the directory that holds them all. ``commands`` say how to apply what was written.

    Args:
        file: One patch for all suites, or None. It is written even if it is empty, so that
            no older one is taken for this run's.
        folder: A directory for one patch a suite, or None; it is made where it is missing.
    """

    def __init__(self, file: Path | None, folder: Path | None) -> None:
        self._file, self._folder = file, folder
        self._suites: list[tuple[str, Sequence[Change]]] = []
        self._names: set[str] = set()
        self.commands: list[str] = []

    def add(
        self, label: str, changes: Sequence[Change], product: Collection[str] = ()
    ) -> tuple[FileError, ...]:
        """Take the changes of one suite; returns what could not be written.

        ``product`` are its files of product code, which get a patch of their own in the folder.
        """
        self._suites.append((label, changes))
        if self._folder is None or not changes:
            return ()
        name = self._name(label)
        of_tests = [change for change in changes if change.path not in product]
        of_product = [change for change in changes if change.path in product]
        errors: tuple[FileError, ...] = ()
        for path, part in ((f"{name}.patch", of_tests), (f"{name}-product.patch", of_product)):
            if part and not errors:
                errors = self._write(self._folder / path, [(label, part)])
        return errors

    @property
    def suites(self) -> int:
        """Count the suites with changes."""
        return len(self._suites)

    def finish(self) -> tuple[FileError, ...]:
        """Write the patch of all suites; returns what could not be written."""
        return () if self._file is None else self._write(self._file, self._suites)

    def _write(
        self, path: Path, suites: Sequence[tuple[str, Sequence[Change]]]
    ) -> tuple[FileError, ...]:
        start = _start([label for label, _ in suites])
        patch = b"".join(line for suite in suites for line in diff(*suite, start))
        try:
            if path.is_file() and path.read_bytes()[:4] not in (b"", b"--- "):
                return (FileError(path.as_posix(), "is there and is no patch: it was left alone"),)
            write_out(path, patch)
        except OSError as error:
            return (FileError(path.as_posix(), f"cannot be written: {error.strerror}"),)
        if patch:
            there = ["-C", start] if start != os.getcwd() else []
            name = os.path.abspath(path) if there else str(path)
            name = os.path.join(os.curdir, name) if name.startswith("-") else name
            self.commands.append(shlex.join(["git", *there, "apply", name]))
        return ()

    def _name(self, label: str) -> str:
        """Make a name for the patches of a suite: the path to it from here, with dashes."""
        way = os.path.relpath(label)
        if way.split(os.sep)[0] in (os.curdir, os.pardir):
            way = os.path.basename(os.path.abspath(label)) or "suite"
        stem = way.replace(os.sep, "-")
        name, number = stem, 2
        while not self._names.isdisjoint({_alike(name), _alike(f"{name}-product")}):
            name, number = f"{stem}-{number}", number + 1
        self._names |= {_alike(name), _alike(f"{name}-product")}
        return name


def _alike(name: str) -> str:
    """Fold names that some file systems take for one: by case, or by composition."""
    return unicodedata.normalize("NFC", name).casefold()


def _start(labels: Sequence[str]) -> str:
    """Return the directory at which the paths of a patch start."""
    here = os.getcwd()
    roots = [os.path.abspath(label) for label in labels]
    if all(os.path.commonpath([here, root]) == here for root in roots):
        return here
    return os.path.commonpath(roots)
