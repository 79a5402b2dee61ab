"""Find files whose contents git could not bring back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from loopscope.processes import ask
from loopscope.types import Change, FileError

_PATIENCE = 600.0  # seconds for one question: git reads every file whose time stamp is new
_HINT = "or use --allow-dirty; nothing of this suite was written"
_CHANGED = (
    "has uncommitted changes, which could not be told from loopscope's: commit or stash them,"
    f" {_HINT}"
)
_UNTRACKED = f"is not in git, which could not bring it back: add and commit it, {_HINT}"
_HIDDEN = (
    "is marked assume-unchanged or skip-worktree, so git would show no changes in it: take the"
    f" mark away with git update-index, {_HINT}"
)
_UNKNOWN = "git cannot say what is uncommitted here ({}): see what git status says, {}"

# Whatever the repository says, none of its programs run, nothing is fetched, and its index is
# left alone. A hook's GIT_DIR and the like are for another working copy than the suite's.
_HARMLESS = {
    "GIT_OPTIONAL_LOCKS": "0", "GIT_ALLOW_PROTOCOL": "none", "LC_ALL": "C",
    "LOOPSCOPE_NOTHING": "",
}  # fmt: skip
_KEPT = ("GIT_CONFIG", "GIT_EXEC_PATH")


class _Silent(Exception):
    """Git is not there or has failed; the text says why."""


def uncommitted(root: Path, changes: Iterable[Change]) -> tuple[FileError, ...]:
    """List the files whose contents are in no commit, or say why that cannot be known.

    New files and files outside of a git working copy are none of git's business. Those that git
    ignores are: it could not bring them back.
    A file is asked about in the working copy that it lies in, which may be a submodule.
    """
    copies: dict[str, dict[str, str]] = {}
    for change in changes:
        real = os.path.realpath(root / change.path)
        copy = _working_copy(os.path.dirname(real))
        if copy is not None and change.before is not None:
            copies.setdefault(copy, {})[real] = change.path
    return tuple(error for copy, files in copies.items() for error in _ask(copy, files))


def _working_copy(directory: str) -> str | None:
    """Find the top of the working copy that a directory lies in."""
    while not os.path.lexists(os.path.join(directory, ".git")):
        directory, below = os.path.dirname(directory), directory
        if directory == below:
            return None
    return directory


def _ask(copy: str, files: dict[str, str]) -> Iterator[FileError]:
    folder = os.path.commonpath([os.path.dirname(real) for real in files])
    try:
        answer = _git(copy, "rev-parse", "--show-toplevel")
        top = os.path.realpath(os.fsdecode(answer.removesuffix(b"\n")))
        known = _split(_git(top, "ls-files", "-v", "-z", "--", folder))
        tracked = {os.path.join(top, entry[2:]) for entry in known}
        found = dict([*_hidden(top, known), *_status(top, folder)])
    except _Silent as reason:
        yield FileError(".", _UNKNOWN.format(reason, _HINT))
        return
    for real, path in files.items():
        if real in found:
            yield FileError(path, found[real])
        elif real not in tracked:
            yield FileError(path, _UNTRACKED)


def is_tracked(path: str) -> bool:
    """Whether git has the file at an absolute path; not where git cannot say."""
    folder, name = os.path.split(path)
    if _working_copy(folder) is None:
        return False
    try:
        return bool(_git(folder, "ls-files", "-z", "--", f":(literal){name}"))
    except _Silent:
        return False


def revisions(folder: str, seconds: float) -> list[str]:
    """List the branches and tags of a working copy by their short names; none where git fails."""
    try:
        listing = _git(folder, "for-each-ref", "--format=%(refname:short)", seconds=seconds)
    except _Silent:
        return []
    return os.fsdecode(listing).split()


def _status(top: str, folder: str) -> Iterator[tuple[str, str]]:
    """Absolute paths below ``folder``, and what is wrong with them."""
    filters = _git(top, "config", "--name-only", "-z", "--get-regexp", r"^filter\.", fails=1)
    off = [part for name in _split(filters) for part in _switched_off(name)]
    listing = _git(
        top, *off, "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames",
        "--ignore-submodules=all", "--", folder,
    )  # fmt: skip
    for entry in _split(listing):
        message = _UNTRACKED if entry.startswith("??") else _CHANGED
        yield os.path.join(top, entry[3:]), message


def _hidden(top: str, known: Iterable[str]) -> Iterator[tuple[str, str]]:
    for entry in known:
        if entry[0].islower() or entry[0] == "S":
            yield os.path.join(top, entry[2:]), _HIDDEN


def _switched_off(name: str) -> tuple[str, ...]:
    """Return the arguments that keep git from running a filter, which is a program."""
    if "=" in name:  # -c would take it for the end of the name
        return (f"--config-env={name}=LOOPSCOPE_NOTHING",)
    return ("-c", f"{name}=")


def _split(listing: bytes) -> list[str]:
    return [os.fsdecode(entry) for entry in listing.split(b"\0") if entry]


def _git(top: str, *arguments: str, fails: int = 0, seconds: float | None = None) -> bytes:
    """Run git and return its output.

    Args:
        top: Where to run it.
        arguments: The command.
        fails: An exit code that stands for "nothing".
        seconds: How long it may take, ``_PATIENCE`` by default.

    Raises:
        _Silent: There is no git, or it has failed.
    """
    kept = {k: v for k, v in os.environ.items() if k[:4] != "GIT_" or k.startswith(_KEPT)}
    environment = {**kept, **_HARMLESS}
    seconds = _PATIENCE if seconds is None else seconds
    try:
        command = [_program(), "-c", "core.fsmonitor=false", *arguments]
        answer = ask(command, Path(top), environment, seconds)
    except OSError as error:
        raise _Silent(str(error)) from None
    if answer.code is None:
        raise _Silent(f"git {arguments[0]} was stopped after {seconds:g} seconds")
    if answer.code not in (0, fails):
        said = answer.errors.decode("utf-8", "surrogateescape").splitlines()
        raise _Silent(next((line for line in said if line.startswith("fatal")), "it failed"))
    return answer.output


def _program() -> str:
    """Find git; a relative entry of PATH could lead into the repository, and is skipped."""
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    path = os.pathsep.join(entry for entry in entries if os.path.isabs(entry))
    found = shutil.which("git", path=path)
    if found is None or not os.path.isabs(found):
        raise _Silent("there is no git on the PATH")
    return found
