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
_NEEDED = (SOURCES, "tests", "migration_guides", "examples", "pyproject.toml", "README.md")
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


def command(tests: tuple[str, ...]) -> str:
    """Return the command line that runs the tests until one fails."""
    return f"{sys.executable} -m pytest -x -q -n0 -p no:cacheprovider {' '.join(tests)}"


def unchanged(tests: tuple[str, ...], timeout: float) -> tuple[bool, str]:
    """Whether the tests pass without a mutant, and what they print."""
    outcome, output = run_tests(command(tests), timeout)
    return outcome is TestOutcome.SURVIVED, output


def tested(item: WorkItem, tests: tuple[str, ...], timeout: float) -> WorkResult:
    """What the tests say to a mutant."""
    return mutate_and_test(item.mutations, command(tests), timeout)
