"""Fixed seeds; ``python -m tests.random_suites`` runs any number of others."""

from __future__ import annotations

from pathlib import Path

from .generator import generate
from .summary import LEAST_KEPT, kept, lines_per_test, summary, trials
from .trial import attempts

SEEDS = range(25)

# A migration by hand changes a few lines for a test, most of them in shared fixtures.
MOST_LINES_PER_TEST = 5.0


def test_migrated_suites_run_as_before(
    tmp_path: Path, legacy_python: Path, modern_python: Path
) -> None:
    found = [trial for _, trial in trials(SEEDS, tmp_path, jobs=2)]
    assert not [complaint for trial in found for complaint in trial.complaints], summary(found)
    assert kept(found) >= LEAST_KEPT, summary(found)
    assert lines_per_test(found) <= MOST_LINES_PER_TEST, summary(found)
    assert sum(trial.manual for trial in found) <= len(found) // 10, summary(found)


def test_generator_draws_the_same_suite_each_time() -> None:
    number = attempts(3)[0]
    assert generate(number) == generate(number)
    assert generate(number).files != generate(number + 1).files
