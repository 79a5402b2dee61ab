"""What discovery takes: files that no rule excludes, and suites that --only and --skip choose."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence, Set
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from loopscope.frozen import frozen
from loopscope.observed import is_vcs_root, read
from loopscope.types import FileError

if TYPE_CHECKING:
    from loopscope.discovery.ignore_rules import IgnoreRules
    from loopscope.discovery.walk import DiscoveredSuite

# Folders with a leading dot (.git, .venv, .tox, .nox, .eggs, caches) are skipped as well:
# pytest does not look into them either.
_SKIPPED = frozenset({
    "node_modules", "__pycache__", "__pypackages__", "venv", "site-packages", "CVS", "_darcs",
    "{arch}",
})  # fmt: skip
_SKIPPED_UNLESS_PACKAGE = frozenset({"build", "dist"})
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")

_SHOWN = 5


def is_skipped_name(name: str) -> bool:
    """Whether a folder of this name never holds anything of a suite's own."""
    return name in _SKIPPED or name.startswith(".") or name.endswith((".egg-info", ".egg"))


def is_skipped_content(name: str, names: Set[str]) -> bool:
    """Whether a folder is a virtual environment or build output, judged by what it holds."""
    if name in _SKIPPED_UNLESS_PACKAGE and "__init__.py" not in names:
        return True
    return not names.isdisjoint(_ENVIRONMENT_MARKS)


@frozen
class Ignored:
    """The ignore rules that hold in one directory: its own, and those of the directories above.

    ``levels`` are (directory, patterns), outermost first; the innermost that has an opinion
    wins, as in git. ``excludes`` always win; they match a path below any of ``bases``.
    """

    levels: tuple[tuple[str, IgnoreRules], ...] = ()
    excludes: IgnoreRules | None = None
    bases: tuple[str, ...] = ()

    def __call__(self, path: str, *, directory: bool = False) -> bool:
        """Whether the file (or directory) at the absolute ``path`` is left out."""
        return self.excluded(path, directory=directory) or self.by_git(path, directory=directory)

    def excluded(self, path: str, *, directory: bool = False) -> bool:
        """Whether the user's own patterns name the path."""
        return self.excludes is not None and any(
            _match(self.excludes, base, path, directory) for base in self.bases
        )

    def by_git(self, path: str, *, directory: bool = False) -> bool:
        """Whether git would ignore the path."""
        for base, spec in reversed(self.levels):
            answer = _match(spec, base, path, directory)
            if answer is not None:
                return answer
        return False

    def below(self, directory: str, *files: str) -> Ignored:
        """Add the rules of the named ignore files in ``directory``."""
        lines = [line for file in files for line in _lines(os.path.join(directory, file))]
        if not lines:
            return self
        return Ignored((*self.levels, (directory, _compile(lines))), self.excludes, self.bases)

    def without_git(self) -> Ignored:
        """Keep only the excludes, for an ignored directory that the user named."""
        return Ignored((), self.excludes, self.bases)


def rules_above(directory: str, exclude: Sequence[str], working: str) -> Ignored:
    """Read the rules of the directories above, up to the top of the working copy.

    Args:
        directory: Absolute path of the directory that is about to be walked.
        exclude: Patterns as in a .gitignore file, for paths below ``directory`` or below
            ``working`` (the current directory).
        working: See ``exclude``.
    """
    ignored = Ignored((), _compile(exclude) if exclude else None, (directory, working))
    chain = [directory]
    while not is_vcs_root(chain[-1]):
        parent = os.path.dirname(chain[-1])
        if parent == chain[-1]:
            return ignored  # no working copy: the ignore files above are not meant for us
        chain.append(parent)
    for place in reversed(chain):
        info = (os.path.join(".git", "info", "exclude"),) if place == chain[-1] else ()
        own = () if place == directory else (".gitignore",)
        ignored = ignored.below(place, *info, *own)
    return ignored.without_git() if ignored.by_git(directory, directory=True) else ignored


def excluding(patterns: Sequence[str], base: str) -> Ignored:
    """Rules that only leave out what ``patterns`` name, written for the directory ``base``."""
    return Ignored((), _compile(patterns), (base,))


def _match(rules: IgnoreRules, base: str, path: str, directory: bool) -> bool | None:
    prefix = base if base.endswith(os.sep) else base + os.sep
    if not path.startswith(prefix):
        return None
    return rules(path[len(prefix) :].replace(os.sep, "/"), directory=directory)


def _compile(lines: Iterable[str]) -> IgnoreRules:
    from loopscope.discovery.ignore_rules import IgnoreRules

    return IgnoreRules(lines)


def _lines(path: str) -> list[str]:
    try:
        text = read(path).decode("utf-8", "surrogateescape")
    except OSError:
        return []
    lines = (line.rstrip("\r") for line in text.split("\n"))
    return [line for line in lines if line.strip() and not line.startswith("#")]


def choose(
    suites: Sequence[DiscoveredSuite], only: Sequence[str], skip: Sequence[str], working: str
) -> tuple[list[DiscoveredSuite], list[FileError]]:
    """Choose the suites that ``only`` names (all where it is empty) and ``skip`` does not.

    A glob stands for the path of a suite from the directory ``working``; one without a slash
    for the name of its folder, too.

    Returns:
        The suites, and an error for each glob of ``only`` that fits none, or for all of them
        where ``skip`` leaves nothing of what they take.
    """
    if not only and not skip:
        return list(suites), []
    names = {found.root: os.path.relpath(found.root, working) for found in suites}
    chosen = [
        found
        for found in suites
        if (not only or any(_fits(found, names, glob) for glob in only))
        and not any(_fits(found, names, glob) for glob in skip)
    ]
    real = [names[found.root] for found in suites if found.is_suite]
    there = ", ".join(real[:_SHOWN]) + (", ..." if len(real) > _SHOWN else "")
    errors = [
        FileError(glob, f"no suite matches this --only; there are: {there or 'none'}")
        for glob in only
        if not any(_fits(found, names, glob) for found in suites)
    ]
    if only and not chosen and not errors:
        errors.append(FileError(only[0], "--skip leaves out every suite that --only takes"))
    return chosen, errors


def _fits(found: DiscoveredSuite, names: dict[str, str], glob: str) -> bool:
    glob = os.path.normpath(glob).replace(os.sep, "/")
    name = names[found.root].replace(os.sep, "/")
    last = os.path.basename(found.root)
    return fnmatchcase(name, glob) or ("/" not in glob and fnmatchcase(last, glob))
