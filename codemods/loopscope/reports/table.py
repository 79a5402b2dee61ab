"""The table at the end of a run over many suites."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from loopscope.reports.text import STATUS_STYLES, Line, status_word
from loopscope.types import Migration, Status

_TITLES = ("suite", "files", "edits", "findings", "status", "time")


@dataclass(frozen=True, slots=True)
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
        cell.ljust(width) if column in (0, 4) else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    gaps = ["  "] * (len(cells) - 1) + [""]
    return tuple(
        (cell + gap, style) for cell, gap, style in zip(aligned, gaps, styles, strict=True)
    )
