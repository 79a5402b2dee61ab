"""Patches as files: one for all, or one for each suite."""

from __future__ import annotations

import os
import shlex
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from loopscope.output.diff import diff
from loopscope.output.write_out import write_out
from loopscope.types import Change, FileError


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

    def add(self, label: str, changes: Sequence[Change]) -> tuple[FileError, ...]:
        """Take the changes of one suite; returns what could not be written."""
        self._suites.append((label, changes))
        if self._folder is None or not changes:
            return ()
        return self._write(self._folder / self._name(label), [(label, changes)])

    def finish(self) -> tuple[FileError, ...]:
        """Write the patch of all suites; returns what could not be written."""
        return () if self._file is None else self._write(self._file, self._suites)

    def _write(
        self, path: Path, suites: Sequence[tuple[str, Sequence[Change]]]
    ) -> tuple[FileError, ...]:
        start = _start([label for label, _ in suites])
        patch = b"".join(line for suite in suites for line in diff(*suite, start))
        try:
            write_out(path, patch)
        except OSError as error:
            return (FileError(path.as_posix(), f"cannot be written: {error.strerror}"),)
        if patch:
            there = ["-C", start] if start != os.getcwd() else []
            name = os.path.abspath(path) if there else str(path)
            self.commands.append(shlex.join(["git", *there, "apply", name]))
        return ()

    def _name(self, label: str) -> str:
        """Make a file name for the patch of a suite: the path to it from here, with dashes."""
        way = os.path.relpath(label)
        if way.split(os.sep)[0] in (os.curdir, os.pardir):
            way = os.path.basename(os.path.abspath(label)) or "suite"
        stem = way.replace(os.sep, "-")
        name, number = stem, 2
        while _alike(name) in self._names:
            name, number = f"{stem}-{number}", number + 1
        self._names.add(_alike(name))
        return f"{name}.patch"


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
