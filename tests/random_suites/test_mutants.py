"""Mutants of the planner: pytest itself finds each of them out, without the recheck."""

from __future__ import annotations

from pathlib import Path

import pytest

from .mutants import MUTANTS, mutant
from .trial import run

# A seed that shows each mutant; `python -m tests.random_suites` passes on all of them.
SEEDS = {
    "tests of one loop are not joined": 1,
    "shared fixtures are not joined": 1,
    "class overrides are ignored": 24,
    "converted although a fixture drives the loop": 51,
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_seed_finds_the_mutant(
    name: str, tmp_path: Path, legacy_python: Path, modern_python: Path
) -> None:
    sound = run(SEEDS[name], tmp_path / "sound", recheck=False)
    assert sound.complaints == ()
    with mutant(name):
        assert run(SEEDS[name], tmp_path / "mutant", recheck=False).complaints
