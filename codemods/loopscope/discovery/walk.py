"""Which suites lie at or below a path, and which files are theirs. Contents are not read here,
but for configuration and ignore files.

A suite is what pytest calls a rootdir: a directory with pytest configuration, else one with
project metadata (pyproject.toml, setup.cfg, setup.py) and tests below it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field, replace

from loopscope.config.declaring_names import CI_FOLDERS, may_declare
from loopscope.config.pytest_config import CONFIGURATION_FILES, choose_configuration, is_test_file
from loopscope.discovery.selection import Ignored, is_skipped_content, is_skipped_name, rules_above
from loopscope.observed import (
    FILE,
    FOLDER,
    LINK,
    behind_links,
    exists,
    files_below,
    is_file,
    is_folder,
    is_vcs_root,
    listing,
    names_among,
    read,
    real_path,
    what_it_is,
)
from loopscope.types import JOURNAL, PROJECT_FILES, FileError, PytestConfig

_OF_ROOTS = (*CONFIGURATION_FILES, *PROJECT_FILES, "conftest.py")  # what tells a rootdir
_TEXTS = (".rst", ".txt", ".md")


@dataclass(slots=True)
class DiscoveredSuite:
    """A suite that was found; paths in it are relative to ``root``, with forward slashes."""

    root: str  # absolute
    config: PytestConfig | None = None
    error: FileError | None = None  # the configuration cannot be read
    python: list[str] = field(default_factory=list)
    other_files: list[str] = field(
        default_factory=list
    )  # all of the root, and what may be requirements
    texts: list[str] = field(default_factory=list)  # files that may hold doctests
    errors: list[FileError] = field(default_factory=list)  # directories that cannot be read
    links: list[str] = field(default_factory=list)  # Python files that lie outside of ``root``
    unreadable: list[FileError] = field(default_factory=list)  # of Python files that are none
    ignored: dict[str, Ignored] = field(default_factory=dict)  # directory -> its rules
    below: list[DiscoveredSuite] = field(default_factory=list)  # suites in it, not in these
    unfinished: list[str] = field(default_factory=list)  # directories with a journal, or so
    selected: tuple[str, ...] | None = None  # only what lies at or below may be edited; None: all

    @property
    def has_tests(self) -> bool:
        """Whether a conftest or test module lies below."""
        return any(is_test_file(path, self.config) for path in self.python)

    @property
    def is_suite(self) -> bool:
        """Whether this is more than a directory around other suites."""
        return self.config is not None or self.has_tests

    def is_ignored(self, path: str) -> bool:
        """Whether ignore rules name the file, or an exclude the one that it is a link to."""
        rules = self.ignored[os.path.dirname(path)]
        full = os.path.join(self.root, *path.split("/"))
        if rules.excluded(os.path.join(self.root, behind_links(self.root, path))):
            return True
        named = self.selected is not None and path in self.selected
        return rules.excluded(full) if named else rules(full)

    def may_edit(self, path: str) -> bool:
        """Whether the user's paths cover the file."""
        return self.selected is None or any(
            place in ("", path) or path.startswith(place + "/") for place in self.selected
        )


def discover(paths: Iterable[str], exclude: Sequence[str], working: str) -> list[DiscoveredSuite]:
    """Find the suites at or below the absolute ``paths``, which exist; ordered by root.

    A path inside a suite is widened to the suite; ``selected`` then holds the path.
    """
    focuses: dict[str, list[str]] = {}
    for path in paths:
        start = path if is_folder(path) else os.path.dirname(path)
        focuses.setdefault(_root_above(start), []).append(path)
    suites: dict[str, DiscoveredSuite] = {}
    for top, named in focuses.items():
        whole = top in named
        for found in _walk(top, frozenset(named), rules_above(top, exclude, working)):
            if not whole:
                found.selected = _focus(found.root, named)
                if not any(map(found.may_edit, [*found.python, *found.other_files])):
                    continue
            known = suites.get(found.root)
            if known is None or known.selected is not None:
                suites[found.root] = found
    return [suites[root] for root in sorted(suites)]


def _focus(root: str, named: Sequence[str]) -> tuple[str, ...] | None:
    if any(root == path or root.startswith(path + os.sep) for path in named):
        return None
    inside = (path for path in named if path.startswith(root + os.sep))
    return tuple(os.path.relpath(path, root).replace(os.sep, "/") for path in inside)


def _root_above(start: str) -> str:
    """Find the rootdir of ``start`` as pytest does, but not beyond a working copy.

    Without configuration or metadata anywhere it is the outermost directory with a conftest
    in it, else ``start`` itself.
    """
    project = conftest = None
    place = start
    while True:
        names = set(names_among(place, _OF_ROOTS))
        if _configuration(place, names) is not None:
            return place
        if project is None and not names.isdisjoint(PROJECT_FILES):
            project = place
        if "conftest.py" in names:
            conftest = place
        parent = os.path.dirname(place)
        if parent == place or is_vcs_root(place):
            return project or conftest or start
        place = parent


def _configuration(directory: str, names: Set[str]) -> PytestConfig | FileError | None:
    if names.isdisjoint(CONFIGURATION_FILES):
        return None
    contents: dict[str, bytes] = {}
    for name in CONFIGURATION_FILES:
        if name in names:
            path = os.path.join(directory, name)
            try:
                contents[name] = read(path)
            except OSError as error:
                if exists(path) and not is_file(path):
                    continue  # pytest passes over a directory or pipe of that name, too
                return FileError(name, f"cannot be read: {error.strerror}")
    return choose_configuration(contents)


# -- the walk ---------------------------------------------------------------------------


def _walk(top: str, named: frozenset[str], ignored: Ignored) -> list[DiscoveredSuite]:
    """Find the suites at or below ``top``, in one pass over the directories."""
    walk = _Walk(named)
    walk.directory(top, None, ignored)
    return walk.finish()


