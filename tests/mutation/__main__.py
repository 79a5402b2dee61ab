"""Test the fast tests: draw mutants of the package at random, and show which ones survive.

What is known of a mutant is kept in .cache/mutation until the mutated code changes: the same
command goes on where it was stopped, another seed draws other mutants.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path

import click
from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, WorkItem, WorkResult

from . import operators, worker
from .covering import Covering
from .worker import Verdict, verdict

# What is mutated, and what must find it out: all fast tests of the pure core.
PATHS = tuple(f"codemods/loopscope/{room}" for room in ("loop_map", "planning", "rules"))
TESTS = (
    "tests/cases",
    "tests/rules",
    "tests/planning",
    "tests/loop_map",
    "tests/guides/test_examples.py",
    "tests/cli/test_map.py",
    "tests/cli/test_rules.py",
    "tests/random_suites/test_in_memory.py",
    "tests/analysis",
)
KILLS = (Verdict.KILLED, Verdict.AT_IMPORT, Verdict.TIMED_OUT)
_BASELINE = 7200  # seconds; it takes some three minutes where nobody else uses the machine


@click.command(help=__doc__)
@click.option("--count", default=200, show_default=True, help="How many mutants.")
@click.option("--seed", default=0, show_default=True, help="Which ones.")
@click.option("--jobs", default=2, show_default=True, help="Each with a copy of the repository.")
@click.option(
    "--again", is_flag=True, help="Only those known as not killed, with the tests of now."
)
@click.argument("paths", nargs=-1)
def main(count: int, seed: int, jobs: int, again: bool, paths: tuple[str, ...]) -> None:
    """Draw, test, report."""
    operators.register()
    files = list(_files(paths or PATHS))
    with use_db(_session(files), WorkDB.Mode.create) as known:
        if not known.num_work_items:
            init(files, known, {})
        done = dict(known.results)
        drawn = list(_drawn(known, seed, count))
        todo = [item for item in drawn if item.job_id not in done]
        if again:
            drawn = [item for item in drawn if item.job_id in done]
            todo = [item for item in drawn if not _killed(done[item.job_id])]
        click.echo(f"{known.num_work_items} mutants, {len(drawn)} drawn, {len(todo)} to test")
        start = time.monotonic()
        for number, (item, result) in enumerate(_results(todo, jobs), 1):
            known.set_result(item.job_id, result)
            done[item.job_id] = result
            _show(item, result, f"{number}/{len(todo)}")
        took = time.monotonic() - start
    _summary(drawn, done)
    click.echo(f"{took:.0f} s")


def _summary(drawn: list[WorkItem], done: dict[str, WorkResult]) -> None:
    """Name the kinds of kills apart, then each mutant that is none."""
    found = Counter(verdict(done[item.job_id]) for item in drawn)
    killed = sum(found[kind] for kind in KILLS)
    click.echo(f"{len(drawn)} mutants, {killed} killed")
    for kind in Verdict:
        click.echo(f"    {found[kind]} {kind.value}")
    for item in drawn:
        if not _killed(done[item.job_id]):
            _show(item, done[item.job_id])


def _files(paths: tuple[str, ...]) -> Iterator[Path]:
    """Modules with paths that are relative to the repository, as its copies have them."""
    for name in paths:
        path = worker.ROOT / name
        found = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        yield from (file.relative_to(worker.ROOT) for file in found)


def _session(files: list[Path]) -> Path:
    digest = hashlib.sha256()
    for file in (*files, Path(operators.__file__)):
        digest.update(f"{file.name}\0".encode() + (worker.ROOT / file).read_bytes())
    folder = worker.ROOT / ".cache" / "mutation"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{digest.hexdigest()[:12]}.sqlite"


def _drawn(known: WorkDB, seed: int, count: int) -> Iterator[WorkItem]:
    """Draw the same ones for the same seed, a larger count being more of them."""
    items = sorted(known.work_items, key=lambda item: _name(item.mutations[0]))
    random.Random(seed).shuffle(items)
    for item in items:
        if count <= 0:
            return
        mutation = item.mutations[0]
        before = mutation.module_path.read_text(encoding="utf-8")
        operator = get_operator(mutation.operator_name)()
        after = mutate_code(before, operator, mutation.occurrence)
        if after is not None and operators.changes_anything(before, after):
            count -= 1
            yield item


def _name(mutation: MutationSpec) -> tuple[str, str, int]:
    return str(mutation.module_path), mutation.operator_name, mutation.occurrence


def _results(todo: list[WorkItem], jobs: int) -> Iterator[tuple[WorkItem, WorkResult]]:
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory(prefix="mutation-") as place,
        ProcessPoolExecutor(jobs, context, worker.start, (place, TESTS)) as pool,
    ):
        start = time.monotonic()
        baseline = pool.submit(worker.measured, TESTS, _BASELINE).result()
        if not baseline.passed:
            raise click.ClickException(f"the tests fail without any mutant:\n{baseline.output}")
        took = time.monotonic() - start
        limits = worker.Limits(60 + 10 * baseline.longest, 60 + 5 * took)
        click.echo(f"{took:.0f} s without any mutant, {baseline.longest:.1f} s for one test")
        running: dict[Future[WorkResult], WorkItem] = {
            pool.submit(worker.tested, item, _tests(baseline.covering, item), limits): item
            for item in todo
        }
        try:
            for future in as_completed(running):
                yield running[future], future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _tests(covering: Covering, item: WorkItem) -> list[str]:
    mutation = item.mutations[0]
    return covering.tests(mutation.module_path, mutation.start_pos[0], mutation.end_pos[0])


def _killed(result: WorkResult) -> bool:
    return verdict(result) in KILLS


def _show(item: WorkItem, result: WorkResult, number: str = "") -> None:
    mutation = item.mutations[0]
    place = f"{mutation.module_path}:{mutation.start_pos[0]}"
    found = verdict(result)
    click.echo(f"{number} {found.value} {place} {mutation.operator_name}".strip())
    if found is not Verdict.KILLED:
        changed = [line for line in (result.diff or "").splitlines() if line[:1] in "+-"]
        click.echo("\n".join(f"    {line}" for line in changed[3:]))
    if found is Verdict.NOT_JUDGED:
        click.echo(result.output)


if __name__ == "__main__":
    sys.exit(main())
