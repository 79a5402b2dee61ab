"""The progress of a run, read from the lines that its probe has written so far."""

from __future__ import annotations

import json
import os
from pathlib import Path

from loopscope.disk import open_regular


class RunProgress:
    """Reads a record while it grows; it may not be there yet."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self._begin()

    def _begin(self) -> None:
        self._read = 0
        self._rest = b""  # the beginning of a line that is still being written
        self._done: set[str] = set()
        self._total = 0

    def look(self) -> tuple[int, int]:
        """Count the tests that have ended, and all tests; 0 until that is known."""
        for line in self._new_lines(self._record):
            if line.startswith(b'{"kind": "test"'):
                self._done |= {_field(line, "test")} - {""}
            elif line.startswith(b'{"kind": "collected"'):
                self._total = int(_field(line, "tests") or 0)
        if not self._total:  # under xdist the workers collect, all of them the same
            self._total = _collected(self._record.with_name(f"{self._record.name}.gw0"))
        return len(self._done), self._total

    def _new_lines(self, path: Path) -> list[bytes]:
        try:
            with open_regular(str(path)) as file:
                if os.fstat(file.fileno()).st_size < self._read:  # begun anew
                    self._begin()
                file.seek(self._read)
                data = file.read()
        except OSError:
            return []
        self._read += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines


def _collected(path: Path) -> int:
    try:
        with open_regular(str(path)) as file:
            head = file.read(1 << 16).split(b"\n")
    except OSError:
        return 0
    lines = (line for line in head[:-1] if line.startswith(b'{"kind": "collected"'))
    return int(_field(next(lines, b""), "tests") or 0)


def _field(line: bytes, name: str) -> str:
    try:
        return str(json.loads(line)[name])
    except (ValueError, KeyError, TypeError):
        return ""
