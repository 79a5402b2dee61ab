"""Files of any kind: bytes read from a tree that may hold anything, and written where users say.

A tree holds pipes, devices and files without an end; reports, patches and records need not go to
a file either.
"""

from __future__ import annotations

import errno
import io
import os
import select
import stat
from pathlib import Path

# Parsing dense Python takes up to 450 times its size in memory, which may end the process, and
# some seven seconds for each MiB, in which no signal is heard: the time limit comes too late.
LARGEST = 12 * 1024 * 1024

_GLANCE = 64 * 1024  # bytes: few source files are longer
_VCS = (".git", ".hg", ".svn", ".jj")
# Open without waiting for the other end of a pipe; on Windows, without changing line ends.
FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_PATIENCE = 600.0  # seconds without one byte being taken: a person may be reading in a pager


def read_regular(path: str, largest: int | None = LARGEST) -> bytes:
    """Read a regular file, or one that a symbolic link leads to.

    Args:
        path: The file.
        largest: How many bytes it may have; None: as many as it likes.

    Raises:
        OSError: As with ``open_regular``, or it is longer than ``largest`` bytes.
    """
    with open_regular(path) as file:
        if largest is not None and os.fstat(file.fileno()).st_size > largest:
            raise OSError(errno.EFBIG, f"it has more than {largest >> 20} MiB", path)
        return file.read()


def open_regular(path: str) -> io.FileIO:
    """Open a regular file, or one that a symbolic link leads to, for reading.

    Raises:
        OSError: It cannot be read, or is something else: a pipe would let us wait for ever, a
            device might do something when it is opened.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(errno.EINVAL, "it is a directory, pipe, socket or device", path)
    file = open(path, "rb", buffering=0, opener=_at_once)  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # it may be another one by now
        file.close()
        raise OSError(errno.EINVAL, "it is no regular file any more", path)
    return file


def glance_at(path: str) -> bytes:
    """Read a file that a directory listing has just called regular.

    It costs half of ``read_regular``, and is good for a search: what is kept and rewritten is
    to be read with the other.

    Raises:
        OSError: As with ``read_regular``.
    """
    descriptor = os.open(path, os.O_RDONLY | FLAGS)
    try:
        data = os.read(descriptor, _GLANCE)
    finally:
        os.close(descriptor)
    return data if len(data) < _GLANCE else read_regular(path)


def what_it_is(path: str) -> str:
    """Why a directory entry cannot be read as a file, in words; "" where it can."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return "is a broken symbolic link" if os.path.islink(path) else "is gone"
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "is a symbolic link in a circle"
        return f"cannot be read: {error.strerror}"
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return ""
    kinds = ((stat.S_ISFIFO, "pipe"), (stat.S_ISSOCK, "socket"))
    kind = next((word for test, word in kinds if test(mode)), "device")
    return f"is a {kind}, not a file"


def is_vcs_root(directory: str) -> bool:
    """Whether the directory is the top of a working copy."""
    return any(os.path.exists(os.path.join(directory, name)) for name in _VCS)


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_RDONLY | FLAGS)


def write_out(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, whose directory is made where it is missing.

    A pipe, such as a shell makes of ``>(less)``, is waited for as long as somebody reads.

    Raises:
        OSError: It cannot be written; also, nobody reads the pipe, or a repository has put a link
            there, which would lead elsewhere.
    """
    link = _link_on_the_way(path)
    if link:
        message = f"{link} is a symbolic link to {os.path.realpath(link)}: give the path itself"
        raise OSError(errno.ELOOP, message, path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = "is a file" if path.parent.is_file() else f"cannot be made: {error.strerror}"
        raise OSError(error.errno, f"its folder {what}", path) from None
    try:
        no_link = 0 if path.is_symlink() else getattr(os, "O_NOFOLLOW", 0)  # not since then
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | no_link | FLAGS
        descriptor = os.open(path, flags, 0o666)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(errno.ENXIO, "it is a pipe or socket that nobody reads", path) from None
        raise
    try:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(descriptor, rest) :]
            except BlockingIOError:
                if not select.select([], [descriptor], [], _PATIENCE)[1]:
                    message = f"nobody has read from it for {_PATIENCE:g} seconds"
                    raise OSError(errno.ETIMEDOUT, message, path) from None
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of ``data``."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _link_on_the_way(path: Path) -> str:
    """Find the first link of a path at or below the current directory or a working copy."""
    full, here = os.path.abspath(path), os.getcwd()
    if full.startswith(("/dev/", "/proc/")):  # names of open files, as shells use them
        return ""
    place, inside = os.path.splitdrive(full)[0] + os.sep, False
    for name in filter(None, full[len(place) :].split(os.sep)):
        inside = inside or place == here or is_vcs_root(place)
        place = os.path.join(place, name)
        if inside and os.path.islink(place):
            return place
    return ""
