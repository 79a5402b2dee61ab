"""Migrate on Dask clusters that go away at random moments.

``python -m tests.clusters --moments 30`` compares what ``migrate --dask`` writes with what one job
writes, and how long both take.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests import programs
from tests.batches import big_tree, command
from tests.clusters import KINDS, local_cluster, wait_for_workers
from tests.folders import contents


def _timed(folder: Path, *arguments: str) -> tuple[float, int, str]:
    start = time.monotonic()
    done = programs.run(
        command("migrate", "-q", *arguments), cwd=folder, capture_output=True, text=True
    )
    return time.monotonic() - start, done.returncode, done.stderr


def _trial(source: Path, kind: str, moment: float) -> tuple[float, int, str, dict[str, bytes]]:
    """Migrate a copy while the cluster goes away after so many seconds."""
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name, "tree")
        shutil.copytree(source, tree)
        with local_cluster(Path(name)) as cluster:
            wait_for_workers(cluster)
            timer = threading.Timer(moment, cluster.go_away, [kind])
            timer.start()
            seconds, code, err = _timed(tree, "--dask", cluster.address, "-j2")
            timer.cancel()
            timer.join()
        return seconds, code, err, contents(tree)


def main() -> int:
    """Print a line for each moment; 1 where one of them was not right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    draw = random.Random(chosen.seed)
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        source = big_tree(Path(name, "source"), 150)
        untouched = contents(source)
        alone = Path(name, "alone")
        shutil.copytree(source, alone)
        base, code, _ = _timed(alone, "-j1")
        expected = contents(alone)
        with_cluster, *_ = _trial(source, "killed", 600)
        print(f"one job: {base:.1f} s, exit code {code}; on a cluster: {with_cluster:.1f} s")
        for number in range(chosen.moments):
            kind, moment = KINDS[number % len(KINDS)], draw.uniform(0, with_cluster)
            seconds, there, err, found = _trial(source, kind, moment)
            refused = there == 2 and found == untouched  # it was away before the start
            same = refused or (there == code and found == expected)
            right = same and seconds < base + 20
            wrong += not right
            what = "refused" if refused else "same" if same else f"DIFFERENT ({there}) {err}"
            print(
                f"{kind:16} at {moment:.2f} s: {what}, {seconds:.1f} s; {err.strip()}", flush=True
            )
    print(f"{wrong} of {chosen.moments} wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
