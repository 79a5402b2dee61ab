"""Fixed seeds: any number of others runs with ``python -m tests.random_suites``."""

from __future__ import annotations

from .trial import Trial

SEEDS = range(25)
GROUP = "random suites"


def _lines(trial: Trial) -> str:
    return "\n".join(trial.complaints)
