"""A process with a copy of the repository, in which one mutant after the other is tested.

Whatever makes pytest fail is a kill for Cosmic Ray: no test that could be run, an error of
pytest, a machine that was slow for a moment. Here it is one where a test fails, or the package
cannot be imported, and the same tests in the same order pass without the mutant.
"""

from __future__ import annotations

import compileall
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
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
_OPTIONS = f"-x -q -n0 -p no:cacheprovider -p {covering.__name__} --durations=1"
_WHOLE_RUN_ENDED = "timeout"  # all that Cosmic Ray says of it
_ONE_TEST_ENDED = "from pytest-timeout."
_A_FEW = 40
_FAILURES = ("FAILED", "ERROR")  # a test in itself; its set-up, or the import of a file
_SKIPPED = shutil.ignore_patterns("__pycache__", ".*")


def start(place: str, tests: tuple[str, ...]) -> None:
    """Copy the repository to a new folder below ``place``, go there, and compile it.

    Cosmic Ray writes no byte code, so each mutant would compile all modules and tests again.
    """
    copy = Path(tempfile.mkdtemp(dir=place))
    for name in _NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=_SKIPPED)
        else:
            shutil.copy(ROOT / name, copy / name)
    os.chdir(copy)
    os.environ["PYTHONPATH"] = str(copy / SOURCES)  # before an editable installation
    register()
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n0", *tests]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    compileall.compile_dir(SOURCES, quiet=1)


class Verdict(Enum):
    """What became of a mutant."""

    KILLED = "killed"
    AT_IMPORT = "killed at import"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"
    NOT_JUDGED = "not judged"


def verdict(result: WorkResult) -> Verdict:
    """Judge by what pytest has printed, not by its exit code alone."""
    output = result.output or ""
    if result.test_outcome is TestOutcome.SURVIVED:
        return Verdict.SURVIVED
    if result.test_outcome is not TestOutcome.KILLED:
        return Verdict.NOT_JUDGED
    if output == _WHOLE_RUN_ENDED or _ONE_TEST_ENDED in output:
        return Verdict.TIMED_OUT
    if _named(output, "FAILED") or any(
        "::" in name.split()[0] for name in _named(output, "ERROR")
    ):
        return Verdict.KILLED
    return Verdict.AT_IMPORT if _named(output, "ERROR") else Verdict.NOT_JUDGED


def _named(output: str, word: str) -> list[str]:
    """List the tests and files that the summary of pytest names under a word."""
    lines = [line for line in output.splitlines() if line.startswith(f"{word} ")]
    return [line.removeprefix(f"{word} ") for line in lines]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The tests without a mutant: whether they pass, what they print, what each of them runs."""

    passed: bool
    output: str
    covering: Covering

    @property
    def longest(self) -> float:
        """Return the seconds of the slowest test."""
        found = re.findall(r"^(\d+\.\d+)s call ", self.output, re.MULTILINE)
        return max(map(float, found), default=0.0)


def measured(tests: tuple[str, ...], timeout: float) -> Baseline:
    """Run the tests without a mutant; they must pass in the order in which mutants meet them."""
    paths = " ".join(tests)
    outcome, output = run_tests(f"{sys.executable} -m {MEASURE} {_OPTIONS} {paths}", timeout)
    data = CoverageData()
    data.read()
    known = Covering(data)
    if outcome is TestOutcome.SURVIVED:
        outcome, output = run_tests(_command(known.all(), timeout), timeout)
    return Baseline(outcome is TestOutcome.SURVIVED, output, known)


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for one test and for all of a mutant."""

    one: float
    all: float


def tested(item: WorkItem, tests: list[str], limits: Limits) -> WorkResult:
    """What these tests, by their ids, say to a mutant: it is done at one failure.

    A few are most often enough, and most of the time goes into collecting the files of all.
    """
    for some in (tests[:_A_FEW], tests) if len(tests) > _A_FEW else (tests,):
        result = mutate_and_test(item.mutations, _command(some, limits.one), limits.all)
        if verdict(result) is not Verdict.SURVIVED:
            break
    if verdict(result) in (Verdict.SURVIVED, Verdict.NOT_JUDGED):
        return result
    command = _command(list(_until_failure(tests, result.output)), limits.one)
    outcome, output = run_tests(command, limits.all)
    if outcome is TestOutcome.SURVIVED:
        return result
    output = f"the tests fail without the mutant, too:\n{output}"
    return WorkResult(result.worker_outcome, output, TestOutcome.INCOMPETENT, result.diff)


def _until_failure(tests: list[str], output: str) -> Iterator[str]:
    failed = [name for word in _FAILURES for name in _named(output, word)]
    for test in tests:
        yield test
        if any(name == test or name.startswith(f"{test} - ") for name in failed):
            return


def _command(tests: list[str], limit: float) -> str:
    CHOSEN.write_text(json.dumps(tests), encoding="utf-8")
    files = sorted({test.partition("::")[0] for test in tests})
    return f"{sys.executable} -m pytest {_OPTIONS} --timeout={limit:.0f} {' '.join(files)}"
