"""The two Pythons that a suite is run with: with the old pytest-asyncio, and with a new one.

Each follows what the files of its side ask for, as far as that can be had; what could not be
followed is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from loopscope.frozen import frozen
from loopscope.requirements.compatibility import COMPANIONS, PLUGIN, RELEASES
from loopscope.types import Target
from loopscope.verify import CannotRun
from loopscope.verify.environments import Environment, by_hand, interpreter, missing
from loopscope.verify.interpreters import Interpreter, in_use, inspect
from loopscope.verify.pinned import Pinned, Place, pinned

_LEGACY = "0.21.2"  # the last that has the event_loop fixture as suites know it
_LEGACY_PYTEST = "<8.2"  # with it, and up to 0.23.6
_NEWER_PYTEST_FROM = "0.23.7"
_LEGACY_PYTHON_BELOW = (3, 14)
_SHOWN = 5  # requirements that are not followed


@frozen
class Side:
    """A Python to run one of the copies with."""

    python: Path
    sources: tuple[Path, ...] = ()  # folders of the project that it imports from
    notes: tuple[str, ...] = ()


@frozen
class _Wanted:
    """What one side is to be run with: pytest and pytest-asyncio as requirements."""

    name: str  # of the side
    packages: tuple[str, str]
    pinned: Pinned
    otherwise: tuple[str, str] | None = None  # where what the files ask for cannot be installed
    notes: tuple[str, ...] = ()


def choose_legacy(original: Place, copy: Place, before: Path | None) -> Side:
    """Choose the Python for the first run: as requested, or else the one in use.

    An environment is made where it is needed; this may take a minute, the first time.

    Raises:
        CannotRun: It cannot be had.
    """
    if before:
        return _given(before, "--before-python")
    return _before(in_use(original.project, original.suite), original, copy)


def choose_modern(original: Place, copy: Place, after: Path | None, target: Target) -> Side:
    """Choose the Python for the second run, in the same way.

    Raises:
        CannotRun: It cannot be had.
    """
    if after:
        return _given(after, "--after-python")
    return _after(in_use(original.project, original.suite), original, copy, target)


def choose_before(original: Place, copy: Place, before: Path | None) -> Side:
    """Choose the Python for the first run alone, whose record a migration is to follow.

    Raises:
        CannotRun: It cannot be had.
    """
    if before:
        return _given(before, "--before-python")
    used = in_use(original.project, original.suite)
    return _before(used, original, copy, below="0.24")


def choose_to_collect(original: Place, copy: Place, python: Path | None) -> Side:
    """Choose the Python that collects a suite: the one in use, with what its files ask for.

    Raises:
        CannotRun: It cannot be had.
    """
    files = pinned(copy)
    if python:
        given = _given(python, "--collect-python")
        return replace(given, notes=tuple(_unlike("collect", inspect(python), files)))
    used = in_use(original.project, original.suite)
    if used is not None and _has_what_is_asked(used, files):
        return Side(used.path, used.sources)
    if files.specifier(PLUGIN) and not files.admits(PLUGIN, "<1.0"):
        return _after(used, original, copy, Target.newest())
    return _before(used, original, copy)


def choose_alone(original: Place, copy: Place, python: Path | None, target: Target) -> Side:
    """Choose the Python for a suite on 1.x that runs once: the one in use, where it fits.

    Raises:
        CannotRun: It cannot be had.
    """
    if python:
        return _given(python, "--after-python")
    used, files = in_use(original.project, original.suite), pinned(copy)
    fits = used is not None and _has_what_is_asked(used, files)
    if used is not None and fits and not _older(used.pytest_asyncio, "0.24"):
        return Side(used.path, used.sources)
    return _after(used, original, copy, target)


def _has_what_is_asked(used: Interpreter, files: Pinned) -> bool:
    """Whether a Python has a pytest-asyncio that the files of a suite admit."""
    asked = SpecifierSet(files.specifier(PLUGIN) or "")
    return bool(used.pytest_asyncio) and asked.contains(used.pytest_asyncio, prereleases=True)


def _given(python: Path, option: str) -> Side:
    found = inspect(python)
    for name in ("pytest", PLUGIN):
        if name not in found.versions:
            raise CannotRun(f"{option} {python}: {name} is not installed there")
    return Side(found.path, found.sources)


def _before(used: Interpreter | None, original: Place, copy: Place, below: str = "1.0") -> Side:
    files = pinned(copy)
    wanted = _legacy(files, below)
    if used is None:
        return _bare(wanted, original)
    exact = SpecifierSet(wanted.packages[1].removeprefix(PLUGIN))
    fits = used.pytest_asyncio and exact.contains(used.pytest_asyncio, prereleases=True)
    if fits or (used.pytest_asyncio and _older(used.pytest_asyncio, "0.22")):
        return Side(used.path, used.sources, (*wanted.notes, *_unlike("before", used, files)))
    if tuple(map(int, used.python.split(".")[:2])) >= _LEGACY_PYTHON_BELOW:
        raise CannotRun(
            f"{used.path} is Python {used.python}, which pytest-asyncio {_LEGACY} does not run"
            " on: make an environment with an older Python and give it as --before-python"
        )
    return _overlay(wanted, used, {"pytest": "8.1.2", PLUGIN: _LEGACY})


def _after(used: Interpreter | None, original: Place, copy: Place, target: Target) -> Side:
    files = pinned(copy)
    wanted = _modern(files, target)
    if used is None:
        return _bare(wanted, original)
    exact = SpecifierSet(wanted.packages[1].removeprefix(PLUGIN))
    if used.pytest_asyncio and exact.contains(used.pytest_asyncio, prereleases=True):
        return Side(used.path, used.sources, (*wanted.notes, *_unlike("after", used, files)))
    return _overlay(wanted, used, {"pytest": "9.0.0", PLUGIN: RELEASES[-1].exact})


# -- what the files ask for


def _legacy(files: Pinned, below: str) -> _Wanted:
    """Take the release that the files ask for, where it has the event_loop fixture."""
    asked = files.specifier(PLUGIN)
    plugin, notes = f"{PLUGIN}=={_LEGACY}", []
    newer_pytest = False
    if asked and not files.admits(PLUGIN, f"=={_LEGACY}"):
        if files.admits(PLUGIN, f"<{below}"):
            plugin = f"{PLUGIN}{asked},<{below}"
            newer_pytest = files.admits(PLUGIN, f">={_NEWER_PYTEST_FROM},<{below}")
        else:
            notes.append(_not_followed("before", files, PLUGIN, plugin))
    bound = "" if newer_pytest else _LEGACY_PYTEST
    pytest = _pytest("before", files, bound, notes)
    otherwise = (f"pytest{_LEGACY_PYTEST}", f"{PLUGIN}=={_LEGACY}")
    return _Wanted("before", (pytest, plugin), files, otherwise, tuple(notes))


def _modern(files: Pinned, target: Target) -> _Wanted:
    """Take the release that the files ask for, at least that of the target where they admit it."""
    release = next(r for r in RELEASES if r.series == (target.major, target.minor))
    oldest = f">={'.'.join(map(str, release.pytest))}"
    asked = files.specifier(PLUGIN)
    plugin, notes = f"{PLUGIN}>={target}", []
    if asked and files.admits(PLUGIN, f">={target}"):
        plugin = f"{PLUGIN}{asked},>={target}"
    elif asked and files.admits(PLUGIN, ">=0.24"):
        plugin, oldest = f"{PLUGIN}{asked}", ">=8.2"
    elif asked:
        notes.append(_not_followed("after", files, PLUGIN, plugin))
    pytest = _pytest("after", files, oldest, notes)
    otherwise = (f"pytest>={'.'.join(map(str, release.pytest))}", f"{PLUGIN}>={target}")
    return _Wanted("after", (pytest, plugin), files, otherwise, tuple(notes))


def _pytest(name: str, files: Pinned, bound: str, notes: list[str]) -> str:
    asked = files.specifier("pytest")
    if files.admits("pytest", bound):
        return "pytest" + ",".join(filter(None, (asked, bound)))
    notes.append(_not_followed(name, files, "pytest", f"pytest{bound}"))
    return f"pytest{bound}"


def _not_followed(name: str, files: Pinned, package: str, taken: str) -> str:
    return (
        f"{name}: {files.places(package)} cannot be followed: this run needs {taken}, which was"
        f" taken. Give another Python as --{name}-python"
    )


def _unlike(name: str, used: Interpreter, files: Pinned) -> Iterator[str]:
    """Say where the Python in use has not what the files of this side ask for."""
    for package in ("pytest", PLUGIN):
        has, asked = used.versions.get(package, ""), files.specifier(package)
        if asked and not SpecifierSet(asked).contains(has, prereleases=True):
            yield (
                f"{name}: {files.places(package)} is not what {used.path} has:"
                f" {package} {has}. Install it there, or give another one as --{name}-python"
            )


# -- environments


def _overlay(wanted: _Wanted, used: Interpreter, assumed: Mapping[str, str]) -> Side:
    """Make a Python like the one in use with some packages exchanged."""
    pytest, plugin = wanted.packages
    if Requirement(pytest).specifier.contains(used.pytest, prereleases=True):
        pytest, assumed = f"pytest=={used.pytest}", {**assumed, "pytest": used.pytest}
    environment = Environment(
        name=wanted.name,
        requirements=(pytest, plugin),
        optional=tuple(_moving_along(used, assumed)),
        python=used.path,
        key=f"{used.python} {used.base} {sorted(used.versions.items())}",
        below=used.packages,
    )
    environment, notes = _made(environment, wanted)
    return Side(interpreter(environment), used.sources, (*wanted.notes, *notes))


def _bare(wanted: _Wanted, original: Place) -> Side:
    """Make an environment from the project's own requirements."""
    needed = wanted.pinned.installable
    environment = Environment(
        name=wanted.name, requirements=wanted.packages, optional=needed.requirements
    )
    environment, more = _made(environment, wanted)
    notes = [
        f"{wanted.name}: no environment with pytest was found, so one was made from the"
        f" requirements of the project ({len(needed.requirements)} besides pytest) with"
        f" {' and '.join(environment.requirements)}",
        *wanted.notes,
        *more,
    ]
    if needed.left_out:
        notes.append(
            f"{wanted.name}: not followed: "
            + "; ".join(needed.left_out[:_SHOWN])
            + (f"; and {len(needed.left_out) - _SHOWN} more" * (len(needed.left_out) > _SHOWN))
        )
    tops = dict.fromkeys((original.project, original.suite))
    sources = tuple(path for top in tops for path in (top / "src", top))
    return Side(interpreter(environment), sources, tuple(notes))


