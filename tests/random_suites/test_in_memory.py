"""Random suites through the pure core alone: quick, and without any release of the plugin."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pytest

from loopscope.types import Level, Migration, Target

from ..suites_in_memory import migrate_files
from .generator import generate
from .trial import applied, attempts

SEEDS = range(100, 140)
# The migrations of these seeds keep as many loops as they do; fewer is a plan that joins more.
LOOPS = (199, 175)


@cache
def migrated(seed: int) -> tuple[Mapping[str, str], Migration]:
    files = generate(attempts(seed)[0]).files
    return files, migrate_files(files)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_loop_is_lost_and_nothing_is_left_to_do(seed: int) -> None:
    files, migration = migrated(seed)
    assert not migration.errors
    assert "LS390" not in {finding.code for finding in migration.findings}
    again = migrate_files(applied(files, migration))
    assert [change.path for change in again.changes] == []


@pytest.mark.parametrize("options", [{"style": "explicit"}, {"safe_only": True}])
@pytest.mark.parametrize("seed", SEEDS[:10])
def test_no_option_loses_a_loop(seed: int, options: dict[str, object]) -> None:
    migration = migrate_files(generate(attempts(seed)[0]).files, **options)
    assert "LS390" not in {finding.code for finding in migration.findings}


@pytest.mark.parametrize("target", ["1.0", "1.1", "1.3"])
@pytest.mark.parametrize("seed", SEEDS[:10])
def test_no_target_loses_a_loop(seed: int, target: str) -> None:
    files = generate(attempts(seed)[0]).files
    migration = migrate_files(files, target=Target.parse(target))
    codes = {finding.code for finding in migration.findings if finding.level is Level.ACTION}
    assert "LS390" not in codes or len(codes) > 1


def test_loops_that_are_kept() -> None:
    migrations = [migrated(seed)[1] for seed in SEEDS]
    before = sum(migration.loops_before for migration in migrations)
    assert (before, sum(migration.loops_after for migration in migrations)) == LOOPS
