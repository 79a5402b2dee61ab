"""``python -m tests.verify --random 100``: the mutants of sample suites and random ones."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..live.samples import ALL
from ..random_suites.trial import attempts, suite_of
from .mutants import Tried, try_mutants

LEAST_FOUND = 0.95


def main() -> int:
    """Exit code 1 where too few are found, or a right migration shows a difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.verify", description=__doc__)
    parser.add_argument("--random", type=int, default=100, help="how many random suites")
    parser.add_argument("--samples", type=int, default=len(ALL), help="how many sample suites")
    parser.add_argument("--most", type=int, default=3, help="mutants of one suite")
    parser.add_argument("--hard", action="store_true", help="random suites with rarer idioms")
    parser.add_argument("--kinds", nargs="*", default=(), help="such as bridge, factories, policy")
    parser.add_argument("--only", nargs="*", help="names of suites, such as seed-7")
    parser.add_argument("--jobs", type=int, default=2)
    chosen = parser.parse_args()
    suites = [
        (name, sample.files, sample.legacy_options)
        for name, sample in list(ALL.items())[: chosen.samples]
        if sample.exit_code == 0
    ]
    for seed in range(chosen.random):
        drawn = suite_of(attempts(seed)[0], chosen.hard)
        suites.append((f"seed-{seed}", drawn.files, drawn.legacy_options))
    suites = [suite for suite in suites if chosen.only is None or suite[0] in chosen.only]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(chosen.jobs) as pool:
        tried = list(
            pool.map(
                lambda suite: try_mutants(
                    *suite, Path(folder, suite[0]), most=chosen.most, kinds=chosen.kinds
                ),
                suites,
            )
        )
    return _report(tried)


def _report(tried: Sequence[Tried]) -> int:
    results = [result for one in tried for result in one.results]
    alarms = [alarm for one in tried for alarm in one.false_alarms]
    changing = [result for result in results if result.changes_loops]
    missed = [result for result in changing if not result.found]
    for result in missed:
        print(f"missed: {result.suite}: {result.dropped}")
    collected_alarms = [alarm for one in tried for alarm in one.collected_alarms]
    uncollected = [result for result in changing if not result.collected]
    for result in uncollected:
        print(f"missed by --collect-only: {result.suite}: {result.dropped}")
    disagreements = [one for found in tried for one in found.disagreements]
    for one in disagreements:
        print(f"source and pytest disagree: {one}")
    for alarm in collected_alarms:
        print(f"false alarm of --collect-only: {alarm}")
    for alarm in alarms:
        print(f"false alarm: {alarm}")
    share = 1 - len(missed) / len(changing) if changing else 1.0
    ran = sum(bool(one.results) for one in tried)
    print(
        f"suites with mutants: {ran} of {len(tried)}; mutants: {len(results)}, that change"
        f" a loop: {len(changing)}, found: {share:.1%}; false alarms: {len(alarms)}"
    )
    alone = 1 - len(uncollected) / len(changing) if changing else 1.0
    print(f"by --collect-only: found: {alone:.1%}; false alarms: {len(collected_alarms)}")
    print(f"maps of the source and of pytest disagree: {len(disagreements)} tests")
    right = not (alarms or collected_alarms or disagreements)
    return 0 if right and min(share, alone) >= LEAST_FOUND else 1


if __name__ == "__main__":
    sys.exit(main())
