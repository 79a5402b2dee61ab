"""Reports, patches and records: written where the user says, which need not be a file."""

from __future__ import annotations

import errno
import os
import select
from pathlib import Path

_PATIENCE = 600.0  # seconds without one byte being taken: a person may be reading in a pager

_FLAGS = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_TRUNC
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)


def write_out(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``, whose directory is made where it is missing.

    A pipe, such as a shell makes of ``>(less)``, is waited for as long as somebody reads.

    Raises:
        OSError: It cannot be written; also, nobody reads the pipe.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, _FLAGS, 0o666)
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
