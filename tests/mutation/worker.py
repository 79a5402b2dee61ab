"""A process with a copy of the repository, in which one mutant after the other is tested."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.testing import run_tests
from cosmic_ray.work_item import TestOutcome, WorkItem, WorkResult

from .operators import register

ROOT = Path(__file__).parents[2]
SOURCES = "codemods"
_TEXTS = ("pyproject.toml", "README.md", "CHANGELOG.md")
_NEEDED = (SOURCES, "tests", "migration_guides", "examples", *_TEXTS)
_SKIPPED = shutil.ignore_patterns("__pycache__", ".*")


def start(place: str) -> None:
    """Copy the repository to a new folder below ``place``, and go there."""
    copy = Path(tempfile.mkdtemp(dir=place))
    for name in _NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=_SKIPPED)
        else:
            shutil.copy(ROOT / name, copy / name)
    os.chdir(copy)
    os.environ["PYTHONPATH"] = str(copy / SOURCES)  # before an editable installation
    register()


def commands(tests: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command lines that run the tests until one fails: the first path by itself.

    Most mutants are done there, before pytest has looked for the tests of all other paths.
    """
    start = f"{sys.executable} -m pytest -x -q -n0 -p no:cacheprovider"
    return tuple(f"{start} {' '.join(paths)}" for paths in (tests[:1], tests[1:]) if paths)


def unchanged(tests: tuple[str, ...], timeout: float) -> tuple[bool, str]:
    """Whether the tests pass without a mutant, and what they print."""
    outputs = [run_tests(command, timeout) for command in commands(tests)]
    passed = all(outcome is TestOutcome.SURVIVED for outcome, _ in outputs)
    return passed, "".join(output for _, output in outputs)


def tested(item: WorkItem, tests: tuple[str, ...], timeout: float) -> WorkResult:
    """What the tests say to a mutant."""
    for command in commands(tests):
        result = mutate_and_test(item.mutations, command, timeout)
        if result.test_outcome is not TestOutcome.SURVIVED:
            break
    return result
