"""The copy that runs second: migrated where it is not yet, and what a person must do in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from loopscope.analysis.suite.trace import Trace
from loopscope.loop_map.model import LoopMap
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.types import FileError, Level, Migration, Options, Suite
from loopscope.verify import CannotRun
from loopscope.verify.differences import MayShare
from loopscope.verify.open_actions import OpenAction, open_actions
from loopscope.verify.trace_file import changed


@dataclass(frozen=True, slots=True)
class MigratedCopy:
    """What the migration of the original says about the second copy."""

    may_share: MayShare  # which tests it may bring together
    open_actions: tuple[OpenAction, ...] = ()
    by_hand: int = 0  # what the migration of the copy left to a person
    notes: tuple[str, ...] = ()


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

    original = _with_trace(_load(before), trace)
    migration = migrate(original, options)
    suite_style, planned = style_and_loops(original, migration.changes)
    if suite_style is SuiteStyle.MODERN or not migration.changes:
        raise CannotRun(
            "the original is already written for loop scopes, or does not use pytest-asyncio:"
            " name an older state with --before, a git revision or a folder"
        )
    standing = _load(after)
    if style_and_loops(standing)[0] is not SuiteStyle.LEGACY:
        findings = migrate(standing, options).findings
        return MigratedCopy(as_planned(planned), open_actions(findings, standing.files))
    if anew:
        migration = migrate(_with_trace(standing, trace), options)
    findings = migration.findings
    return MigratedCopy(
        as_planned(planned),
        open_actions(findings, standing.files),
        sum(finding.level is Level.ACTION for finding in findings),
        tuple(_apply(after, migration)),
    )


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
