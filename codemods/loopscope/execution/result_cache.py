"""Results of earlier runs: what was read and asked for is the same, so the result is, too.

The key of a result is all that it depends on: the bytes that were read, the options, and the code
and Python that made it. What a tree without suites does not need is imported where it is used.
"""

from __future__ import annotations

import enum
import functools
import os
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace

import loopscope
from loopscope.execution.jobs import Job
from loopscope.execution.sealed_folder import SealedFolder
from loopscope.types import Migration

_LARGEST_RESULT = 8 * 1024 * 1024  # bytes


class ResultCache:
    """The results that lie in ``folder``.

    It never fails: where the folder cannot be used, nothing is known and nothing is kept.
    """

    def __init__(self, folder: SealedFolder) -> None:
        self._folder = folder

    def key(self, job: Job) -> str:
        """Return what names the result of a job; "" where none can be kept."""
        if not job[0].files or self._folder.place is None:
            return ""
        return name_of(job)

    def find(self, key: str) -> Migration | None:
        """Return the result of that name, if it is there and was kept by this user."""
        data = self._folder.find(key, _LARGEST_RESULT) if key else None
        if data is None:
            return None
        import pickle

        try:
            migration = pickle.loads(data)
        except Exception:  # it was made by other code
            return None
        return migration if isinstance(migration, Migration) else None

    def keep(self, key: str, migration: Migration) -> None:
        """Keep a result; one with errors may come out otherwise, with more time or memory."""
        if not key or migration.errors:
            return
        import pickle

        data = pickle.dumps(replace(migration, seconds=0.0), protocol=5)
        self._folder.keep(key, data, _LARGEST_RESULT)


def name_of(inputs: object) -> str:
    """Return the name of what depends on these inputs, and on this code and Python.

    Raises:
        TypeError: There is something in them that no suite and no options hold.
    """
    import hashlib

    digest = hashlib.sha256(_made_by())
    _feed(digest.update, inputs)
    return digest.hexdigest()


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
