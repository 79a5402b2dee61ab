"""The copy that runs second: migrated where it is not yet, and what a person must do in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from loopscope.analysis.suite.trace import Trace
from loopscope.frozen import frozen
from loopscope.loop_map.build_model import build_model
from loopscope.loop_map.model import LoopMap
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.rules.registry import FILE_CHECKS
from loopscope.types import FileError, Level, Migration, Options, Suite
from loopscope.verify import CannotRun
from loopscope.verify.difference import Cause, Difference
from loopscope.verify.differences import MayShare, never
from loopscope.verify.open_actions import OpenAction, open_actions
from loopscope.verify.trace_file import changed


@frozen
class MigratedCopy:
    """What the migration of the original says about the second copy."""

    before: Path  # the suite's folder in the copy of the original
    after: Path  # the one in the second copy
    may_share: MayShare = never  # which tests it may bring together
    open_actions: tuple[OpenAction, ...] = ()
    by_hand: int = 0  # what the migration of the copy left to a person
    notes: tuple[str, ...] = ()
    is_modern: bool = False  # the original is on 1.x already: it has nothing to be held against


def migrate_copy(
    before: Path, after: Path, options: Options, trace: Trace | None, *, anew: bool
) -> MigratedCopy:
    """Migrate the second copy if it needs it.

    Args:
        before: The suite's folder in the copy of the original.
        after: The one in the second copy.
        options: Of the migration.
        trace: The record that it follows.
        anew: The second copy is another state than the first.

    Raises:
        CannotRun: There is nothing to compare.
    """
    from loopscope.pipeline import migrate, style_and_loops

    original = _with_trace(load_copy(before), trace)
    standing = load_copy(after)
    runs_on = options.runs_on
    migration = migrate(original, options)
    suite_style, planned = style_and_loops(original, migration.changes, runs_on)
    if suite_style is SuiteStyle.MODERN:
        return _modern(before, after, original, standing, anew=anew)
    if not migration.changes:
        raise CannotRun(
            "the migration of the original changes nothing: it does not use pytest-asyncio, or"
            " all is left to a person (loopscope check says). Name another state with --before, a"
            " git revision or a folder"
        )
    if anew and style_and_loops(standing)[0] is not SuiteStyle.LEGACY:
        findings = migrate(standing, options).findings
        found = open_actions(findings, standing.files)
        return MigratedCopy(before, after, as_planned(planned), found)
    if anew:
        migration = migrate(_with_trace(standing, trace), options)
    findings = migration.findings
    return MigratedCopy(
        before,
        after,
        as_planned(planned),
        open_actions(findings, standing.files),
        sum(finding.level is Level.ACTION for finding in findings),
        tuple(_apply(after, migration)),
    )


def _modern(
    before: Path, after: Path, original: Suite, standing: Suite, *, anew: bool
) -> MigratedCopy:
    from loopscope.pipeline import style_and_loops

    if anew and style_and_loops(standing)[0] is not SuiteStyle.MODERN:
        raise CannotRun(
            "the original is written for loop scopes already, and the suite as it is now is not:"
            " name an older state with --before, a git revision or a folder"
        )
    if not original.files or not uses_plugin(standing):
        raise CannotRun("the suite does not use pytest-asyncio")
    said = "it is written for loop scopes already, so it is looked at by itself, as it is now"
    return MigratedCopy(before, after, notes=(f"--before: {said}",) * anew, is_modern=True)


def uses_plugin(suite: Suite) -> bool:
    """Whether anything in a suite is pytest-asyncio's business."""
    return build_model(suite, [], Options().time_limit, FILE_CHECKS).uses_plugin


def kinds_lost(copies: MigratedCopy) -> Iterator[Difference]:
    """Find the tests that were on a loop of another kind; the source alone tells of kinds."""
    old = build_model(load_copy(copies.before), [], Options().time_limit, FILE_CHECKS).legacy_map
    if all(len(loops.kinds) == 1 and not any(loops.kinds) for loops in old.values()):
        return
    new = build_model(load_copy(copies.after), [], Options().time_limit, FILE_CHECKS).modern_map
    for test, loops in old.items():
        lost = loops.kinds_lost(new[test]) if test in new else ""
        if lost:
            what = f"was on a loop of the kind {lost}, and is on none"
            why = "what made its loops, in event_loop or a policy, no longer does (LS101, LS106)"
            yield Difference(Cause.KIND, test, what, why)


def as_planned(planned: LoopMap) -> MayShare:
    """Allow tests to come together on a loop where the plan of the migration says so."""

    def may_share(first: str, second: str) -> bool:
        loops = [planned.get(name) or planned.get(name.split("[")[0]) for name in (first, second)]
        met = [loop.all for loop in loops if loop is not None]
        return len(met) < 2 or bool(met[0] & met[1])

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
