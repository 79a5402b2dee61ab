"""One random suite on a release of pytest-asyncio 1.x, and what loopscope says of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.pipeline import style_and_loops
from loopscope.verify.environments import Environment, interpreter

from ..live.runner import run_pytest
from ..random_suites.trial import attempts, write
from ..suites_in_memory import suite_of
from .generator import generate
from .model import ModernSuite
from .truth import failed, foreign_uses, misread


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one suite. ``complaints`` is empty where all is well."""

    suite: ModernSuite
    legal: bool = True
    complaints: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()  # uses of values of another loop
    tests: int = 0
    loops: int = 0
    green: bool = True
    illegal: int = 0  # attempts that were no suites for this release


def environment(release: str) -> Environment:
    """Return the environment with exactly that release of pytest-asyncio."""
    pytest = "pytest>=9" if tuple(map(int, release.split("."))) >= (1, 3) else "pytest<9"
    return Environment(f"pytest-asyncio-{release}", (pytest, f"pytest-asyncio=={release}"))


def run(seed: int, folder: Path, release: str) -> Trial:
    """Try the first legal suite of a seed, and leave it in ``folder``.

    Raises:
        LookupError: none of the attempts is legal.
    """
    for count, number in enumerate(attempts(seed)):
        trial = try_suite(generate(number, release), folder, release)
        if trial.legal:
            return replace(trial, illegal=count)
    raise LookupError(f"seed {seed}: no legal suite; the last one: {trial.complaints[:1]}")


def try_suite(suite: ModernSuite, folder: Path, release: str) -> Trial:
    """Run, read, compare."""
    shutil.rmtree(folder, ignore_errors=True)
    old = folder / "old"
    write(suite.files, old / "suite")
    try:
        before = run_pytest(interpreter(environment(release)), old / "suite", folder / "old.json")
    except AssertionError as error:  # pytest did not get as far as running tests
        return Trial(suite, legal=False, complaints=(str(error),))
    foreign = foreign_uses(suite.files, before)
    broken = failed(before)
    if before.collect_errors or (broken and not foreign):
        return Trial(suite, legal=False, complaints=(*before.collect_errors.values(), *broken))
    style, loop_map = style_and_loops(suite_of(suite.files))
    complaints = [] if style is SuiteStyle.MODERN else ["it is read as a suite for event_loop"]
    complaints += misread(loop_map, before)
    return Trial(
        suite,
        complaints=tuple(complaints),
        foreign=tuple(foreign),
        tests=len(before.tests),
        loops=before.loops,
        green=not broken,
    )
