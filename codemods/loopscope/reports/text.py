"""A migration as lines of text for people: what was done and why, and what is left."""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.reports.paths import join
from loopscope.types import (
    Change,
    EditRecord,
    FileError,
    Finding,
    Level,
    Migration,
    Safety,
    Status,
)

# A line is a sequence of (text, style); a style is a word of rich, or "".
Line = tuple[tuple[str, str], ...]

STATUS_STYLES = {
    Status.CURRENT: "green", Status.CHANGED: "green", Status.MANUAL: "yellow",
    Status.ERROR: "red",
}  # fmt: skip


def status_word(status: Status, *, wrote: bool) -> str:
    """Name a status for people; ``wrote``: the changes are on disk."""
    if status is Status.CURRENT:
        return "up to date"
    return "would change" if status is Status.CHANGED and not wrote else status.value


def suite_lines(
    migration: Migration, *, verbose: bool = False, wrote: bool = True
) -> Iterator[Line]:
    """Report on one suite; nothing for one that is up to date and has no notes.

    Args:
        migration: Its errors are left out: they go elsewhere, see ``error_lines``.
        verbose: Show suites that are up to date, loops and requirement too.
        wrote: The changes are on disk.
    """
    if not (migration.changes or migration.findings or verbose):
        return
    yield _heading(migration, wrote)
    for change in migration.changes:
        yield from _change(migration.label, change)
    if migration.findings:
        yield (("  left to do", "bold"),)
        for finding in migration.findings:
            yield _finding(migration.label, finding)
    if verbose and migration.requires:
        loops = f"{migration.loops_before} -> {migration.loops_after}"
        yield ((f"  loops: {loops}, requires {migration.requires}", ""),)
    yield ()


def error_lines(error: FileError, label: str = "") -> Iterator[Line]:
    """One error: where, what happened."""
    place = join(label, error.path)
    line = f":{error.line}" if error.line else ""
    yield (("error: ", "bold red"), (f"{place}{line}", "bold"), (f": {error.message}", ""))


def _heading(migration: Migration, wrote: bool) -> Line:
    config = migration.config or "no pytest configuration"
    style = STATUS_STYLES[migration.status]
    status = (status_word(migration.status, wrote=wrote), style)
    return ((migration.label, "bold"), (f" ({config}): ", ""), status)


def _change(label: str, change: Change) -> Iterator[Line]:
    new = " (new)" if change.before is None else ""
    yield (("  ", ""), (join(label, change.path), "cyan"), (new, ""))
    for edit in sorted(change.edits, key=lambda edit: (edit.line, edit.code)):
        yield _edit(edit)


def _edit(edit: EditRecord) -> Line:
    line = f"{edit.line:>6}  " if edit.line else " " * 8
    subject = f" {edit.definition}:" if edit.definition else ""
    assumption = " [assumption]" if edit.safety is Safety.ASSUMPTION else ""
    return (
        (line, "dim"), (edit.code, "magenta"), (subject, "bold"), (f" {edit.message}", ""),
        (assumption, "yellow"),
    )  # fmt: skip


def _finding(label: str, finding: Finding) -> Line:
    numbers = [number for number in (finding.line, finding.column) if number]
    place = ":".join([join(label, finding.path), *map(str, numbers)])
    style = "yellow" if finding.level is Level.ACTION else "blue"
    return (
        (f"    {place}: ", ""), (finding.code, "magenta"), (" ", ""),
        (finding.level.value, style), (f": {finding.message}", ""),
        (f" (loopscope rules {finding.code})", "dim"),
    )  # fmt: skip
