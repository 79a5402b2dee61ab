"""``python -m benchmarks``: measure, and print the tables of benchmarks/README.md."""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import shutil
import tempfile
from pathlib import Path

from benchmarks.monorepo import TOO_FEW, Size
from benchmarks.sections import LEAST_SAMPLE, SECTIONS, Plan


def main() -> None:
    """Run the sections that the command line names, one after the other."""
    given = _arguments()
    size = given.size
    folder = Path(tempfile.mkdtemp(prefix="loopscope-benchmarks-"))
    try:
        options = tuple(shlex.split(given.options))
        real = tuple(path.resolve() for path in given.real)
        plan = Plan(folder, size, given.repeat, given.sample, tuple(given.growth), options, real)
        print(f"{os.cpu_count()} processors, Python {platform.python_version()}\n", flush=True)
        for name in given.sections or SECTIONS:
            print(SECTIONS[name](plan), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _arguments() -> argparse.Namespace:
    default = Plan(Path())
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("sections", nargs="*", metavar="SECTION", help=f"some of: {', '.join(SECTIONS)}")
    add("--packages", type=int, default=default.size.packages)
    add("--files", type=int, default=default.size.files, help="Python files")
    add("--lines", type=int, default=default.size.lines)
    add("--legacy", type=float, default=default.size.legacy, help="share of legacy packages")
    add("--seed", type=int, default=default.size.seed)
    add("--repeat", type=int, default=default.repeat, help="runs of each command")
    add("--sample", type=int, default=default.sample, help="files for the slow tools, 0: none")
    add("--growth", type=int, nargs="+", default=default.growth, metavar="FILES")
    add("--options", default="", help='for loopscope, such as --options="--jobs 1"')
    add("--real", type=Path, nargs="+", default=[], metavar="FOLDER", help="trees for `cache`")
    given = parser.parse_args()
    unknown = [name for name in given.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"no section {unknown[0]!r}: choose from {', '.join(SECTIONS)}")
    missing = [path for path in given.real if not path.is_dir()]
    if missing:
        parser.error(f"no folder {missing[0]}")
    if given.repeat < 1:
        parser.error("--repeat is at least 1")
    if 0 < given.sample < LEAST_SAMPLE:
        parser.error(f"--sample is at least {LEAST_SAMPLE}: fewer say nothing")
    given.size = Size(given.packages, given.files, given.lines, given.legacy, seed=given.seed)
    for one in (given.size, *map(given.size.scaled, given.growth)):
        if not one.is_possible:
            parser.error(f"{one.files} files and {one.lines} lines are too few: {TOO_FEW}")
    return given


if __name__ == "__main__":
    main()
