"""A migration as lines of text for people: what was done and why, and what is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from loopscope.frozen import frozen
from loopscope.reports import Line, ReportOptions, RunDocument, join, place_of
from loopscope.reports.summary import RuleCounts, Summary, alike, by_group, status_word
from loopscope.types import Change, EditRecord, Finding, Level, Migration, Status

STATUS_STYLES = {
    Status.CURRENT: "green", Status.CHANGED: "green", Status.MANUAL: "yellow",
    Status.ERROR: "red",
}  # fmt: skip


class TextReport(RunDocument):
    """Lines for people, suite by suite; then a table, and the summary."""

    def __init__(self, options: ReportOptions) -> None:
        super().__init__(options)
        self._rows: list[Row] = []

    def add(self, migration: Migration) -> None:
        options = self.options
        self._rows.append(Row.of(migration))
        if not options.quiet:
            lines = suite_lines(migration, verbose=options.verbose, wrote=options.wrote)
            options.out.lines(lines)

    def finish(self, summary: Summary, commands: Sequence[str]) -> None:
        options = self.options
        if not options.quiet:
            lines = table_lines(self._rows, verbose=options.verbose, wrote=options.wrote)
            options.out.lines(lines)
        if options.statistics:
            options.out.lines(statistics_lines(summary.by_rule))
        if summary.errors:
            rest = "The rest was handled. " if summary.partly_done else ""
            options.err.text(f"{rest}Correct what is named above and run it again.")
        for command in commands:
            options.out.text(f"To apply: {command}")
        options.out.text(summary.line(wrote=options.wrote), "bold")


def suite_lines(
    migration: Migration, *, verbose: bool = False, wrote: bool = True
) -> Iterator[Line]:
    """Report on one suite; nothing for one that is up to date and has no notes.

    Args:
        migration: Its errors are left out: they go to standard error.
        verbose: Show suites that are up to date, loops and requirement, too.
        wrote: The changes are on disk.
    """
    if not (migration.changes or migration.findings or verbose):
        return
    yield _heading(migration, wrote=wrote)
    for product, changes, findings in by_group(migration):
        if product and changes:
            yield (("  product code", "bold"),)
        for change in changes:
            yield from _change(migration.label, change)
        if findings:
            yield (("  left to do", "bold"), (" in product code" if product else "", "bold"))
            yield from _findings(migration.label, findings, verbose=verbose)
    if verbose and migration.requires:
        loops = f"{migration.loops_before} -> {migration.loops_after}"
        yield ((f"  runs on {migration.runs_on}", ""),)
        yield ((f"  loops: {loops}, requires {migration.requires}", ""),)
    yield ()


def _heading(migration: Migration, *, wrote: bool) -> Line:
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
    subject = f" {edit.subject}:" if edit.definition else ""
    return (
        (line, "dim"), (edit.code, "magenta"), (subject, "bold"), (f" {edit.message}", ""),
        (edit.trust, "yellow"),
    )  # fmt: skip


def _findings(label: str, findings: Sequence[Finding], *, verbose: bool) -> Iterator[Line]:
    """One line for each action, and for all notes that say the same of their places."""
    for first, *more in alike(findings):
        yield _finding(label, first, len(more) + 1)
        if more:
            shown = more if verbose else more[:_PLACES]
            left = len(more) - len(shown)
            rest = f" and {left} more (-v shows them)" if left else ""
            places = ", ".join(place_of(label, finding) for finding in shown)
            yield ((f"      also at {places}{rest}", ""),)


def _finding(label: str, finding: Finding, times: int = 1) -> Line:
    style = "yellow" if finding.level is Level.ACTION else "blue"
    return (
        (f"    {place_of(label, finding)}: ", ""), (finding.code, "magenta"), (" ", ""),
        (finding.level.value, style), (f" ({times} times)" if times > 1 else "", ""),
        (f": {finding.message}", ""),
        (f" (loopscope rules {finding.code})", "dim"),
    )  # fmt: skip


def statistics_lines(counts: Mapping[str, RuleCounts]) -> Iterator[Line]:
    """Aligned columns with the counts of each rule, and their sums."""
    from loopscope.rules.registry import find_rule  # slow to import, and seldom needed

    numbers = {code: (found.edits, found.actions, found.notes) for code, found in counts.items()}
    rows = [
        (f"{code} {rule.name}" if (rule := find_rule(code)) else code, *map(str, numbers[code]))
        for code in sorted(numbers)
    ]
    sums = [str(sum(column)) for column in zip(*numbers.values(), strict=True)] or ["0"] * 3
    table = [("rule", "edits", "actions", "notes"), *rows, ("all", *sums)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for number, row in enumerate(table):
        style = "bold" if number in (0, len(table) - 1) else ""
        yield _line(row, widths, (style,) * len(row))
    yield ()


_TITLES = ("suite", "files", "edits", "findings", "status", "time")
_STATUS = _TITLES.index("status")
_PLACES = 4  # of notes that say the same, beside the first


@frozen
class Row:
    """What the table says of one suite; kept instead of the migration, which is large."""

    label: str
    files: int
    edits: int
    findings: int
    status: Status
    seconds: float

    @classmethod
    def of(cls, migration: Migration) -> Row:
        """Count the parts of a migration."""
        edits = sum(len(change.edits) for change in migration.changes)
        return cls(
            migration.label,
            len(migration.changes),
            edits,
            len(migration.findings),
            migration.status,
            migration.seconds,
        )

    @property
    def idle(self) -> bool:
        """Whether there was nothing to do or to say."""
        return self.status is Status.CURRENT and not self.findings

    def cells(self, *, wrote: bool) -> tuple[str, ...]:
        """Return the cells as they are shown."""
        numbers = (str(number) for number in (self.files, self.edits, self.findings))
        status = status_word(self.status, wrote=wrote)
        return (self.label, *numbers, status, f"{self.seconds:.1f} s")


def table_lines(rows: list[Row], *, verbose: bool = False, wrote: bool = True) -> Iterator[Line]:
    """Aligned columns for the suites with something to do, if there is more than one suite.

    Args:
        rows: All suites of the run.
        verbose: Show the others, too, instead of their number.
        wrote: The changes are on disk.
    """
    shown = [row for row in rows if verbose or not row.idle]
    if len(rows) < 2 or not shown:
        return
    cells = [_TITLES, *(row.cells(wrote=wrote) for row in shown)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_TITLES))]
    yield _line(_TITLES, widths, ("bold",) * len(_TITLES))
    for row in shown:
        yield _line(
            row.cells(wrote=wrote), widths, ("", "", "", "", STATUS_STYLES[row.status], "dim")
        )
    left = len(rows) - len(shown)
    if left:
        suites = "1 suite" if left == 1 else f"{left} suites"
        yield ((f"and {suites} with nothing to do (-v shows them)", "dim"),)
    yield ()


def _line(cells: tuple[str, ...], widths: list[int], styles: tuple[str, ...]) -> Line:
    """Text to the left, numbers to the right."""
    aligned = [
        cell.rjust(width) if 0 < column != _STATUS else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    gaps = ["  "] * (len(cells) - 1) + [""]
    return tuple(
        (cell + gap, style) for cell, gap, style in zip(aligned, gaps, styles, strict=True)
    )


REPORT = TextReport
