"""Which files have changes that git could not bring back."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

from loopscope.values import Change, FileError

# No program that the repository names may run, and its index is left alone.
_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1", "LC_ALL": "C"}
_HARMLESS = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")
_MESSAGE = (
    "has uncommitted changes, which could not be told from loopscope's: commit or stash them, or"
    " use --allow-dirty; nothing of this suite was written"
)


def uncommitted(root: Path, changes: Iterable[Change]) -> tuple[FileError, ...]:
    """The files to be changed that differ from the last commit.

    Files that git does not track have no last commit to differ from. Outside of a git working
    copy, and without git, there are none.
    """
    top = _git(root, "rev-parse", "--show-toplevel")
    if top is None:
        return ()
    filters = _git(root, "config", "--local", "--name-only", "-z", "--get-regexp", r"^filter\.")
    off = [part for name in _split(filters) for part in ("-c", _disabled(name))]
    listing = _git(
        root, *off, "status", "--porcelain", "-z", "-uno", "--no-renames",
        "--ignore-submodules=all", "--", ".",
    )  # fmt: skip
    names = (entry[3:] for entry in _split(listing))
    folder = os.path.realpath(os.fsdecode(top.rstrip(b"\n")))
    dirty = {os.path.realpath(os.path.join(folder, name)) for name in names}
    return tuple(
        FileError(change.path, _MESSAGE)
        for change in changes
        if os.path.realpath(root / change.path) in dirty
    )


def _disabled(name: str) -> str:
    """The setting that keeps a filter of the repository's own from being run."""
    return f"{name}={'false' if name.endswith('.required') else ''}"


def _split(listing: bytes | None) -> list[str]:
    return [os.fsdecode(entry) for entry in (listing or b"").split(b"\0") if entry]


def _git(root: Path, *arguments: str) -> bytes | None:
    """The output of git, or None where it is not installed or fails."""
    command = ["git", *_HARMLESS, *arguments]
    try:
        done = subprocess.run(
            command, cwd=root, env={**os.environ, **_QUIET}, check=True, capture_output=True,
            stdin=subprocess.DEVNULL, timeout=60,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
