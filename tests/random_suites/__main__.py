"""``python -m tests.random_suites --seeds 0-500 --jobs 2``, or ``--shrink SEED``."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from .seeds import parse_seeds, short
from .shrink import shrink
from .summary import LEAST_KEPT, kept, summary, trials
from .trial import Trial


def main() -> int:
    """Exit code 1 where a seed shows a difference or too few loops are kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.random_suites", description=__doc__)
    parser.add_argument("--seeds", default="0-25", help="7, 3,9 or 0-500 (the end excluded)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where the suites of failing seeds stay")
    parser.add_argument("--shrink", type=int, metavar="SEED", help="make a failing suite smaller")
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="random-suites-"))
    if chosen.shrink is not None:
        return 0 if shrink(chosen.shrink, folder, print) else 2
    found: list[Trial] = []
    for seed, trial in trials(parse_seeds(chosen.seeds), folder, chosen.jobs):
        found.append(trial)
        if trial.complaints:
            _show(seed, trial, folder)
        else:
            shutil.rmtree(folder / f"seed-{seed}", ignore_errors=True)
    print(summary(found))
    different = any(trial.complaints for trial in found)
    return 1 if different or kept(found) < LEAST_KEPT else 0


def _show(seed: int, trial: Trial, folder: Path) -> None:
    print(f"seed {seed}: {len(trial.complaints)} differences; {folder / f'seed-{seed}'}")
    for complaint in trial.complaints[:3]:
        print("    " + "\n    ".join(short(complaint)))
    print(f"    again: python -m tests.random_suites --seeds {seed} --folder {folder}")
    print(f"    smaller: python -m tests.random_suites --shrink {seed}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
