"""What is measured; each section gives one table."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from benchmarks import floors, other_tools
from benchmarks.files import lines_in, what_matters, written
from benchmarks.monorepo import Size, make
from benchmarks.runs import Command, Cost, best_of
from benchmarks.tables import compared, table

_NO_CACHE = "LOOPSCOPE_NO_CACHE"
LEAST_SAMPLE = 20  # files: of fewer the start takes most of the time, and the rest is noise
_GROWTH = (1_000, 5_000, 20_000, 50_000)  # files


@dataclass(frozen=True)
class Plan:
    """How much to measure: ``sample`` files for the slow tools (0: none), files in ``growth``."""

    folder: Path  # for the trees; may be deleted afterwards
    size: Size = field(default_factory=Size)
    repeat: int = 5
    sample: int = 200
    growth: tuple[int, ...] = _GROWTH
    options: tuple[str, ...] = ()  # for loopscope, such as ("--jobs", "2")
    real: tuple[Path, ...] = ()  # trees of others, to be read only

    def tree(self, name: str, size: Size) -> Path:
        """Return the directory with a monorepo of that size, made at the first call."""
        path = self.folder / name
        if not path.exists():
            make(path, size)
        return path

    @property
    def clean(self) -> Path:
        """The monorepo without legacy suites."""
        return self.tree("clean", replace(self.size, legacy=0.0))

    @property
    def legacy(self) -> Path:
        """The monorepo with its share of legacy suites."""
        return self.tree("legacy", self.size)


def start(plan: Plan) -> str:
    """How long the command takes to say something about itself."""
    here = plan.folder
    costs = best_of(
        4 * plan.repeat,
        {
            'python -c "import click"': Command([sys.executable, "-c", "import click"], here),
            "loopscope --version": _loopscope(here, "--version"),
            "loopscope --help": _loopscope(here, "--help"),
            "loopscope check --help": _loopscope(here, "check", "--help"),
        },
    )
    return compared("Start", costs)


def check(plan: Plan) -> str:
    """Measure a tree without legacy idioms."""
    tree = plan.clean
    costs = best_of(
        plan.repeat,
        {
            "floor: walk, read, one regex": _floor("find", tree),
            "floor with all traces in the regex": _floor("find-all", tree),
            "loopscope check": _loopscope(tree, "check", *plan.options),
            "ruff check --select ASYNC": other_tools.ruff(tree),
            "ast-grep scan": other_tools.ast_grep(tree, plan.folder),
        },
    )
    return compared(f"check, {_described(replace(plan.size, legacy=0.0))}", costs)


def modern(plan: Plan) -> str:
    """Measure a tree where some packages use pytest-asyncio, but nothing is left to change."""
    size = replace(plan.size, legacy=0.0, modern=plan.size.legacy)
    tree = plan.tree("modern", size)
    name, floor = _floor_of_rewriting(plan, tree)
    costs = best_of(
        plan.repeat, {name: floor, "loopscope check": _loopscope(tree, "check", *plan.options)}
    )
    return compared(f"check, {size.modern:.0%} of the packages on pytest-asyncio 1.x", costs)


def cache(plan: Plan) -> str:
    """Measure a run with and without the results of an earlier one: real trees, if there are any.

    The results are kept in a folder of their own.
    """
    return "\n".join(_cold_and_warm(plan, tree) for tree in plan.real or (plan.legacy,))


def _cold_and_warm(plan: Plan, tree: Path) -> str:
    alone = _loopscope(tree, "check", "-q", *plan.options)
    new, home = plan.folder / "new", plan.folder / "home"
    first = replace(alone, environment=_kept_in(new), prepare=partial(_empty, new))
    again = replace(alone, environment=_kept_in(home))
    best_of(1, {"first": again})
    costs = best_of(
        plan.repeat,
        {
            "floor: walk, read and hash": _floor("hash", tree),
            "loopscope check --no-cache": alone,
            "loopscope check, nothing known": first,
            "loopscope check, nothing changed": again,
        },
    )
    return compared(f"check twice, {tree.name}", costs)


def _kept_in(home: Path) -> dict[str, str]:
    folders = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"), str(home))
    return {**folders, _NO_CACHE: ""}


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def migrate(plan: Plan) -> str:
    """Measure the legacy monorepo: against the floor, and against tools that rename a function."""
    tree = plan.legacy
    name, floor = _floor_of_rewriting(plan, tree)
    costs = best_of(
        plan.repeat,
        {
            name: floor,
            "loopscope migrate --diff": _loopscope(tree, "migrate", "--diff", *plan.options),
        },
    )
    if plan.sample:
        costs |= _tools_that_rename(plan, tree)
    return compared(f"migrate --diff, {_described(plan.size)}", costs)


def memory(plan: Plan) -> str:
    """Measure the most memory at once, of the started process and of its largest worker."""
    one_suite = plan.tree("one-suite", replace(plan.size, packages=1, legacy=0.0))
    costs = best_of(
        1,
        {
            "check, no legacy idioms": _loopscope(plan.clean, "check", *plan.options),
            "check, the same as one suite": _loopscope(one_suite, "check", *plan.options),
            "migrate --diff, legacy": _loopscope(plan.legacy, "migrate", "--diff", *plan.options),
        },
    )
    rows = [
        (name, f"{cost.peaks.own:.0f} MiB", f"{cost.peaks.worker:.0f} MiB")
        for name, cost in costs.items()
    ]
    return table("Memory", ("run", "process", "largest worker"), rows)


def growth(plan: Plan) -> str:
    """Measure the same with more and more files."""
    rows = []
    for files in plan.growth:
        size = plan.size.scaled(files)
        clean = plan.tree(f"clean-{files}", replace(size, legacy=0.0))
        legacy = plan.tree(f"legacy-{files}", size)
        costs = best_of(
            max(1, plan.repeat // 2),
            {
                "floor": _floor("find", clean),
                "check": _loopscope(clean, "check", *plan.options),
                "migrate": _loopscope(legacy, "migrate", "--diff", *plan.options),
            },
        )
        floor = costs.pop("floor")
        row = [f"{files:,}", f"{costs['check'].cpu / floor.cpu:.2f}"]
        for cost in costs.values():
            row += [
                f"{cost.wall:.2f} s",
                f"{cost.cpu / files * 1000:.3f} s",
                f"{cost.peaks.own:.0f} MiB",
            ]
        rows.append(tuple(row))
    each = ("CPU per 1,000", "peak")
    heads = ("files", "check / floor", "check", *each, "migrate --diff", *each)
    return table("Growth", heads, rows)


SECTIONS: Mapping[str, Callable[[Plan], str]] = {
    "start": start,
    "check": check,
    "modern": modern,
    "cache": cache,
    "migrate": migrate,
    "memory": memory,
    "growth": growth,
}


# -- commands ---------------------------------------------------------------------------


def _loopscope(tree: Path, *arguments: str) -> Command:
    """Run loopscope so that it takes no result of an earlier run."""
    command = [sys.executable, "-m", "loopscope", *arguments]
    return Command(command, tree, environment={_NO_CACHE: "1"})


def _floor(kind: str, tree: Path, *lists: Path) -> Command:
    return Command([sys.executable, floors.__file__, kind, str(tree), *map(str, lists)], tree)


def _floor_of_rewriting(plan: Plan, tree: Path) -> tuple[str, Command]:
    """Measure the parsing and rewriting of the files that matter, and name it."""
    matter, change = what_matters(tree)
    lists = (
        written(plan.folder / f"{tree.name}-matter.txt", matter),
        written(plan.folder / f"{tree.name}-change.txt", change),
    )
    name = f"floor: find, parse {len(matter)} files, rewrite {len(change)}"
    return name, _floor("rewrite", tree, *lists)


def _tools_that_rename(plan: Plan, tree: Path) -> dict[str, Cost]:
    """Their cost for the whole tree: that of starting, and that of a sample, scaled by lines."""
    files = sorted(str(path.relative_to(tree)) for path in tree.rglob("*.py"))
    sample = files[:: max(1, len(files) // plan.sample)]
    one = sample[:1]
    costs = best_of(
        1,
        {
            "libcst one": other_tools.libcst_tool(tree, one, plan.folder),
            "libcst": other_tools.libcst_tool(tree, sample, plan.folder),
            "bowler one": other_tools.bowler(tree, one),
            "bowler": other_tools.bowler(tree, sample),
        },
    )
    scale = lines_in(tree, files) / lines_in(tree, sample)
    return {
        f"{name} (from {len(sample)} files)": costs[f"{key} one"].plus(costs[key], scale)
        for name, key in (("libcst.tool codemod", "libcst"), ("Bowler query", "bowler"))
    }


def _described(size: Size) -> str:
    share = f"{size.legacy:.0%} of the packages legacy" if size.legacy else "no legacy idioms"
    return f"{size.packages:,} packages, {size.files:,} files, {size.lines:,} lines, {share}"
