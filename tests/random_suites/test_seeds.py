"""Fixed seeds; ``python -m tests.random_suites`` runs any number of others."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from .generator import generate
from .hard import IDIOMS
from .summary import LEAST_KEPT, kept, lines_per_test, summary, trials
from .trial import attempts, suite_of

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


HARD_SEEDS = range(20)


def test_migrated_suites_with_rarer_idioms_run_as_before(
    tmp_path: Path, legacy_python: Path, modern_python: Path
) -> None:
    found = [trial for _, trial in trials(HARD_SEEDS, tmp_path, jobs=2, hard=True)]
    assert not [complaint for trial in found for complaint in trial.complaints], summary(found)
    assert kept(found) >= LEAST_KEPT, summary(found)
    assert sum(trial.manual for trial in found) <= len(found) // 5, summary(found)


# What the seeds have drawn so far: a failing one must stay the suite that it was.
DIGESTS = {
    False: "6ebbce52c71e970a6adf9a28e85ed664a6f17c5df92eb18c5e714c4b95c90ec7",
    True: "e14959c7f002f53fe129d3d0c73e6c6f6e8a9cdbdf46d37085c26aef658dc2ae",
}


@pytest.mark.parametrize("hard", DIGESTS)
def test_a_seed_is_the_same_suite_for_ever(hard: bool) -> None:
    digest = hashlib.sha256()
    for number in range(0, 7_000, 7):
        suite = suite_of(number, hard)
        digest.update(repr((sorted(suite.files.items()), suite.legacy_options)).encode())
    assert digest.hexdigest() == DIGESTS[hard]


@pytest.mark.parametrize("idiom", IDIOMS)
def test_each_rarer_idiom_is_drawn(idiom: str) -> None:
    assert any(idiom in suite_of(number, hard=True).idioms for number in range(1_000))


def test_generator_draws_the_same_suite_each_time() -> None:
    number = attempts(3)[0]
    assert generate(number) == generate(number)
    assert generate(number).files != generate(number + 1).files
