"""Copies of a project in temporary folders: nothing is ever written into the project itself."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from loopscope import processes
from loopscope.disk import is_vcs_root
from loopscope.frozen import frozen
from loopscope.verify import CannotRun

_PATIENCE = 1800.0  # seconds for one command of git: writing a large revision takes minutes

# Never part of a project's own files; of those that git lists, all are.
_CACHES = frozenset({
    ".git", ".hg", ".svn", ".jj", ".tox", ".nox", ".venv", "venv", "__pycache__", "node_modules",
    ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis",
})  # fmt: skip


@frozen
class ProjectCopy:
    """A copy of a project, or the room for one."""

    project: Path  # the original
    top: Path  # the copy of it
    suite: Path  # the folder of the suite in the copy

    def paths(self, sources: Iterable[Path]) -> list[Path]:
        """List the folders of the copy that stand for those of the project."""
        inside = (path for path in sources if path.is_relative_to(self.project))
        found = dict.fromkeys(self.top / path.relative_to(self.project) for path in inside)
        return [path for path in found if path.is_dir()]


@contextmanager
def temporary_folder(what: str) -> Iterator[Path]:
    """Make a folder for copies and records, which goes in the end."""
    prefix = f"loopscope-{what}-"
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


def room_for_copy(suite: Path, folder: Path) -> ProjectCopy:
    """Make room in ``folder`` for a copy of the project that a suite lies in.

    Nothing above the copy is taken for the project's.
    """
    project = project_above(suite)
    (folder / ".git").mkdir(parents=True)
    top = folder / project.name
    return ProjectCopy(project, top, top / suite.relative_to(project))


def copy_with_suite(suite: Path, folder: Path) -> ProjectCopy:
    """Copy the project that a suite lies in.

    Raises:
        CannotRun: A file cannot be read, or there is no room.
    """
    copy = room_for_copy(suite, folder)
    copy_project(copy.project, copy.top)
    return copy


def copy_of_original(suite: Path, folder: Path, wish: str | None) -> ProjectCopy:
    """Copy the state of a project that is held to be its original.

    Args:
        suite: It, as it is now.
        folder: For the copy.
        wish: A git revision, or the suite's folder in that state; None: as it is now.

    Raises:
        CannotRun: There is no such state, or it cannot be copied.
    """
    if wish is None:
        return copy_with_suite(suite, folder)
    copy = room_for_copy(suite, folder)
    if Path(wish).is_dir():
        root = Path(wish).resolve()
        project = project_above(root)
        copy_project(project, copy.top)
        return replace(copy, suite=copy.top / root.relative_to(project))
    copy_revision(copy.project, wish, copy.top)
    if not copy.suite.is_dir():
        inside = copy.suite.relative_to(copy.top).as_posix()
        raise CannotRun(f"--before {wish}: it has no folder {inside}")
    return copy


def project_above(suite: Path) -> Path:
    """Find the top of the working copy that ``suite`` lies in, or ``suite`` itself."""
    place = suite
    while True:
        if is_vcs_root(str(place)):
            return place
        if place.parent == place:
            return suite
        place = place.parent


def copy_project(project: Path, target: Path) -> None:
    """Copy a project into the new folder ``target``.

    In a git working copy: what git tracks or would track. Elsewhere all but version control,
    environments and caches. Symbolic links stay links; those to places inside of the project
    by an absolute path lead to the copy's.

    Raises:
        CannotRun: A file cannot be read, or there is no room.
    """
    try:
        target.mkdir(parents=True)
        for path in _listed(project):
            _copy(project, path, target)
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        raise CannotRun(f"{project} could not be copied: {error.strerror}{place}") from None


def copy_revision(project: Path, revision: str, target: Path) -> None:
    """Write the files of a git revision into the new folder ``target``.

    Neither the working copy nor its index is touched.

    Raises:
        CannotRun: There is no git, no repository or no such revision.
    """
    target.mkdir(parents=True)
    index = target.with_name(f"{target.name}.index")
    extra = {"GIT_INDEX_FILE": str(index)}
    tree = _git(project, "rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}")
    if tree is None:
        raise CannotRun(
            f"--before {revision}: this is neither a folder nor a git revision of {project};"
            " check the spelling"
        )
    try:
        for arguments in (
            ("read-tree", tree.decode().strip()),
            ("checkout-index", "--all", "--force", f"--prefix={target}{os.sep}"),
        ):
            if _git(project, *arguments, extra=extra) is None:
                raise CannotRun(f"git {arguments[0]} failed for {revision} in {project}")
    finally:
        index.unlink(missing_ok=True)


def _listed(project: Path) -> Iterator[Path]:
    listing = _git(project, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listing is None or not (project / ".git").exists():
        yield from _walked(project)
        return
    for name in dict.fromkeys(os.fsdecode(name) for name in listing.split(b"\0") if name):
        path = project / name
        if path.is_dir() and not path.is_symlink():  # a submodule, or a repository inside
            yield from _walked(path)
        elif os.path.lexists(path):
            yield path


def _walked(top: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(top):
        folders[:] = sorted(name for name in folders if _is_wanted(Path(place, name)))
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        yield from (Path(place, name) for name in [*links, *sorted(files)])


def _is_wanted(folder: Path) -> bool:
    if folder.name in _CACHES:
        return False
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    return "pyvenv.cfg" not in names and "conda-meta" not in names


def _copy(project: Path, path: Path, target: Path) -> None:
    copy = target / path.relative_to(project)
    copy.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        leads_to = os.readlink(path)
        if os.path.isabs(leads_to) and Path(leads_to).is_relative_to(project):
            leads_to = str(target / Path(leads_to).relative_to(project))
        copy.symlink_to(leads_to)
    elif path.is_file():  # no pipes, sockets, devices
        shutil.copy2(path, copy)


def _git(folder: Path, *arguments: str, extra: Mapping[str, str] | None = None) -> bytes | None:
    """Return the output of git, or None where it is not installed or fails.

    Raises:
        CannotRun: It takes too long.
    """
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", **(extra or {})}
    try:
        command = ["git", "-c", f"core.hooksPath={os.devnull}", *arguments]
        answer = processes.ask(command, folder, environment, _PATIENCE)
    except OSError:
        return None
    if answer.code is None:
        raise CannotRun(
            f"git {arguments[0]} in {folder} took longer than {_PATIENCE:g} seconds and was"
            " stopped: see what the same command says there by hand"
        )
    return None if answer.code else answer.output
