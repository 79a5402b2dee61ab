"""Results of earlier runs: what was read and asked for is the same, so the result is, too.

The key of a result is all that it depends on: the bytes that were read, the options, and the code
and Python that made it. Results lie in the user's cache folder. Each bears the seal of this user,
so one that somebody else has put there is not read. What a tree without suites does not need is
imported where it is used.
"""

from __future__ import annotations

import contextlib
import enum
import functools
import os
import stat
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import loopscope
from loopscope.disk import read_regular, write_all
from loopscope.execution.jobs import Job
from loopscope.types import Migration

_SEAL = 64  # characters of a seal
_LARGEST = 100 * 1024 * 1024  # bytes of all results together
_LARGEST_RESULT = 8 * 1024 * 1024


class ResultCache:
    """The results that lie in ``folder``; None: the user's cache folder.

    It never fails: where the folder cannot be used, nothing is known and nothing is kept.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._kept = False
        self._given = folder

    @functools.cached_property
    def _folder(self) -> Path | None:
        from loopscope.seal import user_folder  # not for a tree without suites

        try:
            return _own_folder(self._given or user_folder("cache") / "results")
        except (OSError, RuntimeError):
            return None

    def key(self, job: Job) -> str:
        """Return what names the result of a job; "" where none can be kept."""
        if not job[0].files or self._folder is None:
            return ""
        import hashlib

        digest = hashlib.sha256(_made_by())
        _feed(digest.update, job)
        return digest.hexdigest()

    def find(self, key: str) -> Migration | None:
        """Return the result of that name, if it is there and was kept by this user."""
        if not key or self._folder is None:
            return None
        import pickle

        from loopscope.seal import bears

        path = self._folder / key
        try:
            found = read_regular(str(path), _LARGEST_RESULT)
            data = found[_SEAL:]
            if not bears(found[:_SEAL].decode("ascii"), key.encode(), data):
                return None
            os.utime(path)  # the last used are kept longest
            migration = pickle.loads(data)
        except Exception:  # it is gone, or cut off, or was made by other code
            return None
        return migration if isinstance(migration, Migration) else None

    def keep(self, key: str, migration: Migration) -> None:
        """Keep a result; one with errors may come out otherwise, with more time or memory."""
        if not key or self._folder is None or migration.errors:
            return
        import pickle
        import secrets

        from loopscope.seal import seal

        data = pickle.dumps(replace(migration, seconds=0.0), protocol=5)
        if len(data) + _SEAL > _LARGEST_RESULT:
            return
        draft = self._folder / f".{secrets.token_hex(8)}"
        with contextlib.suppress(OSError):
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                write_all(descriptor, seal(key.encode(), data).encode("ascii") + data)
            finally:
                os.close(descriptor)
            os.replace(draft, self._folder / key)
            self._kept = True

    def close(self) -> None:
        """Forget the results that were not used for the longest time, where there are too many."""
        if not self._kept or self._folder is None:
            return
        with contextlib.suppress(OSError):
            there = sorted(_files(self._folder), reverse=True)
            room = _LARGEST
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


@functools.cache
def _made_by() -> bytes:
    """Return what tells this code and Python from all others: versions, sizes and times."""
    import importlib.util

    parts = [loopscope.__version__, sys.version]
    for name in ("libcst", "packaging"):
        spec = importlib.util.find_spec(name)
        parts.append(_stamp(spec.origin) if spec is not None and spec.origin else "")
    for folder, folders, names in os.walk(os.path.dirname(loopscope.__file__)):
        folders.sort()
        parts += [_stamp(os.path.join(folder, name)) for name in names if name.endswith(".py")]
    return "\n".join(sorted(parts)).encode("utf-8", "surrogateescape")


def _stamp(path: str) -> str:
    found = os.stat(path)
    return f"{path} {found.st_size} {found.st_mtime_ns}"


def _feed(add: Callable[[bytes], object], value: object) -> None:
    """Hand on a value, and all in it, as bytes that no other value has.

    Raises:
        TypeError: There is something in it that no suite and no options hold.
    """
    if isinstance(value, bytes):
        add(b"b%d:" % len(value))
        add(value)
    elif isinstance(value, enum.Enum):
        _feed(add, value.name)
    elif value is None or isinstance(value, (str, int, float)):
        text = f"{type(value).__name__} {value!r}".encode("utf-8", "surrogatepass")
        add(b"t%d:" % len(text))
        add(text)
    elif isinstance(value, Mapping):
        add(b"m%d:" % len(value))
        for name, item in sorted(value.items()):  # a look at one by its name counts as work done
            _feed(add, name)
            _feed(add, item)
    elif isinstance(value, (Sequence, Collection)):
        items = sorted(value, key=repr) if isinstance(value, (set, frozenset)) else value
        add(b"s%d:" % len(value))
        for item in items:
            _feed(add, item)
    elif is_dataclass(value):
        add(b"d")
        _feed(add, type(value).__name__)
        for field in fields(value):
            _feed(add, getattr(value, field.name))
    else:
        raise TypeError(f"{type(value).__name__} is in no key")
