"""A verification from end to end: two copies, two Pythons, two runs, one comparison."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from loopscope.analysis.suite.trace import Trace
from loopscope.loop_map.model import LoopMap
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.types import FileError, Level, Migration, Options, Suite
from loopscope.verify import CannotRun
from loopscope.verify.differences import (
    MayShare,
    Pair,
    Verification,
    always,
    compare,
    new_warnings,
    separate_flaky,
    slower,
)
from loopscope.verify.project_copies import copy_project, copy_revision, project_above
from loopscope.verify.run_record import SuiteRun
from loopscope.verify.suite_run import Order, lines_of, run_suite
from loopscope.verify.trace_file import changed, unfit
from loopscope.verify.versions import Side, choose, choose_before

_LONGER = 10  # times as long as the first run the second one may take ...
_AT_LEAST = 120.0  # ... but so many seconds in any case
_AN_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """What the user asked for."""

    options: Options  # of the migration
    before: str | None = None  # a git revision or a folder; None: the suite as it is
    before_python: Path | None = None
    after_python: Path | None = None
    pytest_options: tuple[str, ...] = ()
    may_share: bool = False  # tests that newly share a loop are no difference
    reruns: int = 2
    seconds: float | None = None  # that one run may take; None: as the constants above say
    save_trace: Path | None = None  # where the record of the first run goes
    only_trace: bool = False  # run the original for its record, and no more
    trace: Trace | None = None  # what the migration follows


# Around each run, with its name and its record, which grows.
Watch = Callable[[str, Path], AbstractContextManager[None]]


def _unwatched(_: str, __: Path) -> AbstractContextManager[None]:
    return nullcontext()


def verify(
    suite: Suite,
    verify_options: VerifyOptions,
    say: Callable[[str], None],
    watch: Watch = _unwatched,
) -> Verification:
    """Run a suite before and after its migration, in copies, and compare.

    Args:
        suite: Its label is a path; its files are not looked at.
        wishes: What to do.
        say: Called with a line of text at each step, for a person who waits.
        watch: What is done while a run lasts.
    """
    with tempfile.TemporaryDirectory(
        prefix="loopscope-verify-", ignore_cleanup_errors=True
    ) as folder:
        try:
            return _Steps(suite, verify_options, say, watch, Path(folder).resolve()).result()
        except CannotRun as error:
            return Verification(suite.label, problem=error.message, details=error.details)


class _Steps:
    def __init__(
        self,
        suite: Suite,
        verify_options: VerifyOptions,
        say: Callable[[str], None],
        watch: Watch,
        folder: Path,
    ) -> None:
        self._label, self._watch = suite.label, watch
        self._verify_options, self._say, self._folder = verify_options, say, folder
        self._root = Path(suite.label).resolve()
        self._project = project_above(self._root)
        self._inside = self._root.relative_to(self._project)
        self._notes: list[str] = []
        for name in ("before", "after"):  # nothing above the copies is taken for the project's
            (folder / name / ".git").mkdir(parents=True)

    def result(self) -> Verification:
        before = self._original()
        if self._verify_options.only_trace:
            return self._record(before)
        after = self._folder / "after" / self._project.name
        copy_project(self._project, after)
        may_share = self._migrate(before, after / self._inside)
        verify_options = self._verify_options
        sides = choose(
            self._project, self._root, verify_options.options.target, verify_options.before_python,
            verify_options.after_python,
        )  # fmt: skip
        for side in sides:
            self._notes += side.notes
        orders = (
            self._order("before", before, sides[0]),
            self._order("after", after / self._inside, sides[1]),
        )
        return self._compare(orders, may_share)

    def _record(self, before: Path) -> Verification:
        """Run the original alone; the Python with the new pytest-asyncio is not looked for."""
        side = choose_before(self._project, self._root, self._verify_options.before_python)
        run = self._first(self._order("before", before, side))
        problem = unfit(run)
        if problem:
            raise CannotRun(f"the run of the original {problem}")
        return Verification(suite=self._label, before=run, notes=(*self._notes, *side.notes))

    # -- copies -------------------------------------------------------------------------

    def _original(self) -> Path:
        """Copy the original; returns the suite's folder in the copy."""
        target = self._folder / "before" / self._project.name
        wish = self._verify_options.before
        if wish is not None and Path(wish).is_dir():
            root = Path(wish).resolve()
            project = project_above(root)
            copy_project(project, target)
            return target / root.relative_to(project)
        if wish is None:
            copy_project(self._project, target)
        else:
            copy_revision(self._project, wish, target)
        found = target / self._inside
        if not found.is_dir():
            raise CannotRun(f"--before {wish}: it has no folder {self._inside.as_posix()}")
        return found

    def _migrate(self, before: Path, after: Path) -> MayShare:
        """Migrate the second copy if it needs it; returns which tests it may bring together."""
        from loopscope.pipeline import migrate, style_and_loops

        original = self._with_trace(_load(before))
        migration = migrate(original, self._verify_options.options)
        suite_style, planned = style_and_loops(original, migration.changes)
        if suite_style is SuiteStyle.MODERN or not migration.changes:
            raise CannotRun(
                "the original is already written for loop scopes, or does not use pytest-asyncio:"
                " name an older state with --before, a git revision or a folder"
            )
        standing = _load(after)
        if style_and_loops(standing)[0] is SuiteStyle.LEGACY:
            if self._verify_options.before is not None:
                migration = migrate(self._with_trace(standing), self._verify_options.options)
            self._apply(after, migration)
        return always if self._verify_options.may_share else as_planned(planned)

    def _with_trace(self, suite: Suite) -> Suite:
        """Return the suite with the record that was given."""
        trace = self._verify_options.trace
        if trace is None:
            return suite
        for error in changed(trace, suite):
            raise CannotRun(f"{error.path} {error.message}")
        return replace(suite, trace=trace)

    def _apply(self, root: Path, migration: Migration) -> None:
        from loopscope.output.write import write_changes

        errors = (*migration.errors, *write_changes(root, migration.changes))
        for error in errors:
            self._notes.append(f"migration: {error.path}: {error.message}")
        actions = sum(finding.level is Level.ACTION for finding in migration.findings)
        if actions:
            self._notes.append(
                f"migration: {actions} left to do by hand (loopscope check lists them); what"
                " differs may be due to that"
            )

    # -- runs ---------------------------------------------------------------------------

    def _order(self, name: str, suite: Path, side: Side) -> Order:
        copy = self._folder / name / self._project.name
        paths = [
            copy / source.relative_to(self._project)
            for source in side.sources
            if source.is_relative_to(self._project)
        ]
        return Order(
            python=side.python,
            suite=suite,
            record=self._folder / f"{name}.jsonl",
            options=("--maxfail=0", *self._verify_options.pytest_options),
            paths=[path for path in dict.fromkeys(paths) if path.is_dir()],
            seconds=self._verify_options.seconds or _AN_HOUR,
        )

    def _compare(self, orders: tuple[Order, Order], may_share: MayShare) -> Verification:
        started = time.monotonic()
        before = self._first(orders[0])
        if self._verify_options.seconds is None:
            limit = max(_AT_LEAST, _LONGER * (time.monotonic() - started))
            orders = (orders[0], replace(orders[1], seconds=limit))
        first = (before, self._run("after", orders[1]))

        def again(only: Iterable[str] | None) -> Pair:
            chosen = None if only is None else tuple(only)
            self._say("once more: " + ("the whole suite" if chosen is None else "what differs"))
            return self._watched("before", orders[0], chosen), self._watched(
                "after", orders[1], chosen
            )

        differences, flaky = separate_flaky(
            first, compare(*first, may_share), self._verify_options.reruns, again
        )
        return Verification(
            suite=self._label,
            before=first[0],
            after=first[1],
            differences=differences,
            flaky=flaky,
            warnings=new_warnings(*first),
            slower=slower(*first),
            notes=tuple(self._notes),
        )

    def _first(self, order: Order) -> SuiteRun:
        before = self._run("before", order)
        if before.exit_code is None:
            raise CannotRun(
                f"the original took longer than {order.seconds:g} seconds"
                f" ({', '.join(before.unfinished) or 'at its end'}); give it more with --timeout"
            )
        if self._verify_options.save_trace is not None:
            _save(self._verify_options.save_trace, order.record)
        return before

    def _run(self, name: str, order: Order) -> SuiteRun:
        self._say(f"{name}: running the suite with {order.python}")
        return self._watched(name, order)

    def _watched(self, name: str, order: Order, only: Collection[str] | None = None) -> SuiteRun:
        with self._watch(name, order.record):
            return run_suite(order, only)


def _load(root: Path) -> Suite:
    from loopscope.discovery.load import load_suites

    for suite in load_suites([root]):
        if isinstance(suite, FileError):
            raise CannotRun(f"{suite.path}: {suite.message}")
        if Path(suite.label).resolve() == root:
            if suite.errors and not suite.files:
                raise CannotRun(f"{suite.errors[0].path}: {suite.errors[0].message}")
            return suite
    raise CannotRun(f"{root.name} is no pytest suite of its own")


def as_planned(planned: LoopMap) -> MayShare:
    """Allow tests to come together on a loop where the plan of the migration says so."""

    def may_share(first: str, second: str) -> bool:
        loops = [planned.get(name) or planned.get(name.split("[")[0]) for name in (first, second)]
        met = [loop.all for loop in loops if loop is not None]
        return len(met) < 2 or bool(met[0] & met[1])

    return may_share


def _save(trace: Path, record: Path) -> None:
    from loopscope.disk import write_out

    try:
        write_out(trace, "".join(f"{line}\n" for line in lines_of(record)).encode())
    except OSError as error:
        raise CannotRun(f"{trace} cannot be written: {error.strerror}") from None
