"""Changes as one patch that ``git apply`` takes.

Paths in a patch are relative to the current directory where the suite lies at or below it, so
that ``loopscope migrate --diff > x.patch && git apply x.patch`` works from where it was made;
else they are relative to the suite's root, and the patch is to be applied there. There is no
``diff --git`` line, which would make git read the paths from the top of the working copy.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator

from loopscope.values import Change

_NO_NEWLINE = b"\\ No newline at end of file\n"
_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def diff(label: str, changes: Iterable[Change]) -> Iterator[bytes]:
    """The unified diffs of one suite's changes, line by line.

    Args:
        label: The suite's path: absolute, or relative to the current directory.
        changes: Their bytes are taken as they are: line ends and encodings stay.
    """
    prefix = _below_here(label)
    for change in changes:
        yield from _file(prefix + change.path, change)


def _below_here(label: str) -> str:
    """The way from the current directory down to the suite, "" where there is none."""
    try:
        way = os.path.relpath(label).replace(os.sep, "/")
    except ValueError:  # another drive
        return ""
    return "" if way == "." or way.split("/")[0] == ".." else way + "/"


def _file(path: str, change: Change) -> Iterator[bytes]:
    old = _name("a/" + path) if change.before is not None else b"/dev/null"
    before, after = _lines(change.before or b""), _lines(change.after)
    lines = difflib.diff_bytes(difflib.unified_diff, before, after, old, _name("b/" + path))
    for line in lines:
        if line.endswith(b"\n"):
            yield line
        else:
            yield line + b"\n"
            yield _NO_NEWLINE


def _lines(data: bytes) -> list[bytes]:
    """Lines as git counts them: only a line feed ends one."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _name(path: str) -> bytes:
    """A path in a header, quoted as git does where it holds quotes or control characters."""
    if any(char in _ESCAPES for char in path):
        path = '"' + "".join(_ESCAPES.get(char, char) for char in path) + '"'
    elif " " in path:
        path += "\t"  # ends the name, which would end at the blank
    return path.encode("utf-8", "surrogateescape")
