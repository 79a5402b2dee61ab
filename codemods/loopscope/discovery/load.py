"""From paths to suites in memory: each Python file is read once, the ones that matter are kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

from loopscope.config.code_style import STYLE_FILES
from loopscope.config.declaring_names import is_pin_file
from loopscope.config.pytest_config import CONFIGURATION_FILES, added_options, is_test_file
from loopscope.discovery.cross_suite import (
    Index,
    configuration_above,
    conftests_above,
    importers_elsewhere,
    lock_above,
    modules_elsewhere,
    own_names,
    prefix_of,
    projects_below,
    suites_below,
)
from loopscope.discovery.first_glance import has_trace, matters, mentions_asyncio
from loopscope.discovery.selection import choose
from loopscope.discovery.walk import DiscoveredSuite, discover
from loopscope.observed import behind_links, exists, glance, is_file, is_vcs_root, read, real_path
from loopscope.types import JOURNAL, PROJECT_FILES, CrossSuiteFiles, FileError, PytestConfig, Suite


def load_suites(
    paths: Sequence[Path],
    exclude: Sequence[str] = (),
    progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    base: str | None = None,
    recover: Callable[[str], tuple[FileError, ...]] | None = None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
) -> Iterator[Suite | FileError]:
    """Read every suite at or below ``paths``, one after the other.

    Args:
        paths: Files and directories. A path inside a suite stands for itself: the suite is
            read whole, and ``Suite.editable`` names what may change.
        exclude: Patterns as in a .gitignore file.
        progress: Called with the number of Python files that are done, and of all of them.
        base: The directory that ``exclude`` is written for; default: the current one.
        recover: Undoes a write that was cut off in the directory that it is given. Without
            it, a suite with such a directory is an error.
        only: Globs for suites, see ``choose``; empty means all.
        skip: Globs for suites that are left out.

    Yields:
        A suite; its ``files`` are empty where it has nothing to do with event loops, and
        where its configuration cannot be read (then ``errors`` says why). A ``FileError`` for
        a path that does not exist. Labels can be opened from the current directory.
    """
    working = os.getcwd()
    existing: list[str] = []
    for path in paths:
        if exists(str(path)):
            existing.append(os.path.abspath(path))
        else:
            message = "there is no such file or directory; check the spelling"
            yield FileError(path.as_posix(), message)
    relative = not any(path.is_absolute() for path in paths)
    suites = discover(existing, exclude, base or working)
    for path in (path for path in paths if exists(str(path))):
        if _is_bare(os.path.abspath(path), suites):
            alone = is_file(str(path))
            where = "is no Python file" if alone else "has no Python file at or below it"
            message = f"{where}, and no suite; check the spelling, or whether it was moved"
            yield FileError(path.as_posix(), message)
            suites = [found for found in suites if found.root != os.path.abspath(path)]
    everything = suites
    suites, errors = choose(suites, only, skip, working)
    yield from errors
    broken: dict[str, list[FileError]] = {}
    if recover is not None and any(found.unfinished for found in suites):
        broken = {found.root: _recover(found, recover) for found in suites}
        suites = everything = discover(existing, exclude, base or working)
        suites, _ = choose(suites, only, skip, working)
    index = Index(everything)
    done, total = 0, sum(len(found.python) for found in suites)
    for found in suites:
        progress(done, total)
        done += len(found.python)
        label = os.path.relpath(found.root, working) if relative else found.root
        label = label.replace(os.sep, "/")
        if broken.get(found.root):  # what is said of it is about more than one file
            config = found.config or PytestConfig()
            yield Suite(label, config, {}, errors=tuple(broken[found.root]))
            continue
        suite = _load(found, label, index)
        if suite.files or suite.errors or found.is_suite or len(suites) == 1:
            yield suite
    progress(done, total)


def _is_bare(path: str, suites: Sequence[DiscoveredSuite]) -> bool:
    """Whether there is no Python file at or below an absolute path, and no suite."""
    if is_file(path) and path.endswith(".py"):
        return False
    for found in suites:
        if (found.root + os.sep).startswith(path.rstrip(os.sep) + os.sep):
            if found.python or found.is_suite or _is_broken(found):
                return False
        elif path.startswith(found.root + os.sep):
            way = os.path.relpath(path, found.root).replace(os.sep, "/")
            name = os.path.basename(way)
            if name in CONFIGURATION_FILES or is_pin_file(name) or way in found.texts:
                return False
            named = (*found.python, *(error.path for error in found.errors + found.unreadable))
            if any(file.startswith(f"{way}/") for file in named):
                return False
    return True


def _is_broken(found: DiscoveredSuite) -> bool:
    """Whether something is wrong with it, which is said in its place."""
    return bool(found.error or found.errors or found.unreadable or found.unfinished)


def _recover(
    found: DiscoveredSuite, recover: Callable[[str], tuple[FileError, ...]]
) -> list[FileError]:
    """Undo what was cut off in a suite; the whole of it, also where a part was given."""
    return [
        replace(error, path=os.path.join(folder, error.path).replace(os.sep, "/"))
        for folder in found.unfinished
        for error in recover(os.path.join(found.root, folder))
    ]


def _load(
    found: DiscoveredSuite, label: str, index: Index, tests: PytestConfig | None = None
) -> Suite:
    """Read one suite; ``tests`` is the configuration of a suite above that collects from it."""
    config = found.config or PytestConfig()
    errors = list(found.errors)
    if found.unfinished:
        message = (
            "a loopscope migrate is at work here, or was killed and left only some of its"
            f" changes (there is a {JOURNAL}): run it again, on this directory, to undo them and"
            " start afresh"
        )
        errors += (FileError(folder or ".", message) for folder in found.unfinished)
        return Suite(label, config, {}, errors=tuple(errors))
    if found.error is not None:
        filled = _read(found, found.error.path, []) or b""
        braces = (b"{{", b"{%")
        template = any(one in filled or one in os.fsencode(label) for one in braces)
        files = {found.error.path: filled} if template else {}  # LS318 says whether it is one
        return Suite(label, config, files, errors=(*errors, found.error))
    files, touched = _scan(found, config, errors, tests)
    if touched and config.path is not None and config.path not in found.other_files:
        where = "lies outside of this suite"
        return Suite(label, config, {}, errors=(*errors, _link(found, config.path, where)))
    cross_suite = CrossSuiteFiles()
    if touched:
        for name in found.other_files:
            if name in (*CONFIGURATION_FILES, *STYLE_FILES) or (
                is_pin_file(name) and ("/" not in name or not found.is_ignored(name))
            ):
                data = _read(found, name, errors)
                if data is not None:
                    files[name] = data
        files.update(_doctests(found, config))
        errors += _left_out(found, files)
        cross_suite = _cross_suite(found, files, index, tests)
    return Suite(
        label,
        config,
        files,
        _editable(found, files),
        tuple(errors),
        cross_suite,
        in_tests=_in_tests(found.root),
    )


def _in_tests(root: str) -> bool:
    """Whether a root is the folder of tests of a project, which lies in the folder above it."""
    above, name = os.path.split(root)
    files = (os.path.join(above, file) for file in PROJECT_FILES)
    return name in ("test", "tests") and (is_vcs_root(above) or any(map(is_file, files)))


def _cross_suite(
    found: DiscoveredSuite,
    files: Mapping[str, bytes],
    index: Index,
    tests: PytestConfig | None,
) -> CrossSuiteFiles:
    """Read the files of other suites that count for this one."""
    above = conftests_above(found)
    outside, modules = modules_elsewhere(found, {**files, **above}, index)
    below = {}
    if tests is None:  # in those below another the suites below are that one's
        config = found.config or PytestConfig()
        for inner in suites_below(found, files):
            suite = _load(inner, inner.root, index, config)
            below[prefix_of(inner, found.root)] = suite
    importers = importers_elsewhere(found, files, index)
    configured = configuration_above(found, index)
    outside = {**above, **outside, **lock_above(found)}
    names, projects = own_names(found), projects_below(found)
    return CrossSuiteFiles(outside, modules, below, importers, configured, names, projects)


def _scan(
    found: DiscoveredSuite,
    config: PytestConfig,
    errors: list[FileError],
    tests: PytestConfig | None = None,
) -> tuple[dict[str, bytes], bool]:
    """Read the Python files of a suite, and tell whether it has to do with event loops.

    Most suites have nothing to do with event loops, and none of their files is kept in memory. A
    suite that has is read again from the start.
    """
    touched = tests is not None or mentions_asyncio(config)
    if not touched and not _is_touched(found, errors) and not _declares(found):
        return {}, False
    # Where no suite has to do with event loops, their import is most of the time of a run.
    from loopscope.discovery.first_glance import drawn_on, leading_to, reexports

    errors[:] = found.errors
    files: dict[str, bytes] = {}
    others: dict[str, bytes] = {}
    for path in found.python:
        data = _read(found, path, errors)
        if data is None or found.is_ignored(path):
            continue
        if matters(path, data, config) or (tests and is_test_file(path, tests)):
            files[path] = data
        else:
            others[path] = data
    names = own_names(found)
    more = {*leading_to(files, others), *reexports(files, others, config, names)}
    more |= set(drawn_on(files, others, config, names))
    files |= {path: others[path] for path in sorted(more)}
    return files, True


def _is_touched(found: DiscoveredSuite, errors: list[FileError]) -> bool:
    """Whether any Python file has a trace of event loops.

    Ignore rules are asked last, and only for files that have one: they are slow.
    """
    prefix = os.path.join(found.root, "")
    for path in found.python:
        data: bytes | None
        try:
            data = glance(prefix + path)
        except OSError:
            data = _read(found, path, errors)  # it says what is wrong, where that matters
        if data is not None and has_trace(data) and not found.is_ignored(path):
            return True
    return False


def _declares(found: DiscoveredSuite) -> bool:
    """Whether a suite with a configuration may be run with pytest-asyncio, as it declares."""
    if found.config is None or found.config.path is None:
        return False
    prefix = os.path.join(found.root, "")
    for path in found.other_files:
        if is_pin_file(path):
            try:
                data = glance(prefix + path)
            except OSError:
                continue  # said elsewhere
            if data is not None and (b"pytest-asyncio" in data or b"pytest_asyncio" in data):
                return True
    return False


def _doctests(found: DiscoveredSuite, config: PytestConfig) -> Iterator[tuple[str, bytes]]:
    """Read the texts that pytest collects as doctests and that ask for the fixture."""
    globs = added_options(config, "--doctest-glob") or ["test*.txt"]
    for path in found.texts:
        name = os.path.basename(path)
        if any(fnmatch(path if "/" in glob else name, glob) for glob in globs):
            data = None if found.is_ignored(path) else _read(found, path, [])
            if data is not None and b"getfixture" in data and b"event_loop" in data:
                yield path, data


def _left_out(found: DiscoveredSuite, files: dict[str, bytes]) -> Iterator[FileError]:
    """Report the files that pytest may read for the suite and that may not be changed here."""
    for error in found.unreadable:
        if not found.is_ignored(error.path) and found.may_edit(error.path):
            yield error
    for path in found.links:
        if not found.is_ignored(path) and found.may_edit(path):
            data = _read(found, path, [])
            if data is not None and has_trace(data):
                yield _link(found, path, "lies outside of this suite")
    for path, data in files.items():
        hidden = found.may_edit(path) and not found.may_edit(behind_links(found.root, path))
        if hidden and has_trace(data):
            yield _link(found, path, "was not given")


def _link(found: DiscoveredSuite, path: str, where: str) -> FileError:
    target = real_path(os.path.join(found.root, path))
    message = (
        f"is a link to {target}, which {where} and is left alone: give its path, too, or make it"
        " a file of the suite"
    )
    return FileError(path, message)


def _read(found: DiscoveredSuite, path: str, errors: list[FileError]) -> bytes | None:
    try:
        return read(os.path.join(found.root, path))
    except OSError as error:
        if not found.is_ignored(path):
            errors.append(FileError(path, f"cannot be read: {error.strerror}"))
        return None


def _editable(found: DiscoveredSuite, files: dict[str, bytes]) -> frozenset[str] | None:
    """Name the files that may change where only a part of the suite was given; None: all may.

    What the part depends on belongs to it: the configuration that pytest reads, the conftests
    above, and where pytest-asyncio is required.
    """
    if found.selected is None:
        return None

    folders = {os.path.dirname(path) for path in files}
    conftests = {f"{folder}/conftest.py".lstrip("/") for folder in folders}  # may be new
    needed = {path for path in files if path in CONFIGURATION_FILES or is_pin_file(path)}
    needed |= set(CONFIGURATION_FILES) | {f"{folder}conftest.py" for folder in _above(found)}
    given = (path for path in {*files, *conftests} if found.may_edit(path))
    return frozenset(
        {
            *needed,
            *(path for path in given if found.may_edit(behind_links(found.root, path))),
        }
    )


def _above(found: DiscoveredSuite) -> set[str]:
    """Name the folders of the suite above what was given, each with a slash, "" for the root."""
    folders = {""}
    for path in found.selected or ():
        parts = path.split("/")[:-1]
        folders |= {"/".join(parts[:number]) + "/" for number in range(1, len(parts) + 1)}
    return folders
