"""Changes as one patch that ``git apply`` takes.

Paths in a patch are relative to the current directory where the suite lies at or below it, so
that ``loopscope migrate --diff > x.patch && git apply x.patch`` works from where it was made;
else they are relative to the suite's root, and the patch is to be applied there. There is no
``diff --git`` line, which would make git read the paths from the top of the working copy.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from loopscope.disk import behind_links
from loopscope.rewriting.hunks import hunks
from loopscope.types import Change

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
