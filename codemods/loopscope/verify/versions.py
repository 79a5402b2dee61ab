"""The two Pythons that a suite is run with: with the old pytest-asyncio, and with a new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import Version

from loopscope.requirements.compatibility import COMPANIONS, RELEASES
from loopscope.requirements.installable import project_requirements
from loopscope.types import Target
from loopscope.verify import CannotRun
from loopscope.verify.environments import Environment, by_hand, interpreter, missing
from loopscope.verify.interpreters import Interpreter, in_use, inspect

_LEGACY = "0.21.2"  # the last that has the event_loop fixture as suites know it
_LEGACY_PYTEST_BELOW = "8.2"
_LEGACY_PYTHON_BELOW = (3, 14)


@dataclass(frozen=True, slots=True)
class Side:
    """A Python to run one of the copies with."""

    python: Path
    sources: tuple[Path, ...] = ()  # folders of the project that it imports from
    notes: tuple[str, ...] = ()


def choose(
    project: Path, suite: Path, target: Target, before: Path | None, after: Path | None
) -> tuple[Side, Side]:
    """Choose the Pythons for the two runs: as requested, or else the one in use.

    Environments are made where they are needed; this may take a minute, the first time.

    Raises:
        CannotRun: One of them cannot be had.
    """
    used = None if before and after else in_use(project, suite)
    return (
        _given(before, "--before-python") if before else _before(used, project, suite),
        _given(after, "--after-python") if after else _after(used, project, suite, target),
    )


def choose_before(project: Path, suite: Path, before: Path | None) -> Side:
    """Choose the Python for the first run alone.

    Raises:
        CannotRun: It cannot be had.
    """
    if before:
        return _given(before, "--before-python")
    return _before(in_use(project, suite), project, suite)


def _given(python: Path, option: str) -> Side:
    found = inspect(python)
    for name in ("pytest", "pytest-asyncio"):
        if name not in found.versions:
            raise CannotRun(f"{option} {python}: {name} is not installed there")
    return Side(found.path, found.sources)


def _before(used: Interpreter | None, project: Path, suite: Path) -> Side:
    if used is None:
        packages = (f"pytest<{_LEGACY_PYTEST_BELOW}", f"pytest-asyncio=={_LEGACY}")
        return _bare("before", packages, project, suite)
    if used.pytest_asyncio and _older(used.pytest_asyncio, "0.22"):
        return Side(used.path, used.sources)
    if tuple(map(int, used.python.split(".")[:2])) >= _LEGACY_PYTHON_BELOW:
        raise CannotRun(
            f"{used.path} is Python {used.python}, which pytest-asyncio {_LEGACY} does not run"
            " on: make an environment with an older Python and give it as --before-python"
        )
    pytest = f"pytest<{_LEGACY_PYTEST_BELOW}"
    assumed = {"pytest": "8.1.2", "pytest-asyncio": _LEGACY}
    if _older(used.pytest, _LEGACY_PYTEST_BELOW):
        pytest, assumed["pytest"] = f"pytest=={used.pytest}", used.pytest
    return _overlay("before", used, (pytest, f"pytest-asyncio=={_LEGACY}"), assumed)


def _after(used: Interpreter | None, project: Path, suite: Path, target: Target) -> Side:
    release = next(r for r in RELEASES if r.series == (target.major, target.minor))
    oldest = ".".join(map(str, release.pytest))
    plugin = f"pytest-asyncio>={target}"
    if used is None:
        return _bare("after", (f"pytest>={oldest}", plugin), project, suite)
    if used.pytest_asyncio and not _older(used.pytest_asyncio, str(target)):
        return Side(used.path, used.sources)
    pytest = f"pytest>={oldest}"
    assumed = {"pytest": "9.0.0", "pytest-asyncio": RELEASES[-1].exact}
    if not _older(used.pytest, oldest):
        pytest, assumed["pytest"] = f"pytest=={used.pytest}", used.pytest
    return _overlay("after", used, (pytest, plugin), assumed)


def _overlay(
    name: str, used: Interpreter, packages: tuple[str, ...], assumed: Mapping[str, str]
) -> Side:
    """Make a Python like the one in use with some packages exchanged."""
    environment = Environment(
        name=name,
        requirements=packages,
        optional=tuple(_moving_along(used, assumed)),
        python=used.path,
        key=f"{used.python} {used.base} {sorted(used.versions.items())}",
        below=used.packages,
    )
    return Side(interpreter(environment), used.sources, _notes(environment))


def _bare(name: str, packages: tuple[str, ...], project: Path, suite: Path) -> Side:
    """Make an environment from the project's own requirements."""
    needed = project_requirements(project, suite)
    environment = Environment(name=name, requirements=packages, optional=needed)
    notes = (
        f"{name}: no environment with pytest was found, so one was made from the requirements"
        f" of the project ({len(needed)} besides pytest)",
        *_notes(environment),
    )
    sources = tuple(path for top in {project, suite} for path in (top / "src", top))
    return Side(interpreter(environment), sources, notes)


def _notes(environment: Environment) -> tuple[str, ...]:
    interpreter(environment)
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
        modern = not _older(assumed["pytest-asyncio"], "1.0")
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
