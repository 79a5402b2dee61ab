"""A folder of what this user's earlier runs have kept, each file under a seal of this user.

A file that somebody else has put there is not read. It never fails: where the folder cannot be
used, nothing is known and nothing is kept. What a tree without suites does not need is imported
where it is used.
"""

from __future__ import annotations

import contextlib
import functools
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from loopscope.disk import read_regular, write_all

_SEAL = 64  # characters of a seal
LARGEST = 100 * 1024 * 1024  # bytes of all files together


class SealedFolder:
    """The folder ``given``; None: the one of this user's cache."""

    def __init__(self, given: Path | None = None) -> None:
        self._kept = False
        self._given = given

    @functools.cached_property
    def place(self) -> Path | None:
        """Where it is; None where it cannot be used."""
        from loopscope.seal import user_folder  # not for a tree without suites

        try:
            return _own_folder(self._given or user_folder("cache") / "results")
        except (OSError, RuntimeError):
            return None

    def find(self, name: str, largest: int) -> bytes | None:
        """Return what was kept under a name, if it is there and was kept by this user."""
        if self.place is None:
            return None
        from loopscope.seal import bears

        path = self.place / name
        try:
            found = read_regular(str(path), largest)
            data = found[_SEAL:]
            if not bears(found[:_SEAL].decode("ascii"), name.encode(), data):
                return None
            os.utime(path)  # the last used are kept longest
        except (OSError, ValueError):  # it is gone, or was cut off
            return None
        return data

    def keep(self, name: str, data: bytes, largest: int) -> None:
        """Keep what is no longer than ``largest`` with its seal."""
        if self.place is None or len(data) + _SEAL > largest:
            return
        import secrets

        from loopscope.seal import seal

        draft = self.place / f".{secrets.token_hex(8)}"
        with contextlib.suppress(OSError):
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                write_all(descriptor, seal(name.encode(), data).encode("ascii") + data)
            finally:
                os.close(descriptor)
            os.replace(draft, self.place / name)
            self._kept = True

    def forget(self, name: str) -> None:
        """Let go of what is of no use any more."""
        if self.place is not None:
            with contextlib.suppress(OSError):
                os.unlink(self.place / name)

    def close(self) -> None:
        """Forget what was not used for the longest time, where there is too much."""
        if not self._kept or self.place is None:
            return
        with contextlib.suppress(OSError):
            there = sorted(_files(self.place), reverse=True)
            room = LARGEST
            for _, size, path in there:
                room -= size
                if room < 0:
                    os.unlink(path)


def _own_folder(folder: Path) -> Path:
    """Make the folder, or see that only this user writes there.

    Raises:
        OSError: Others do, or it cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(folder)
    if hasattr(os, "geteuid") and (found.st_uid != os.geteuid() or found.st_mode & 0o022):
        raise PermissionError(folder)
    return folder


def _files(folder: Path) -> Iterator[tuple[float, int, str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            found = entry.stat(follow_symlinks=False)
            yield found.st_mtime, found.st_size, entry.path
