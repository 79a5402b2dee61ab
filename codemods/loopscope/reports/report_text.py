"""A run as lines of text for people: what it comes to, what is left to do, what was done and why.

Every finding and edit is one line that begins ``path:line:column: CODE``, as editors and terminals
understand it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from loopscope.frozen import frozen
from loopscope.reports import Line, ReportOptions, RunDocument, join, place_of
from loopscope.reports.summary import RuleCounts, Summary, alike, counted, status_word
from loopscope.rewriting.hunks import place_of_edit
from loopscope.types import EditRecord, Finding, Level, Migration, Safety, Status

STATUS_STYLES = {
    Status.CURRENT: "green", Status.CHANGED: "green", Status.MANUAL: "yellow",
    Status.ERROR: "red",
}  # fmt: skip
_SCREEN = 20  # lines below the answer from which on it is said again at the end


class TextReport(RunDocument):
    """The answer in one line, what is left to do, the edits; then a table of suites."""

    def __init__(self, options: ReportOptions) -> None:
        super().__init__(options)
        self._suites: list[Told] = []

    def add(self, migration: Migration) -> None:
        self._suites.append(Told.of(migration))

    def finish(self, summary: Summary, commands: Sequence[str]) -> None:
        options = self.options
        answer = summary.line(wrote=options.wrote)
        lines = [*self._body()]
        if options.statistics:
            lines += statistics_lines(summary.by_rule)
        options.out.text(answer, "bold")
        if lines:
            options.out.text("")
            options.out.lines(lines[:-1] if not lines[-1] else lines)
        if summary.errors:
            rest = "The rest was handled. " if summary.partly_done else ""
            options.err.text(f"{rest}Correct what is named above and run it again.")
        for command in commands:
            options.out.text(f"To apply: {command}")
        if len(lines) > _SCREEN:
            options.out.lines([(), ((answer, "bold"),)])

    def _body(self) -> Iterator[Line]:
        options = self.options
        if not options.quiet:
            yield from report_lines(self._suites, verbose=options.verbose, wrote=options.wrote)
        rows = [told.row for told in self._suites]
        yield from table_lines(rows, verbose=options.verbose, wrote=options.wrote)


@frozen
class Told:
    """What is said of one suite; kept instead of the migration, which is large."""

    row: Row
    config: str
    edits: tuple[tuple[bool, str, EditRecord], ...]  # of product code, place
    findings: tuple[tuple[bool, Finding], ...]  # of product code
    numbers: tuple[str, ...]

    @classmethod
    def of(cls, migration: Migration) -> Told:
        """Take what is said of a migration."""
        edits = [
            (*place_of_edit(change, edit), edit.code, number, change, edit)
            for change in migration.changes
            for number, edit in enumerate(change.edits)
        ]
        edits.sort(key=lambda found: (found[4].path, *found[:4]))
        loops = f"{migration.loops_before} -> {migration.loops_after}"
        return cls(
            Row.of(migration),
            migration.config or "no pytest configuration",
            tuple(
                (
                    change.path in migration.product,
                    join(migration.label, change.path)
                    + (f":{line}:{column}" if line else " (new)"),
                    edit,
                )
                for line, column, _, _, change, edit in edits
            ),
            tuple((found.path in migration.product, found) for found in migration.findings),
            (f"runs on {migration.runs_on}", f"loops: {loops}, requires {migration.requires}")
            if migration.requires
            else (),
        )

    @property
    def empty(self) -> bool:
        """Whether there is nothing to say, unless all is asked for."""
        return not (self.edits or self.findings)


def report_lines(
    suites: Sequence[Told], *, verbose: bool = False, wrote: bool = True
) -> Iterator[Line]:
    """Say what a person must do and judge, then what else there is; what is product code apart.

    Args:
        suites: All of the run.
        verbose: Show every edit, every place, suites that are up to date, loops and requirement.
        wrote: The changes are on disk.
    """
    hidden = False
    for product in (False, True):
        where = " in product code" if product else ""
        edits = [e for told in suites for e in told.edits if e[0] is product]
        trusted = [e for e in edits if e[2].safety is Safety.ASSUMPTION]
        hidden = hidden or len(trusted) < len(edits)
        found = [
            (told.row.label, finding)
            for told in suites
            for group, finding in told.findings
            if group is product
        ]
        yield from _section(f"left to do by hand{where}", _findings(found, Level.ACTION, verbose))
        if not verbose:
            yield from _section(f"done on an assumption{where}", map(_edit, trusted))
            if product:
                yield from _section(f"changed{where}", _by_file(edits))
        yield from _section(f"notes{where}", _findings(found, Level.NOTE, verbose))
    if verbose:
        for told in suites:
            yield from _suite(told, wrote=wrote)
    if any(not told.empty for told in suites):
        more = "-v shows every edit, " if hidden and not verbose else ""
        yield ((f"({more}loopscope rules CODE says what a rule does and why)", "dim"),)
        yield ()


def _section(title: str, lines: Iterable[Line]) -> Iterator[Line]:
    """Put a title above lines, if there are any."""
    found = list(lines)
    if found:
        yield ((f"{title}:", "bold"),)
        yield from found
        yield ()


def _suite(told: Told, *, wrote: bool) -> Iterator[Line]:
    row = told.row
    status = (status_word(row.status, wrote=wrote), STATUS_STYLES[row.status])
    yield ((row.label, "bold"), (f" ({told.config}): ", ""), status)
    for text in told.numbers:
        yield ((f"  {text}", ""),)
    for product in (False, True):
        edits = [edit for edit in told.edits if edit[0] is product]
        if edits and product:
            yield (("  product code", "bold"),)
        yield from map(_edit, edits)
    yield ()


def _by_file(edits: Iterable[tuple[bool, str, EditRecord]]) -> Iterator[Line]:
    files = Counter(re.sub(r"(:\d+:\d+| \(new\))$", "", place) for _, place, _ in edits)
    for path, number in files.items():
        yield ((f"{path}: {counted(number, 'edit')}", ""),)


def _edit(told: tuple[bool, str, EditRecord]) -> Line:
    _, place, edit = told
    subject = f" {edit.subject}:" if edit.definition else ""
    return (
        (f"{place}: ", ""), (edit.code, "magenta"), (subject, "bold"), (f" {edit.message}", ""),
        (edit.trust, "yellow"),
    )  # fmt: skip


def _findings(found: Sequence[tuple[str, Finding]], level: Level, verbose: bool) -> Iterator[Line]:
    """One line for each action, and for all notes that say the same of their places."""
    of_level = [(label, finding) for label, finding in found if finding.level is level]
    for (label, first), *more in alike(of_level):
        times = f" ({len(more) + 1} times)" if more else ""
        style = "yellow" if level is Level.ACTION else "blue"
        yield (
            (f"{place_of(label, first)}: ", ""), (first.code, "magenta"), (" ", ""),
            (level.value, style), (times, ""), (f": {first.message}", ""),
        )  # fmt: skip
        if more:
            shown = more if verbose else more[:_PLACES]
            left = len(more) - len(shown)
            rest = f" and {left} more (-v shows them)" if left else ""
            places = ", ".join(place_of(label, finding) for label, finding in shown)
            yield ((f"    also at {places}{rest}", ""),)


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
        yield ((f"and {counted(left, 'suite')} with nothing to do (-v shows them)", "dim"),)
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
