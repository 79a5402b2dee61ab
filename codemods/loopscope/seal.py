"""The seal of this user: what bears it was written by a loopscope of theirs, here.

A repository may hold whatever looks like ours. The key of the seal is in the user's state folder,
which no repository brings along and no other user can read.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from loopscope.disk import read_regular, write_all

_LENGTH = 32


def seal(*parts: bytes) -> str:
    """Return what only this user can write below ``parts``."""
    text = b"".join(b"%d:%b" % (len(part), part) for part in parts)
    return hmac.new(_key(), text, hashlib.sha256).hexdigest()


def bears(found: str, *parts: bytes) -> bool:
    """Whether a seal is that of this user for ``parts``."""
    return hmac.compare_digest(found.encode("utf-8", "replace"), seal(*parts).encode())


def user_folder(kind: str) -> Path:
    """Return the folder of loopscope among what this user keeps: ``state`` or ``cache``.

    Raises:
        RuntimeError: The user has no home.
    """
    import platformdirs

    found: Path = getattr(platformdirs, f"user_{kind}_path")("loopscope", appauthor=False)
    if not found.is_absolute():
        raise RuntimeError(f"there is no home, so {found} is no place of this user")
    return found


_passing = secrets.token_bytes(_LENGTH)  # where none can be kept: nothing is known later


def _key() -> bytes:
    try:
        folder = user_folder("state")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = str(folder / "key")
        if not os.path.lexists(path):
            _make(path)
        return _kept(path)
    except (OSError, RuntimeError):
        return _passing


def _kept(path: str) -> bytes:
    """Read the key.

    Raises:
        OSError: Somebody else could have written or read it.
    """
    found = os.lstat(path)
    ours = not hasattr(os, "geteuid") or (
        found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o077
    )
    key = read_regular(path) if stat.S_ISREG(found.st_mode) else b""
    if not ours or len(key) != _LENGTH:
        raise OSError("it is no key of this user")
    return key


def _make(path: str) -> None:
    """Make a key, unless another run does so at the same time; it is there whole or not at all."""
    draft = f"{path}-{secrets.token_hex(4)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        write_all(descriptor, secrets.token_bytes(_LENGTH))
        os.fsync(descriptor)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.close(descriptor)
        os.unlink(draft)
