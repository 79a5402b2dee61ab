"""A process with a copy of the repository, in which one mutant after the other is tested."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.testing import run_tests
from cosmic_ray.work_item import TestOutcome, WorkItem, WorkResult
from coverage import CoverageData

from . import covering
from .covering import CHOSEN, MEASURE, Covering
from .operators import register

ROOT = Path(__file__).parents[2]
SOURCES = "codemods"
_TEXTS = ("pyproject.toml", "README.md", "CHANGELOG.md")
_NEEDED = (SOURCES, "tests", "migration_guides", "examples", *_TEXTS)
_ONE_TEST = 60  # seconds: a mutant that never ends
_OPTIONS = f"-x -q -n0 -p no:cacheprovider -p {covering.__name__} --timeout={_ONE_TEST}"
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


def measured(tests: tuple[str, ...], timeout: float) -> tuple[bool, str, Covering]:
    """Run the tests without a mutant: whether they pass, what they print, what each one runs.

    They must pass in the order in which mutants meet them, too.
    """
    paths = " ".join(tests)
    outcome, output = run_tests(f"{sys.executable} -m {MEASURE} {_OPTIONS} {paths}", timeout)
    data = CoverageData()
    data.read()
    known = Covering(data)
    if outcome is TestOutcome.SURVIVED:
        outcome, output = run_tests(_command(known.all()), timeout)
    return outcome is TestOutcome.SURVIVED, output, known


def tested(item: WorkItem, tests: list[str], timeout: float) -> WorkResult:
    """What these tests, by their ids, say to a mutant: it is done at one failure."""
    return mutate_and_test(item.mutations, _command(tests), timeout)


def _command(tests: list[str]) -> str:
    CHOSEN.write_text(json.dumps(tests), encoding="utf-8")
    files = sorted({test.partition("::")[0] for test in tests})
    return f"{sys.executable} -m pytest {_OPTIONS} {' '.join(files)}"
