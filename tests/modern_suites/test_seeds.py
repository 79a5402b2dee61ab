"""Fixed seeds; ``python -m tests.modern_suites`` runs any number of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..random_suites.seeds import each
from .summary import summary
from .trial import Trial, run

# The second is one of those on which a test runs on the current loop, whatever its loop scope.
SEEDS = {"1.5.0": range(20), "1.0.0": range(5)}


@pytest.mark.parametrize("release", SEEDS)
def test_map_check_and_migrate_are_right_about_suites_on_1_x(release: str, tmp_path: Path) -> None:
    def one(seed: int) -> Trial:
        return run(seed, tmp_path / str(seed), release)

    found = [trial for _, trial in each(SEEDS[release], one, jobs=2)]
    assert not [complaint for trial in found for complaint in trial.complaints], summary(
        found, release
    )
    assert any(trial.foreign for trial in found)  # or they would show nothing
    assert any(not trial.foreign for trial in found)
