"""``python -m tests.modern_suites --seeds 0-500 --plugin 1.5.0``, or ``--shrink SEED``."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from ..random_suites.seeds import each, parse_seeds, short
from .shrink import shrink
from .summary import summary, topics
from .trial import Trial, run


def main() -> int:
    """Exit code 1 where a seed shows a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.modern_suites", description=__doc__)
    parser.add_argument("--seeds", default="0-25", help="7, 3,9 or 0-500 (the end excluded)")
    parser.add_argument("--plugin", default="1.5.0", help="the release of pytest-asyncio")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the suites of failing seeds stay")
    parser.add_argument("--shrink", type=int, metavar="SEED", help="make a failing suite smaller")
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="modern-suites-"))
    if chosen.shrink is not None:
        return 0 if shrink(chosen.shrink, folder, chosen.plugin, print) else 2
    found: list[Trial] = []

    def one(seed: int) -> Trial:
        return run(seed, folder / f"seed-{seed}", chosen.plugin)

    for seed, trial in each(parse_seeds(chosen.seeds), one, chosen.jobs):
        found.append(trial)
        if trial.complaints:
            _show(seed, trial, folder)
        else:
            shutil.rmtree(folder / f"seed-{seed}", ignore_errors=True)
    print(summary(found, chosen.plugin))
    return 1 if any(trial.complaints for trial in found) else 0


def _show(seed: int, trial: Trial, folder: Path) -> None:
    rare = ", ".join(sorted(idiom for idiom in trial.suite.idioms if " " in idiom))
    print(f"seed {seed}: {len(trial.complaints)} faults; {folder / f'seed-{seed}'}  {rare}")
    for topic in topics(trial):
        complaint = next(one for one in trial.complaints if one.startswith(f"{topic}:"))
        print("    " + "\n    ".join(short(complaint)))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
