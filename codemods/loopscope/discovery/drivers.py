"""Product code that runs a loop of its own, and the modules that lead to it.

A sync test that calls such code cannot become async, through however many modules it is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from posixpath import basename, dirname

from loopscope.discovery.kept_loops import keeps_loop

# Ways to run a loop that leave no trace of event loops in a file.
_RUNS = (
    b"asyncio.run", b"import run", b"Runner", b"run_forever", b"anyio.run", b"trio.run",
    b"uvloop.run", b"async_to_sync", b"AsyncToSync", b"run_app",
)  # fmt: skip
_DRIVES = (*_RUNS, b"run_until_complete")


def runs_loop(data: bytes) -> bool:
    """Whether a file may run a loop of its own, and has no other trace of one."""
    return any(word in data for word in _RUNS)


def leading_to(files: Mapping[str, bytes], others: Mapping[str, bytes]) -> Iterator[str]:
    """List those of the ``others`` that lead to a file that drives or keeps a loop, by imports."""
    wanted = {
        _name(path)
        for path, data in files.items()
        if any(word in data for word in _DRIVES) or keeps_loop(data)
    }
    left = dict(others)
    known: set[bytes] = set()
    while left and (new := wanted - known):
        known |= new
        names = b"|".join(re.escape(name) for name in sorted(new))
        imports = re.compile(
            rb"(?m)^[ \t]*(?:from|import)\b(?:[^\n(]*\([^)]*|[^\n]*)\b(?:" + names + rb")\b"
        )
        found = [path for path, data in left.items() if imports.search(data)]
        for path in found:
            del left[path]
            wanted.add(_name(path))
            yield path


def _name(path: str) -> bytes:
    """Return the last part of the module's name."""
    file = basename(path).removesuffix(".py")
    return (basename(dirname(path)) if file == "__init__" else file).encode()
