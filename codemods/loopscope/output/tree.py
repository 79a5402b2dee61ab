"""Files below one directory, reached by descriptors, so that no link is followed on the way.

The folders of a path are opened one by one, each in the one before it. Whoever puts a link in the
place of a folder while a suite is written gets an error, and nothing is written elsewhere.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterable, Iterator

from loopscope.disk import LARGEST, write_all

_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = getattr(os, "O_DIRECTORY", 0) | _NO_LINK
_BY_DESCRIPTOR = bool(_FOLDER) and {os.open, os.link, os.rename, os.unlink} <= os.supports_dir_fd
_AS_LINK = {"follow_symlinks": False} if os.link in os.supports_follow_symlinks else {}
_PASSED = getattr(os, "O_PATH", os.O_RDONLY)  # a folder may be one that cannot be listed
_EXCHANGE = 2


def _system_call() -> Callable[..., int] | None:
    if sys.platform != "linux":
        return None
    import ctypes

    return getattr(ctypes.CDLL(None), "renameat2", None)


_renameat2 = _system_call()


class Tree:
    """The files below ``root``; paths are relative to it, and folders are no links.

    Where the system has no descriptors of folders (Windows), paths are taken as they are.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = os.path.realpath(root)
        self._top = os.open(self.root, _PASSED | _FOLDER) if _BY_DESCRIPTOR else None

    def __enter__(self) -> Tree:
        return self

    def __exit__(self, *_: object) -> None:
        if self._top is not None:
            os.close(self._top)

    @contextlib.contextmanager
    def _folder_of(self, path: str) -> Iterator[tuple[str, int | None]]:
        """Give the name of a file in its folder, and the folder's descriptor."""
        if self._top is None:
            yield os.path.join(self.root, path), None
            return
        *folders, name = path.split(os.sep)
        if not name or {os.curdir, os.pardir, ""} & {*folders, name}:
            raise OSError(errno.EINVAL, "it is no path below the suite", path)
        descriptor = os.dup(self._top)
        try:
            for folder in folders:
                inner = os.open(folder, _PASSED | _FOLDER, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield name, descriptor
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def opened(self, path: str, flags: int = _READ, mode: int = 0o777) -> Iterator[int]:
        """Open a regular file.

        Raises:
            OSError: There is none, or it is something else.
        """
        with self._folder_of(path) as (name, folder):
            descriptor = os.open(name, flags | _NO_LINK, mode, dir_fd=folder)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "it is no regular file", path)
            yield descriptor
        finally:
            os.close(descriptor)

    def read(self, path: str) -> bytes:
        """Read a regular file.

        Raises:
            OSError: There is none, it is something else, or longer than what is ever rewritten.
        """
        with self.opened(path) as descriptor, open(descriptor, "rb", closefd=False) as file:
            if os.fstat(descriptor).st_size > LARGEST:
                raise OSError(errno.EFBIG, f"it has more than {LARGEST >> 20} MiB", path)
            return file.read()

    def create(self, path: str, data: bytes, like: str | None = None) -> None:
        """Make a new file, with owner, mode and attributes of the file ``like``.

        Raises:
            OSError: It is there, cannot be written, or could not be made like the other.
        """
        private = 0o600 if like is not None else 0o666  # until it has the mode of the other
        with self.opened(path, _NEW, private) as descriptor:
            write_all(descriptor, data)
            if like is not None:
                self._make_alike(descriptor, path, like)
            os.fsync(descriptor)

    def _make_alike(self, descriptor: int, path: str, like: str) -> None:
        with self._folder_of(like) as (name, folder):
            if not os.access(name, os.W_OK, dir_fd=folder):  # a rename would go through
                raise PermissionError(errno.EACCES, "the file is read-only", like)
        if self._top is None:
            shutil.copymode(os.path.join(self.root, like), os.path.join(self.root, path))
            return
        with self.opened(like) as other:
            old, own = os.fstat(other), os.fstat(descriptor)
            if (own.st_uid, own.st_gid) != (old.st_uid, old.st_gid):
                try:
                    os.fchown(descriptor, old.st_uid, old.st_gid)
                except PermissionError:  # only root may give files away
                    message = "the file belongs to another user or group, who would lose it"
                    raise PermissionError(errno.EPERM, message, like) from None
            for attribute in os.listxattr(other) if hasattr(os, "listxattr") else ():
                with contextlib.suppress(OSError):  # of the security system, say
                    os.setxattr(descriptor, attribute, os.getxattr(other, attribute))
            os.fchmod(descriptor, stat.S_IMODE(old.st_mode))

    def link(self, path: str, other: str) -> None:
        """Give a file a second name in its folder, or copy it where there are no hard links."""
        with self._folder_of(path) as (name, folder):
            new = other if folder is None else os.path.basename(other)
            new = os.path.join(self.root, new) if folder is None else new
            try:
                os.link(name, new, src_dir_fd=folder, dst_dir_fd=folder, **_AS_LINK)
                return
            except FileExistsError:
                raise
            except (OSError, NotImplementedError):
                pass
        self.create(other, self.read(path), like=path)

    def replace(self, path: str, other: str) -> None:
        """Rename a file to another name in its folder, in the place of what is there."""
        with self._folder_of(path) as (name, folder):
            new = os.path.join(self.root, other) if folder is None else os.path.basename(other)
            os.replace(name, new, src_dir_fd=folder, dst_dir_fd=folder)

    def swap(self, path: str, other: str) -> bool:
        """Let two files of a folder change their names at one moment; whether that can be done.

        Nothing is lost by that, also where one of them is another file by now.
        """
        if self._top is None or _renameat2 is None:
            return False
        with self._folder_of(path) as (name, folder):
            first, second = os.fsencode(name), os.fsencode(os.path.basename(other))
            return bool(_renameat2(folder, first, folder, second, _EXCHANGE) == 0)

    def unlink(self, path: str) -> None:
        """Remove a file."""
        with self._folder_of(path) as (name, folder):
            os.unlink(name, dir_fd=folder)

    def sync(self, paths: Iterable[str]) -> None:
        """Have the names of files on the disk, where the system can be asked for that."""
        if self._top is None:
            return
        for folder in sorted({os.path.dirname(path) for path in paths}):
            with contextlib.suppress(OSError), self._folder_of(os.path.join(folder, "-")) as place:
                descriptor = os.open(os.curdir, os.O_RDONLY, dir_fd=place[1])
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