def _made(environment: Environment, wanted: _Wanted) -> tuple[Environment, Sequence[str]]:
    """Make it, with less where what the files ask for cannot be installed; returns notes."""
    notes = []
    try:
        interpreter(environment)
    except CannotRun:
        if wanted.otherwise is None or wanted.otherwise == environment.requirements:
            raise
        asked = " and ".join(environment.requirements)
        environment = replace(environment, requirements=wanted.otherwise)
        interpreter(environment)
        notes.append(
            f"{wanted.name}: {asked} could not be installed together;"
            f" {' and '.join(wanted.otherwise)} were taken. Give another Python as"
            f" --{wanted.name}-python"
        )
    return environment, (*notes, *_notes(environment))


def _notes(environment: Environment) -> tuple[str, ...]:
    failed = missing(environment)
    if not failed:
        return ()
    commands = by_hand(environment, f"--{environment.name}-python").replace("\n", "\n    ")
    return (
        f"{environment.name}: could not be installed: {', '.join(failed)}. By hand:\n"
        f"    {commands}",
    )


def _moving_along(used: Interpreter, assumed: Mapping[str, str]) -> Iterator[str]:
    """Plugins that do not go with the pytest or pytest-asyncio that is put in."""
    for name, wants in used.wants.items():
        if name in assumed or name not in used.versions:
            continue
        companion = COMPANIONS.get(name)
        modern = not _older(assumed[PLUGIN], "1.0")
        if companion and companion.below and modern:
            least = ".".join(map(str, companion.below))
            if _older(used.versions[name], least):
                yield f"{name}>={least}"
                continue
        if any(_refuses(want, assumed) for want in wants):
            yield name


def _refuses(want: str, assumed: Mapping[str, str]) -> bool:
    try:
        requirement = Requirement(want)
    except InvalidRequirement:
        return False
    version = assumed.get(requirement.name.lower().replace("_", "-"))
    if version is None or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
        return False
    return not requirement.specifier.contains(version, prereleases=True)


def _older(version: str, than: str) -> bool:
    return Version(version) < Version(than)
