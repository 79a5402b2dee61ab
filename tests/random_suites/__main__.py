"""``python -m tests.random_suites --seeds 0-500 --jobs 2``, or ``--shrink SEED``."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from loopscope.types import Level

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
    parser.add_argument("--hard", action="store_true", help="suites with rarer idioms")
    parser.add_argument(
        "--collect", action="store_true", help="the plan follows what pytest collects"
    )
    chosen = parser.parse_args()
    options = {"hard": chosen.hard, "collect": chosen.collect}
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="random-suites-"))
    if chosen.shrink is not None:
        return 0 if shrink(chosen.shrink, folder, print, **options) else 2
    found: list[Trial] = []
    for seed, trial in trials(parse_seeds(chosen.seeds), folder, chosen.jobs, **options):
        found.append(trial)
        if trial.complaints:
            _show(seed, trial, folder, "--hard " * chosen.hard + "--collect " * chosen.collect)
        elif chosen.hard and trial.manual:
            _show_actions(seed, trial)
        else:
            shutil.rmtree(folder / f"seed-{seed}", ignore_errors=True)
    print(summary(found))
    different = any(trial.complaints for trial in found)
    return 1 if different or kept(found) < LEAST_KEPT else 0


def _show_actions(seed: int, trial: Trial) -> None:
    actions = [finding for finding in trial.findings if finding.level is Level.ACTION]
    print(
        f"seed {seed}: left to a person, {len(trial.left)} differences until then;"
        f" {sorted(trial.suite.idioms)}"
    )
    for finding in actions[:3]:
        print(f"    {finding.path}:{finding.line} {finding.code} {finding.message}", flush=True)


def _show(seed: int, trial: Trial, folder: Path, option: str) -> None:
    print(
        f"seed {seed}: {len(trial.complaints)} differences; {sorted(trial.suite.idioms)};"
        f" {folder / f'seed-{seed}'}"
    )
    for complaint in trial.complaints[:3]:
        print("    " + "\n    ".join(short(complaint)))
    print(f"    again: python -m tests.random_suites {option}--seeds {seed} --folder {folder}")
    print(f"    smaller: python -m tests.random_suites {option}--shrink {seed}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
