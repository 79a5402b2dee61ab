"""Let pytest itself collect a suite, in a copy, and take what it says for the migration."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from loopscope.analysis.suite.trace import Trace
from loopscope.verify import CannotRun
from loopscope.verify.pinned import Place
from loopscope.verify.project_copies import copy_project, project_above
from loopscope.verify.run_record import SuiteRun
from loopscope.verify.suite_run import Order, run_suite
from loopscope.verify.trace_file import trace_of, unfit
from loopscope.verify.versions import Side, choose_to_collect

LIMIT = 300.0  # seconds for one suite
_LINES = 15  # of an error of pytest


@dataclass(frozen=True, slots=True)
class Collection:
    """What pytest says of a suite, or why it does not; ``details`` is pytest's own error."""

    trace: Trace | None = None
    problem: str = ""
    details: str = ""
    notes: tuple[str, ...] = ()


def collect(
    label: str, python: Path | None, say: Callable[[str], None], seconds: float = LIMIT
) -> Collection:
    """Collect a suite in a copy of its project; this imports it.

    Args:
        label: The path of the suite, its rootdir.
        python: Has its requirements, pytest and pytest-asyncio; None: the one in use.
        say: Called with a line of text at each step, for a person who waits.
        seconds: pytest is stopped when it takes longer.
    """
    with tempfile.TemporaryDirectory(
        prefix="loopscope-collect-", ignore_cleanup_errors=True
    ) as folder:
        try:
            return _collected(Path(label).resolve(), python, say, seconds, Path(folder).resolve())
        except CannotRun as error:
            return Collection(problem=error.message, details=_first_lines(error.details))


def _collected(
    root: Path, python: Path | None, say: Callable[[str], None], seconds: float, folder: Path
) -> Collection:
    project = project_above(root)
    copy = folder / "suite" / project.name
    (copy.parent / ".git").mkdir(parents=True)  # nothing above the copy is the project's
    copy_project(project, copy)
    suite = copy / root.relative_to(project)
    side = choose_to_collect(Place(project, root), Place(copy, suite), python)
    say(f"collecting the suite with {side.python}")
    run = run_suite(_order(side, project, copy, suite, folder, seconds))
    problem, details = _problem(run)
    if problem:
        return Collection(problem=problem, details=details, notes=side.notes)
    return Collection(trace_of(run), notes=side.notes)


def _order(
    side: Side, project: Path, copy: Path, suite: Path, folder: Path, seconds: float
) -> Order:
    paths = [
        copy / source.relative_to(project)
        for source in side.sources
        if source.is_relative_to(project)
    ]
    return Order(
        python=side.python,
        suite=suite,
        record=folder / "collected.jsonl",
        options=("--collect-only", "-q", "--maxfail=0"),
        paths=[path for path in dict.fromkeys(paths) if path.is_dir()],
        seconds=seconds,
    )


def _problem(run: SuiteRun) -> tuple[str, str]:
    """Say why a plan cannot follow what was collected, with pytest's own words."""
    if run.collect_errors:
        node, error = next(iter(run.collect_errors.items()))
        more = len(run.collect_errors) - 1
        others = f", and {more} more" if more else ""
        return f"pytest could not collect {node or 'the suite'}{others}", _first_lines(error)
    if run.ended:
        return f"pytest, which was to collect the suite, {run.ended}", _first_lines(run.output)
    if run.collected is None or not run.collected.tests:
        return "pytest found no tests", _first_lines(run.output)
    problem = unfit(run)
    return (f"what pytest collected {problem}" if problem else ""), ""


def _first_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[:_LINES])
