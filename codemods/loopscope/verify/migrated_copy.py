"""The copy that runs second: migrated where it is not yet, and what a person must do in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from loopscope.analysis.file.loop_kinds import UNKNOWN
from loopscope.analysis.suite.closure import EVENT_LOOP, LoopRequest, RequestKind
from loopscope.analysis.suite.fixtures import Test
from loopscope.analysis.suite.trace import Trace
from loopscope.frozen import frozen
from loopscope.loop_map.build_model import ReadSuite, build_model, rebuild_model
from loopscope.loop_map.model import LoopMap, TestLoops
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.rules.registry import FILE_CHECKS
from loopscope.types import FileError, Level, Migration, Options, Suite
from loopscope.verify import CannotRun
from loopscope.verify.difference import Cause, Difference
from loopscope.verify.differences import MayShare, never
from loopscope.verify.id_matching import bare_id
from loopscope.verify.open_actions import OpenAction, open_actions
from loopscope.verify.trace_file import changed


@frozen
class MigratedCopy:
    """What the migration of the original says about the second copy."""

    may_share: MayShare = never  # which tests it may bring together
    open_actions: tuple[OpenAction, ...] = ()
    by_hand: int = 0  # what the migration of the copy left to a person
    notes: tuple[str, ...] = ()


def read_original(before: Path, options: Options, trace: Trace | None) -> ReadSuite:
    """Read the copy of the original; ``trace`` is the record that its migration follows.

    Raises:
        CannotRun: It cannot be read, or is not as it was recorded.
    """
    from loopscope.pipeline import read

    return read(_with_trace(load_copy(before), trace), options)


def is_modern(read: ReadSuite) -> bool:
    """Whether a suite is on 1.x already: it has nothing to be held against."""
    return read.model.suite_style is SuiteStyle.MODERN


def _model(suite: Suite) -> SuiteModel:
    return build_model(suite, [], Options().time_limit, FILE_CHECKS)


def migrate_copy(
    original: ReadSuite, after: Path, options: Options, *, anew: bool
) -> MigratedCopy:
    """Migrate the second copy if it needs it.

    Args:
        original: What is on no loop scopes yet.
        after: The suite's folder in the second copy.
        options: Of the migration.
        anew: The second copy is another state than the first.

    Raises:
        CannotRun: There is nothing to compare.
    """
    from loopscope.pipeline import migrate

    migration = migrate(original, options)
    if not migration.changes:
        raise CannotRun(
            "the migration of the original changes nothing: it does not use pytest-asyncio, or"
            " all is left to a person (loopscope check says). Name another state with --before, a"
            " git revision or a folder"
        )
    may_share = as_planned(partial(_planned, original, migration))
    if anew:
        standing = load_copy(after)
        if _model(standing).suite_style is not SuiteStyle.LEGACY:
            found = open_actions(migrate(standing, options).findings, standing.files)
            return MigratedCopy(may_share, found)
        migration = migrate(_with_trace(standing, original.suite.trace), options)
        files = standing.files
    else:
        files = original.suite.files
    findings = migration.findings
    return MigratedCopy(
        may_share,
        open_actions(findings, files),
        sum(finding.level is Level.ACTION for finding in findings),
        tuple(_apply(after, migration)),
    )


def _planned(original: ReadSuite, migration: Migration) -> LoopMap:
    changes, seconds = migration.changes, Options().time_limit
    return rebuild_model(original.suite, original.model, changes, [], seconds).modern_map


def notes_on_modern(original: ReadSuite, after: Path, *, anew: bool) -> tuple[str, ...]:
    """Say why a suite that is on 1.x already is looked at by itself.

    Raises:
        CannotRun: There is nothing to look at.
    """
    standing = load_copy(after)
    if anew and _model(standing).suite_style is not SuiteStyle.MODERN:
        raise CannotRun(
            "the original is written for loop scopes already, and the suite as it is now is not:"
            " name an older state with --before, a git revision or a folder"
        )
    if not original.suite.files or not _model(standing).uses_plugin:
        raise CannotRun("the suite does not use pytest-asyncio")
    said = "it is written for loop scopes already, so it is looked at by itself, as it is now"
    return (f"--before: {said}",) * anew


def seen_in_source(original: ReadSuite, after: Suite) -> Iterator[Difference]:
    """Find what no collection shows: kinds of loops, and what code asks for while it runs."""
    old = original.model
    kinds = any(len(loops.kinds) > 1 or any(loops.kinds) for loops in old.legacy_map.values())
    if not kinds and not any(_asks_while_it_runs(old, test) for test in old.index.tests):
        return
    new = _model(after)
    if kinds:
        yield from _kinds_lost(old.legacy_map, new)
    for test in new.index.tests:
        requests = _asks_while_it_runs(new, test)
        if any(request.target is None for request in requests):
            what = "asks for event_loop while it runs, and there is none"
            yield Difference(Cause.OTHER, test.id, what, "somebody still asks for it (LS102)")
        elif requests and _is_apart(new.modern_map.get(test.id)):
            what = "asks for event_loop while it runs, which is on another loop"
            why = "its loop scope is not that of the test (LS102, LS104)"
            yield Difference(Cause.FOREIGN, test.id, what, why)


def _is_apart(loops: TestLoops | None) -> bool:
    """Whether event_loop is another loop than what a test has besides."""
    if loops is None:
        return False
    held = loops.without(loops.free)
    return held.fixtures.get(EVENT_LOOP) is not None and len(held.all) > 1


def _kinds_lost(old: LoopMap, new: SuiteModel) -> Iterator[Difference]:
    why = "what made its loops, in event_loop or a policy, no longer does (LS101, LS106)"
    for test in new.index.tests:
        before, after = old.get(test.id), new.modern_map.get(test.id)
        if before is None or after is None:
            continue
        lost = before.kinds_lost(after)
        if lost:
            what = f"was on a loop of the kind {lost}, and is on none"
            yield Difference(Cause.KIND, test.id, what, why)
        elif UNKNOWN in before.kinds and new.override_of(test) is not None:
            what = "was on the loop of an event_loop that is still there, and is on none of its"
            yield Difference(Cause.KIND, test.id, what, why)


def _asks_while_it_runs(model: SuiteModel, test: Test) -> list[LoopRequest]:
    kinds = (RequestKind.GETFIXTUREVALUE, RequestKind.RUNNING)
    return [one for one in model.closures.of(test).requests if one.kind in kinds]


def as_planned(plan: Callable[[], LoopMap]) -> MayShare:
    """Allow tests to come together on a loop where the plan of the migration says so.

    The plan is asked for when the first ones do, which is seldom. It has one entry for a test
    function, of which each set of parameters has a function loop of its own.
    """
    plan = cache(plan)

    def may_share(first: str, second: str) -> bool:
        planned = plan()
        names = [name if name in planned else bare_id(name) for name in (first, second)]
        if not all(name in planned for name in names):
            return True
        shared = planned[names[0]].all & planned[names[1]].all
        return any(loop.region != names[0] for loop in shared) or bool(shared and first == second)

    return may_share


def _apply(root: Path, migration: Migration) -> Iterator[str]:
    from loopscope.output.write import write_changes

    for error in (*migration.errors, *write_changes(root, migration.changes)):
        yield f"migration: {error.path}: {error.message}"


def _with_trace(suite: Suite, trace: Trace | None) -> Suite:
    """Return the suite with the record that was given."""
    if trace is None:
        return suite
    for error in changed(trace, suite):
        raise CannotRun(f"{error.path} {error.message}")
    return replace(suite, trace=trace)


def load_copy(root: Path) -> Suite:
    """Read the suite of a copy.

    Raises:
        CannotRun: It cannot be read.
    """
    from loopscope.discovery.load import load_suites

    for suite in load_suites([root]):
        if isinstance(suite, FileError):
            raise CannotRun(f"{suite.path}: {suite.message}")
        if Path(suite.label).resolve() == root:
            if suite.errors and not suite.files:
                raise CannotRun(f"{suite.errors[0].path}: {suite.errors[0].message}")
            return suite
    raise CannotRun(f"{root.name} is no pytest suite of its own")
