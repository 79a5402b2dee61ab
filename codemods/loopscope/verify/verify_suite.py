"""A verification from end to end: two copies, two Pythons, two runs, one comparison."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

from loopscope.analysis.suite.trace import Trace
from loopscope.frozen import frozen
from loopscope.loop_map.build_model import ReadSuite
from loopscope.types import Options, Suite
from loopscope.verify import CannotRun
from loopscope.verify.alone import foreign, harmless_tests, harmless_uses
from loopscope.verify.collect_suite import COLLECT_ONLY, order_for
from loopscope.verify.collected_loops import legacy_loops, modern_loops, unsettled
from loopscope.verify.difference import Difference, new_warnings
from loopscope.verify.differences import always, compare, slower
from loopscope.verify.id_matching import aligned, bare_id
from loopscope.verify.migrated_copy import (
    MigratedCopy,
    is_modern,
    load_copy,
    migrate_copy,
    notes_on_modern,
    read_original,
    seen_in_source,
)
from loopscope.verify.open_actions import tied
from loopscope.verify.pinned import Place
from loopscope.verify.project_copies import (
    ProjectCopy,
    copy_of_original,
    copy_with_suite,
    project_above,
    temporary_folder,
)
from loopscope.verify.run_record import SuiteRun
from loopscope.verify.suite_run import Order, begun, lines_of, run_suite
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
from loopscope.verify.versions import (
    Side,
    choose_alone,
    choose_before,
    choose_legacy,
    choose_modern,
)

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
        before = copy_of_original(self._root, self._folder / "before", self._verify_options.before)
        if self._verify_options.only_trace:
            return self._record(before)
        after = copy_with_suite(self._root, self._folder / "after")
        verify_options = self._verify_options
        original = read_original(before.suite, verify_options.options, verify_options.trace)
        if is_modern(original):
            anew = verify_options.before is not None
            self._notes += notes_on_modern(original, after.suite, anew=anew)
            return self._alone(after)
        if verify_options.only_collect:
            return self._compare_collected(original, before, after)
        return self._compare(original, before, after)

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

    def _order_before(self, copy: ProjectCopy) -> Order:
        side = choose_legacy(self._original, _place(copy), self._verify_options.before_python)
        self._notes += side.notes
        return self._order("before", copy, side)

    def _migrated(self, original: ReadSuite, copy: ProjectCopy) -> tuple[MigratedCopy, Order]:
        """Migrate the second copy; the Python that it wants is known afterwards."""
        options = self._verify_options
        anew = options.before is not None
        migrated = migrate_copy(original, copy.suite, options.options, anew=anew)
        target = options.options.target
        side = choose_modern(self._original, _place(copy), options.after_python, target)
        self._notes += (*migrated.notes, *side.notes)
        return migrated, self._order("after", copy, side)

    def _compare_collected(
        self, original: ReadSuite, before: ProjectCopy, after: ProjectCopy
    ) -> Verification:
        """Hold the loops that pytest's collections show against each other.

        The original is collected while its copy is migrated, and the two at the same time.
        """
        order = self._order_before(before)
        self._tell("before", order)
        with begun(order) as end_of_old:
            migrated, new_order = self._migrated(original, after)
            self._tell("after", new_order)
            with begun(new_order) as end_of_new:
                # What the migration of just now has left to nobody, its recheck has seen.
                read: list[Difference] = []
                if self._verify_options.before is not None or migrated.by_hand:
                    read += seen_in_source(original, load_copy(after.suite))
                with self._watch("before", order.record):
                    collected = self._known(order, end_of_old())
                with self._watch("after", new_order.record):
                    recollected = end_of_new()
        old = legacy_loops(collected)
        new = aligned(old, modern_loops(recollected, collected))
        may_share = always if self._verify_options.may_share else migrated.may_share
        asked = set(map(bare_id, (*old.tests, *new.tests)))
        read = [one for one in read if bare_id(one.test) in asked]
        found: dict[tuple[str, str], Difference] = {}
        for one in (*compare(old, new, may_share), *unsettled(old, new), *read):
            found.setdefault((one.test, one.what), one)
        problem, details = incomparable(old, new, differ=bool(found))
        return Verification(
            suite=self._label,
            before=old,
            after=new,
            differences=tied(found.values(), migrated.open_actions, old),
            notes=(
                *self._notes,
                *last_notes((old, new), migrated.by_hand, differ=bool(found)),
            ),
            problem=problem,
            details=details,
        )

    def _compare(self, original: ReadSuite, old: ProjectCopy, new: ProjectCopy) -> Verification:
        migrated, new_order = self._migrated(original, new)
        orders = (self._order_before(old), new_order)
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
        before = self._known(order, self._run("before", order))
        if self._verify_options.save_trace is not None:
            _save(self._verify_options.save_trace, order.record)
        return before

    @staticmethod
    def _known(order: Order, before: SuiteRun) -> SuiteRun:
        if before.exit_code is None:
            raise CannotRun(
                f"the original took longer than {order.seconds:g} seconds"
                f" ({', '.join(before.unfinished) or 'at its end'}); give it more with --timeout"
            )
        return before

    def _run(self, name: str, order: Order) -> SuiteRun:
        self._tell(name, order)
        return self._watched(name, order)

    def _tell(self, name: str, order: Order) -> None:
        doing = "collecting" if self._verify_options.only_collect else "running"
        self._say(f"{name}: {doing} the suite with {order.python}")

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
