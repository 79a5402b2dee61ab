"""What is on disk below a folder."""

from __future__ import annotations

from pathlib import Path


def contents(root: Path) -> dict[str, bytes]:
    """Read every file below a folder, leftovers among them, by their paths."""
    found = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}
