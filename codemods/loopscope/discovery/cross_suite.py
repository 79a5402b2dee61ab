"""What other suites have to do with one: conftests above its root, modules that it imports from
elsewhere, and suites below it whose tests a run of pytest in its root collects, too.

A suite below that has configuration of its own does not load the conftests above it when pytest
runs in its folder, unless ``--confcutdir`` stands in its ``addopts``; in a run from the root above
they count, and its own configuration does not.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from posixpath import basename, dirname

from loopscope.config.collected_files import collects, with_parents
from loopscope.config.pytest_config import added_options, is_test_file
from loopscope.discovery.walk import DiscoveredSuite
from loopscope.observed import is_file, is_vcs_root, names_in, read
from loopscope.types import SOURCE_ROOTS, PytestConfig

_FROM = re.compile(rb"^[ \t]*from[ \t]+([\w.]+)[ \t]+import\b", re.MULTILINE)
_DOTTED = re.compile(rb"""["']([A-Za-z_][\w.]*)["']""")
# What a conftest holds that has to do with loops, or brings fixtures without naming them.
_CONCERNED = (b"oop", b"async", b"import *", b"pytest_plugins")
_DEFINED = re.compile(rb"def[ \t]+event_loop\b|[\"']event_loop[\"']")
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock")
_LOCKED = re.compile(rb'name = "pytest[-_.]asyncio"')
# A folder that a lock file installs: of uv, of Poetry, of PDM.
_MEMBER = re.compile(rb'\b(?:editable|virtual|directory|url|path) = "(?:\./)?([^":]+)"')
_KNOWN = frozenset({*sys.stdlib_module_names, "pytest", "pytest_asyncio"})


class Index:
    """The places of all modules in a run; each directory is listed once."""

    def __init__(self, suites: Sequence[DiscoveredSuite]) -> None:
        self.suites = suites
        self._listed: dict[str, frozenset[str]] = {}
        self._concerned: dict[str, bool] = {}

    def paths(self, name: str, bases: Iterable[str], root: str) -> Iterator[str]:
        """Yield the files outside of ``root`` that a dotted name may mean, ``bases`` first."""
        top, *_ = name.split(".")
        near = (base for base in bases if top in self._names(base))
        for base in (*near, *self._tops.get(top, ())):
            stem = os.path.join(base, *name.split("."))
            for path in (f"{stem}.py", os.path.join(stem, "__init__.py")):
                if is_file(path) and not path.startswith(os.path.join(root, "")):
                    yield path

    def concerns_loops(self, suite: DiscoveredSuite) -> bool:
        """Whether a test module or conftest of a suite mentions asyncio or its fixture."""
        if suite.root not in self._concerned:
            tests = [path for path in suite.python if is_test_file(path, suite.config)]
            places = (os.path.join(suite.root, path) for path in tests)
            self._concerned[suite.root] = any(
                b"asyncio" in data or b"event_loop" in data for _, data in _read(suite, places)
            )
        return self._concerned[suite.root]

    @cached_property
    def _tops(self) -> dict[str, list[str]]:
        """The directories of all suites that hold a module, by its name."""
        found: dict[str, list[str]] = {}
        for suite in self.suites:
            pairs = {
                (base, path.removeprefix(base).partition("/")[0].removesuffix(".py"))
                for path in suite.python
                for base in SOURCE_ROOTS
                if path.startswith(base)
            }
            for base, top in sorted(pairs):
                found.setdefault(top, []).append(os.path.join(suite.root, base))
        return found

    def _names(self, directory: str) -> frozenset[str]:
        """List the names of the modules and folders in a directory."""
        if directory not in self._listed:
            found = names_in(directory)
            self._listed[directory] = frozenset(name.removesuffix(".py") for name in found)
        return self._listed[directory]


def suites_below(found: DiscoveredSuite, files: Mapping[str, bytes]) -> Iterator[DiscoveredSuite]:
    """List the suites for which the conftests of ``found`` count in a run from its root.

    Args:
        found: The suite above.
        files: Its files; a conftest counts that may have to do with event loops.
    """
    config = found.config or PytestConfig()
    folders = {
        dirname(path)
        for path, data in files.items()
        if basename(path) == "conftest.py" and any(word in data for word in _CONCERNED)
    }
    if not folders:
        return
    for inner in _descendants(found):
        folder = prefix_of(inner, found.root).rstrip("/")
        if folders.intersection(with_parents(folder)) and collects(config, folder):
            yield inner


def configuration_above(found: DiscoveredSuite, index: Index) -> PytestConfig | None:
    """Find the configuration of the nearest suite above whose runs collect the tests of one.

    Returns:
        None, too, where that suite has to do with loops: its own migration states its defaults.
    """
    above = [
        other
        for other in index.suites
        if found in _descendants(other)
        and other.config is not None
        and other.config.path is not None
        and collects(other.config, prefix_of(found, other.root).rstrip("/"))
    ]
    nearest = max(above, key=lambda other: len(other.root), default=None)
    return None if nearest is None or index.concerns_loops(nearest) else nearest.config


def prefix_of(inner: DiscoveredSuite, root: str) -> str:
    """Return the folder of a suite below ``root``, with a slash at the end."""
    return os.path.relpath(inner.root, root).replace(os.sep, "/") + "/"


def conftests_above(found: DiscoveredSuite) -> dict[str, bytes]:
    """Read the conftests above the root that ``--confcutdir`` in ``addopts`` lets pytest load."""
    if found.config is None:
        return {}
    values = added_options(found.config, "--confcutdir")
    top = os.path.normpath(os.path.join(found.root, values[-1])) if values else found.root
    places = []
    place = found.root
    while place != top and place.startswith(os.path.join(top, "")):
        place = os.path.dirname(place)
        places.append(place)
    paths = (os.path.join(place, "conftest.py") for place in reversed(places))
    return dict(_read(found, paths))


def lock_above(found: DiscoveredSuite) -> dict[str, bytes]:
    """Read what the lock file of a workspace says of pytest-asyncio, for a member of it.

    The nearest lock file counts, if it names the suite's project, or a folder around it, as one
    that it installs, or if no project lies between. Of its lines only those are kept that matter.
    """
    project = "pyproject.toml" in found.other_files
    for place in (found.root, *_above(found.root)):
        locks = [name for name in _LOCKS if is_file(os.path.join(place, name))]
        if locks and place == found.root:
            return {}
        for path, data in _read(found, (os.path.join(place, name) for name in locks)):
            folders = with_parents(os.path.relpath(found.root, place).replace(os.sep, "/"))
            members = {match.decode("utf-8", "replace") for match in _MEMBER.findall(data)}
            if not project or not members.isdisjoint(folders):
                lines = data.split(b"\n")
                near = {n for n, line in enumerate(lines) if _LOCKED.match(line)}
                kept = (
                    b"" if {n, n - 1}.isdisjoint(near) else line for n, line in enumerate(lines)
                )
                return {path: b"\n".join(kept)}
        if locks:
            return {}
        project = project or is_file(os.path.join(place, "pyproject.toml"))
    return {}


def modules_elsewhere(
    found: DiscoveredSuite, files: Mapping[str, bytes], index: Index
) -> tuple[dict[str, bytes], dict[str, str]]:
    """Read the modules outside of a suite from which its conftests, plugins and tests import.

    They are looked for where Python would find them: on the ``pythonpath`` of the configuration,
    in the directories above up to the top of the working copy, in the suites of ``index``.

    Returns:
        The files, and their keys by dotted name.
    """
    inside = set(found.python)
    bases = _own_bases(found)
    contents: dict[str, bytes] = {}
    modules: dict[str, str] = {}
    own: set[tuple[str, str]] = set()  # the names, by folder, that files of the suite have
    queue = [(path, data) for path, data in files.items() if path.endswith(".py")]
    while queue:
        importer, data = queue.pop()
        folder = dirname(importer)
        for name in _names(importer, data):
            if name in modules or (folder, name) in own:
                continue
            if _is_inside(folder, name, inside):
                own.add((folder, name))
                continue
            for key, more in _read(found, index.paths(name, bases, found.root)):
                if b"fixture" in more or b"event_loop" in more or b"import" in more:
                    modules[name] = key
                    if key not in contents:
                        contents[key] = more
                        queue.append((key, more))
                break
    return contents, modules


def importers_elsewhere(
    found: DiscoveredSuite, files: Mapping[str, bytes], index: Index
) -> dict[str, tuple[str, ...]]:
    """Read the files of other suites that import names from a module with an override."""
    ways = {
        f"/{path}".removesuffix(".py").removesuffix("/__init__"): path
        for path, data in files.items()
        if b"event_loop" in data
        and _DEFINED.search(data)
        and path.endswith(".py")
        and not is_test_file(path, found.config)
    }
    importers: dict[str, list[str]] = {}
    for other in index.suites if ways else ():
        if other.root == found.root:
            continue
        tests = [path for path in other.python if is_test_file(path, other.config)]
        for key, data in _read(found, (os.path.join(other.root, path) for path in tests)):
            for name in _names(key, data) if b"event_loop" in data else ():
                for way, path in ways.items():
                    if way.endswith("/" + name.replace(".", "/")):
                        importers.setdefault(path, []).append(key)
    return {path: tuple(keys) for path, keys in importers.items()}


def projects_below(found: DiscoveredSuite) -> dict[str, bool]:
    """Map the folders of the suites below one to whether they have a configuration."""
    return {
        prefix_of(inner, found.root).rstrip("/"): inner.config is not None
        for inner in _descendants(found)
        if inner.error is None
    }


def own_names(found: DiscoveredSuite) -> tuple[str, ...]:
    """List the dotted names by which the root is imported, from the folders above it.

    They reach up to the top of the working copy, or as far as packages do. One that a folder or
    module below the root has, too, means that.
    """
    names, dotted, place = [], "", found.root
    taken = {
        path.removeprefix(base).partition("/")[0].removesuffix(".py")
        for path in found.python
        for base in SOURCE_ROOTS
        if path.startswith(base)
    }
    above = {found.root, *_above(found.root)[:-1]}
    while place in above or is_file(os.path.join(place, "__init__.py")):
        place, name = os.path.split(place)
        dotted = f"{name}.{dotted}".rstrip(".")
        if name not in taken:
            names.append(dotted)
    return tuple(names)


def _own_bases(found: DiscoveredSuite) -> list[str]:
    """List the directories outside of a suite from which Python may import for it, in order."""
    options = found.config.options if found.config else {}
    value = options.get("pythonpath", ())
    words = value.split() if isinstance(value, str) else value
    own = [] if isinstance(words, bool) else [os.path.join(found.root, word) for word in words]
    roots = [*map(os.path.normpath, own), *_above(found.root)]
    return [os.path.join(root, base) for root in roots for base in SOURCE_ROOTS]


def _above(root: str) -> list[str]:
    """List the directories above ``root`` in the same working copy; none outside of one."""
    found = []
    place = root
    while not is_vcs_root(place):
        parent = os.path.dirname(place)
        if parent == place:
            return []
        found.append(parent)
        place = parent
    return found


def _names(path: str, data: bytes) -> set[str]:
    """List the modules from which a file imports names, or which it makes plugins."""
    found = {match.decode("ascii", "ignore") for match in _FROM.findall(data)}
    if b"pytest_plugins" in data:
        found |= {match.decode("ascii", "ignore") for match in _DOTTED.findall(data)}
    return {name for name in found if name.partition(".")[0] not in {"", *_KNOWN}}


def _is_inside(folder: str, name: str, inside: set[str]) -> bool:
    """Whether a file of the suite has the name, as a file in that folder may import it."""
    way = name.replace(".", "/")
    folders = [*with_parents(folder), "src"]
    stems = (f"{folder}/{way}".lstrip("/") for folder in folders)
    return any(f"{stem}.py" in inside or f"{stem}/__init__.py" in inside for stem in stems)


def _read(found: DiscoveredSuite, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Read the files that can be read, by their paths from the root of the suite."""
    for path in paths:
        try:
            data = read(path)
        except OSError:
            continue
        yield os.path.relpath(path, found.root).replace(os.sep, "/"), data


def _descendants(found: DiscoveredSuite) -> Iterator[DiscoveredSuite]:
    for inner in found.below:
        yield inner
        yield from _descendants(inner)
