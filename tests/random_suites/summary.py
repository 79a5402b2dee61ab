"""Many trials at once, and what they say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .seeds import each
from .trial import Trial, run

LEAST_KEPT = 0.8  # of all legacy loops; one loop for everything passes every outcome test


def trials(
    seeds: Iterable[int], folder: Path, jobs: int, *, hard: bool = False, collect: bool = False
) -> Iterator[tuple[int, Trial]]:
    """Run the seeds, ``jobs`` at a time."""

    def one(seed: int) -> Trial:
        return run(seed, folder / f"seed-{seed}", hard=hard, collect=collect)

    return each(seeds, one, jobs)


def kept(found: Sequence[Trial]) -> float:
    """Compute the share of the legacy loops that are still separate, over all trials."""
    before = sum(trial.loops[0] for trial in found if not trial.manual)
    after = sum(trial.loops[1] for trial in found if not trial.manual)
    return after / before if before else 1.0


def lines_per_test(found: Sequence[Trial]) -> float:
    """How many lines were removed and added for each test, over all trials."""
    tests = sum(trial.tests for trial in found)
    return sum(trial.lines for trial in found) / tests if tests else 0.0


def summary(found: Sequence[Trial]) -> str:
    """Sum up the trials in a few lines."""
    codes = Counter(f"{f.code} {f.level.value}" for trial in found for f in trial.findings)
    idioms = Counter(idiom for trial in found for idiom in trial.suite.idioms)
    return "\n".join(
        [
            f"suites:         {len(found)}, with {sum(t.tests for t in found)} tests",
            f"not legal:      {sum(trial.dropped for trial in found)} more, dropped",
            f"not migrated:   {sum(trial.manual for trial in found)} (left to a person)",
            f"differences in: {sum(bool(trial.complaints) for trial in found)}",
            f"loops kept:     {kept(found):.1%} (at least {LEAST_KEPT:.0%} wanted)",
            f"lines a test:   {lines_per_test(found):.2f} removed or added",
            f"overrides:      {_counts(idioms)}",
            f"findings:       {_counts(codes)}",
        ]
    )


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counted.most_common()) or "none"