class _Walk:
    """The state of one pass: which suites there are so far, and who lies in whom."""

    def __init__(self, named: frozenset[str]) -> None:
        self.named = named
        self.on_the_way = {above for path in named for above in _and_parents(path)}
        # With the suite around it:
        self.owners: list[tuple[DiscoveredSuite, DiscoveredSuite | None]] = []

    def directory(self, place: str, around: DiscoveredSuite | None, ignored: Ignored) -> None:
        try:
            entries = listing(place)
        except OSError as error:
            message = f"this directory cannot be read: {error.strerror}"
            if around is None:
                self.owners.append(
                    (DiscoveredSuite(place, errors=[FileError(".", message)]), None)
                )
            else:
                around.errors.append(FileError(_relative(around.root, place), message))
            return
        names = {name for name, _ in entries}
        forced = around is None or place in self.on_the_way
        if not forced and is_skipped_content(os.path.basename(place), names):
            return
        if ".gitignore" in names:
            ignored = ignored.below(place, ".gitignore")
        owner = self._owner(place, names, around)
        folder = _relative(owner.root, place)
        owner.ignored[folder] = ignored
        if JOURNAL in names:
            owner.unfinished.append(folder)
        prefix = f"{folder}/" if folder else ""
        for name, kind in entries:
            if kind != FILE:
                self._unusual(os.path.join(place, name), kind, owner, prefix, ignored)
            elif name.endswith(".py"):
                owner.python.append(prefix + name)
                continue
            elif not folder or may_declare(name):
                owner.other_files.append(prefix + name)
            if name.endswith(_TEXTS):
                owner.texts.append(prefix + name)

    def _owner(
        self, place: str, names: Set[str], around: DiscoveredSuite | None
    ) -> DiscoveredSuite:
        config = _configuration(place, names)
        if isinstance(config, FileError):
            found = DiscoveredSuite(place, error=config)
        elif config is not None:
            found = DiscoveredSuite(place, config)
        elif around is not None and (around.config is not None or names.isdisjoint(PROJECT_FILES)):
            return around
        else:
            found = DiscoveredSuite(place)
        self.owners.append((found, around))
        return found

    def _unusual(
        self, path: str, kind: str, owner: DiscoveredSuite, prefix: str, ignored: Ignored
    ) -> None:
        """Take in an entry that is no regular file: a directory, a link, an unreadable one."""
        name = os.path.basename(path)
        if kind == FOLDER:
            if name in CI_FOLDERS and not ignored(path, directory=True):
                _take_ci(owner, prefix + name, path, ignored)
            if path in self.on_the_way:
                if is_skipped_name(name) or ignored.by_git(path, directory=True):
                    ignored = ignored.without_git()
            elif is_skipped_name(name) or ignored(path, directory=True):
                return
            self.directory(path, owner, ignored)
        elif not (kind == LINK and _leads_inside(owner.root, path)):
            if name.endswith(".py") and not name.startswith("."):  # as locks of editors do
                _sort_out(owner, prefix + name, path)
        elif name.endswith(".py"):
            owner.python.append(prefix + name)
        elif not prefix or may_declare(name):
            owner.other_files.append(prefix + name)

    def finish(self) -> list[DiscoveredSuite]:
        """Hand what turned out to be no suite of its own back to the suite around it."""
        suites = []
        for found, around in reversed(self.owners):
            if found.config is not None or around is None or found.has_tests:
                suites.append(found)
                if around is not None:
                    around.below.append(found)
            else:
                _merge(found, around)
        return suites[::-1]


def _merge(inner: DiscoveredSuite, outer: DiscoveredSuite) -> None:
    prefix = _relative(outer.root, inner.root) + "/"
    outer.below.extend(inner.below)
    outer.unfinished.extend((prefix + folder).rstrip("/") for folder in inner.unfinished)
    outer.python.extend(prefix + path for path in inner.python)
    outer.texts.extend(prefix + path for path in inner.texts)
    outer.links.extend(prefix + path for path in inner.links)
    outer.other_files.extend(
        prefix + path for path in inner.other_files if may_declare(path.rpartition("/")[2])
    )
    for errors, more in ((outer.errors, inner.errors), (outer.unreadable, inner.unreadable)):
        errors.extend(replace(error, path=prefix + error.path) for error in more)
    for folder, rules in inner.ignored.items():
        outer.ignored[(prefix + folder).rstrip("/")] = rules


def _take_ci(owner: DiscoveredSuite, folder: str, path: str, ignored: Ignored) -> None:
    """Note the files of a hidden folder that set up what tests run on."""
    for place, names in files_below(path):
        inner = f"{folder}/{_relative(path, place)}".rstrip("/")
        owner.ignored.setdefault(inner, ignored)
        owner.other_files.extend(f"{inner}/{name}" for name in names if may_declare(name))


def _sort_out(owner: DiscoveredSuite, name: str, path: str) -> None:
    """Note an entry that is neither a regular file nor a link to one of the suite."""
    problem = what_it_is(path)
    if problem:
        owner.unreadable.append(FileError(name, problem))
    elif is_file(path):
        owner.links.append(name)


def _and_parents(path: str) -> Iterable[str]:
    while True:
        yield path
        parent = os.path.dirname(path)
        if parent == path:
            return
        path = parent


def _relative(root: str, path: str) -> str:
    """``path`` below ``root`` with forward slashes; "" where both are the same."""
    return path[len(root) :].replace(os.sep, "/").strip("/")


def _leads_inside(root: str, path: str) -> bool:
    """Whether a symbolic link leads to a file of the suite."""
    real = real_path(path)
    return real.startswith(real_path(root) + os.sep) and is_file(real)
