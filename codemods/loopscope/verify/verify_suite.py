"""A verification from end to end: two copies, two Pythons, two runs, one comparison."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

from loopscope.analysis.suite.trace import Trace
from loopscope.frozen import frozen
from loopscope.types import Options, Suite
from loopscope.verify import CannotRun
from loopscope.verify.alone import foreign, harmless_tests, harmless_uses
from loopscope.verify.collect_suite import COLLECT_ONLY, order_for
from loopscope.verify.collected_loops import legacy_loops, modern_loops, unsettled
from loopscope.verify.difference import Difference, new_warnings
from loopscope.verify.differences import always, compare, slower
from loopscope.verify.id_matching import aligned
from loopscope.verify.migrated_copy import MigratedCopy, kinds_lost, load_copy, migrate_copy
from loopscope.verify.open_actions import tied
from loopscope.verify.pinned import Place
from loopscope.verify.project_copies import (
    ProjectCopy,
    copy_project,
    copy_revision,
    copy_with_suite,
    project_above,
    room_for_copy,
    temporary_folder,
)
from loopscope.verify.run_record import SuiteRun
from loopscope.verify.suite_run import Order, lines_of, run_suite
from loopscope.verify.trace_file import unfit
from loopscope.verify.verification import (
    Pair,
    Verification,
    incomparable,
    last_notes,
    left_out,
    notes_alone,
    separate_flaky,
    unknown,
)
from loopscope.verify.versions import Side, choose, choose_alone, choose_before

_LONGER = 10  # times as long as the first run the second one may take ...
_AT_LEAST = 120.0  # ... but so many seconds in any case
_AN_HOUR = 3600.0


@frozen
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
    only_collect: bool = False  # let pytest collect both, and run no test
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
        verify_options: What to do.
        say: Called with a line of text at each step, for a person who waits.
        watch: What is done while a run lasts.
    """
    with temporary_folder("verify") as folder:
        try:
            return _Steps(suite, verify_options, say, watch, folder).result()
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
        self._original = Place(project_above(self._root), self._root)
        self._notes: list[str] = []

    def result(self) -> Verification:
        before = self._copy_of_original()
        if self._verify_options.only_trace:
            return self._record(before)
        after = copy_with_suite(self._root, self._folder / "after")
        verify_options = self._verify_options
        migrated = migrate_copy(
            before.suite, after.suite, verify_options.options, verify_options.trace,
            anew=verify_options.before is not None,
        )  # fmt: skip
        self._notes += migrated.notes
        if migrated.is_modern:
            return self._alone(after)
        sides = choose(
            self._original,
            (_place(before), _place(after)),
            verify_options.options.target,
            (verify_options.before_python, verify_options.after_python),
        )
        for side in sides:
            self._notes += side.notes
        orders = (self._order("before", before, sides[0]), self._order("after", after, sides[1]))
        if verify_options.only_collect:
            return self._compare_collected(orders, migrated)
        return self._compare(orders, migrated)

    def _record(self, before: ProjectCopy) -> Verification:
        """Run the original alone; the Python with the new pytest-asyncio is not looked for."""
        side = choose_before(self._original, _place(before), self._verify_options.before_python)
        run = self._first(self._order("before", before, side))
        problem = unfit(run)
        if problem:
            raise CannotRun(f"the run of the original {problem}")
        return Verification(suite=self._label, before=run, notes=(*self._notes, *side.notes))

    def _alone(self, copy: ProjectCopy) -> Verification:
        """Run a suite that is on 1.x already once: nothing is compared with anything."""
        options = self._verify_options
        side = choose_alone(
            self._original, _place(copy), options.after_python, options.options.target
        )
        run = self._run("after", self._order("after", copy, side))
        run = modern_loops(run) if options.only_collect else run
        harmless = harmless_uses(load_copy(copy.suite))
        differences = foreign(run, harmless)
        if options.only_collect:
            differences = (*unsettled(SuiteRun(0, {}), run), *differences)
        problem, details = unknown(run, differ=bool(differences))
        return Verification(
            suite=self._label,
            after=run,
            differences=differences,
            notes=(*self._notes, *side.notes, *notes_alone(run, harmless_tests(run, harmless))),
            problem=problem,
            details=details,
        )

    # -- copies -------------------------------------------------------------------------

    def _copy_of_original(self) -> ProjectCopy:
        wish, folder = self._verify_options.before, self._folder / "before"
        if wish is None:
            return copy_with_suite(self._root, folder)
        copy = room_for_copy(self._root, folder)
        if Path(wish).is_dir():
            root = Path(wish).resolve()
            project = project_above(root)
            copy_project(project, copy.top)
            return replace(copy, suite=copy.top / root.relative_to(project))
        copy_revision(copy.project, wish, copy.top)
        if not copy.suite.is_dir():
            inside = copy.suite.relative_to(copy.top).as_posix()
            raise CannotRun(f"--before {wish}: it has no folder {inside}")
        return copy

    # -- runs ---------------------------------------------------------------------------

    def _order(self, name: str, copy: ProjectCopy, side: Side) -> Order:
        what = ("--maxfail=0", "--continue-on-collection-errors")
        return order_for(
            copy,
            side,
            self._folder / f"{name}.jsonl",
            (
                *(COLLECT_ONLY if self._verify_options.only_collect else what),
                *self._verify_options.pytest_options,
            ),
            self._verify_options.seconds or _AN_HOUR,
        )

    def _compare_collected(
        self, orders: tuple[Order, Order], migrated: MigratedCopy
    ) -> Verification:
        """Hold the loops that pytest's collections show against each other."""
        collected = self._first(orders[0])
        before = legacy_loops(collected)
        after = aligned(before, modern_loops(self._run("after", orders[1]), collected))
        may_share = always if self._verify_options.may_share else migrated.may_share
        found: dict[tuple[str, str], Difference] = {}
        for one in (*compare(before, after, may_share), *unsettled(before, after),
                    *kinds_lost(migrated)):  # fmt: skip
            found.setdefault((one.test, one.what), one)
        problem, details = incomparable(before, after, differ=bool(found))
        return Verification(
            suite=self._label,
            before=before,
            after=after,
            differences=tied(found.values(), migrated.open_actions, before),
            notes=(
                *self._notes,
                *last_notes((before, after), migrated.by_hand, differ=bool(found)),
            ),
            problem=problem,
            details=details,
        )

    def _compare(self, orders: tuple[Order, Order], migrated: MigratedCopy) -> Verification:
        started = time.monotonic()
        before = self._first(orders[0])
        if self._verify_options.seconds is None:
            limit = max(_AT_LEAST, _LONGER * (time.monotonic() - started))
            orders = (orders[0], replace(orders[1], seconds=limit))
        first = (before, aligned(before, self._run("after", orders[1])))

        def again(only: Iterable[str] | None) -> Pair:
            chosen = None if only is None else tuple(only)
            which = "the whole suite" if chosen is None else "the tests that differ"
            self._say(f"running {which} again")
            return (
                aligned(before, self._watched("before", orders[0], chosen)),
                aligned(before, self._watched("after", orders[1], chosen)),
            )

        may_share = always if self._verify_options.may_share else migrated.may_share
        differences, flaky = separate_flaky(
            first, compare(*first, may_share), self._verify_options.reruns, again
        )
        problem, details = incomparable(*first, differ=bool(differences))
        return Verification(
            suite=self._label,
            before=first[0],
            after=first[1],
            differences=tied(differences, migrated.open_actions, before),
            flaky=flaky,
            never_ran=left_out(*first),
            warnings=new_warnings(*first),
            slower=slower(*first),
            notes=(*self._notes, *last_notes(first, migrated.by_hand, differ=bool(differences))),
            problem=problem,
            details=details,
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
        doing = "collecting" if self._verify_options.only_collect else "running"
        self._say(f"{name}: {doing} the suite with {order.python}")
        return self._watched(name, order)

    def _watched(self, name: str, order: Order, only: Collection[str] | None = None) -> SuiteRun:
        with self._watch(name, order.record):
            return run_suite(order, only)


def _place(copy: ProjectCopy) -> Place:
    return Place(copy.top, copy.suite)


def _save(trace: Path, record: Path) -> None:
    from loopscope.disk import write_out

    try:
        write_out(trace, "".join(f"{line}\n" for line in lines_of(record)).encode())
    except OSError as error:
        raise CannotRun(f"{trace} cannot be written: {error.strerror}") from None
