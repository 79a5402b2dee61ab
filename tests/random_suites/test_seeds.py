"""Fixed seeds; ``python -m tests.random_suites`` runs any number of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from .generator import generate
from .summary import LEAST_KEPT, kept, lines_per_test, summary
from .trial import Trial, attempts, run

SEEDS = range(25)

# A migration by hand changes a few lines for a test, most of them in shared fixtures.
MOST_LINES_PER_TEST = 5.0

_found: dict[int, Trial] = {}

# All seeds run in one worker, which adds them up at the end.
pytestmark = pytest.mark.xdist_group("random suites")


@pytest.mark.parametrize("seed", SEEDS)
def test_migrated_suite_runs_as_before(
    seed: int, tmp_path: Path, legacy_python: Path, modern_python: Path
) -> None:
    trial = _found[seed] = run(seed, tmp_path)
    assert not trial.complaints, "\n".join(trial.complaints)


def test_loops_stay_apart_and_edits_are_few() -> None:
    if len(_found) < len(SEEDS):
        pytest.skip("this adds up all seeds")
    found = list(_found.values())
    assert kept(found) >= LEAST_KEPT, summary(found)
    assert lines_per_test(found) <= MOST_LINES_PER_TEST, summary(found)
    assert sum(trial.manual for trial in found) <= len(found) // 10, summary(found)


def test_generator_draws_the_same_suite_each_time() -> None:
    number = attempts(3)[0]
    assert generate(number) == generate(number)
    assert generate(number).files != generate(number + 1).files
