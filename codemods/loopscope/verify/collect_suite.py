"""Let pytest itself collect a suite, in a copy, and take what it says for the migration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from loopscope.frozen import frozen
from loopscope.types import Suite
from loopscope.verify import CannotRun
from loopscope.verify.pinned import Place
from loopscope.verify.project_copies import ProjectCopy, copy_with_suite, temporary_folder
from loopscope.verify.run_record import SuiteRun
from loopscope.verify.suite_run import Order, run_suite
from loopscope.verify.trace_file import changed, trace_of, unfit
from loopscope.verify.versions import Side, choose_to_collect

LIMIT = 300.0  # seconds for one suite
# Assertions need not be rewritten where no test runs: that takes as long as all the rest.
COLLECT_ONLY = ("--collect-only", "-q", "--maxfail=0", "--assert=plain")
_LINES = 15  # of an error of pytest


@frozen
class Collection:
    """A suite with what pytest says of it, or without, and then ``problem`` says why."""

    suite: Suite
    problem: str = ""
    details: str = ""  # pytest's own words about the problem
    notes: tuple[str, ...] = ()  # about the Python that collected it


def _silent(_: str) -> None:
    return


def collect(
    suite: Suite,
    python: Path | None = None,
    say: Callable[[str], None] = _silent,
    seconds: float = LIMIT,
) -> Collection:
    """Let pytest collect a suite, in a copy of its project; this imports the tests.

    ``migrate`` follows what pytest says: give it the suite that comes back.

    Args:
        suite: One that was read from disk: its label is the path of its rootdir.
        python: Has its requirements, pytest and pytest-asyncio; None: the one in use.
        say: Called with a line of text at each step, for a person who waits.
        seconds: pytest is stopped when it takes longer.
    """
    try:
        with temporary_folder("collect") as folder:
            return _collected(suite, python, say, seconds, folder)
    except CannotRun as error:
        return _failed(suite, error.message, _first_lines(error.details))


def _collected(
    suite: Suite, python: Path | None, say: Callable[[str], None], seconds: float, folder: Path
) -> Collection:
    root = Path(suite.label).resolve()
    copy = copy_with_suite(root, folder / "suite")
    side = choose_to_collect(Place(copy.project, root), Place(copy.top, copy.suite), python)
    say(f"collecting the suite with {side.python}")
    run = run_suite(order_for(copy, side, folder / "collected.jsonl", COLLECT_ONLY, seconds))
    problem, details = _problem(run)
    trace = None if problem else trace_of(run)
    if trace is not None and changed(trace, suite):
        problem = "it changed while pytest collected it"
    if problem:
        return _failed(suite, problem, details, side.notes)
    return Collection(replace(suite, trace=trace), notes=side.notes)


def _failed(suite: Suite, problem: str, details: str, notes: tuple[str, ...] = ()) -> Collection:
    """Keep the problem with the suite: reports say it, too."""
    return Collection(replace(suite, uncollected=problem), problem, details, notes)


def order_for(
    copy: ProjectCopy, side: Side, record: Path, options: Sequence[str], seconds: float
) -> Order:
    """Say how to run the suite of a copy."""
    return Order(
        python=side.python,
        suite=copy.suite,
        record=record,
        options=options,
        paths=copy.paths(side.sources),
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
