"""What a run came to: the counts of the summary line, and the exit code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from loopscope.types import Change, Finding, Level, Migration, Safety, Status


@dataclass(slots=True)
class RuleCounts:
    """What one rule came to over all suites of a run."""

    edits: int = 0
    actions: int = 0
    notes: int = 0


@dataclass(slots=True)
class Summary:
    """Counts over all suites of a run."""

    suites: int = 0
    files: int = 0
    edits: int = 0
    assumptions: int = 0
    actions: int = 0
    notes: int = 0
    errors: int = 0
    declined: int = 0  # hunks that the user left out
    refused: int = 0  # suites with errors and no changes
    known: int = 0  # edits and findings that a baseline leaves out
    unwritten: int = 0  # suites of which no patch could be written
    by_rule: dict[str, RuleCounts] = field(default_factory=dict)

    def add(self, migration: Migration) -> None:
        """Count one suite."""
        edits = [edit for change in migration.changes for edit in change.edits]
        actions = sum(finding.level is Level.ACTION for finding in migration.findings)
        self.suites += 1
        self.files += len(migration.changes)
        self.edits += len(edits)
        self.assumptions += sum(edit.safety is Safety.ASSUMPTION for edit in edits)
        self.actions += actions
        self.notes += len(migration.findings) - actions
        self.errors += len(migration.errors)
        self.refused += bool(migration.errors and not migration.changes)
        for edit in edits:
            self.by_rule.setdefault(edit.code, RuleCounts()).edits += 1
        for finding in migration.findings:
            counts = self.by_rule.setdefault(finding.code, RuleCounts())
            if finding.level is Level.ACTION:
                counts.actions += 1
            else:
                counts.notes += 1

    def exit_code(self, *, wrote: bool, strict: bool) -> int:
        """Return the exit code.

        Args:
            wrote: The changes are on disk, and so no longer count as something to do.
            strict: Notes count as findings.

        Returns:
            0 nothing to do, 1 something would change or a person must act, 2 an error.
        """
        if self.errors:
            return 2
        left = (
            self.actions
            + self.declined
            + (self.notes if strict else 0)
            + (0 if wrote else self.files)
        )
        return 1 if left else 0

    @property
    def partly_done(self) -> bool:
        """Whether anything was done beside the errors."""
        return self.suites > self.refused + self.unwritten

    def line(self, *, wrote: bool) -> str:
        """Write the summary line."""
        if not self.suites:
            errors = f", {counted(self.errors, 'error')}" if self.errors else ""
            return f"No pytest suite found{errors}."
        changed = "changed" if wrote else "would change"
        parts = [counted(self.suites, "suite")]
        if self.files:
            on_trust = f", {self.assumptions} on an assumption" if self.assumptions else ""
            edits = counted(self.edits, "edit")
            parts.append(f"{counted(self.files, 'file')} {changed} ({edits}{on_trust})")
        elif self.refused and self.refused == self.suites:
            parts.append("nothing changed" if wrote else "not handled in full")
        else:
            kept = self.declined or (wrote and self.errors)  # there would have been something
            parts.append("nothing changed" if kept else "nothing to change")
        if self.declined:
            parts.append(f"{counted(self.declined, 'hunk')} left out")
        if self.actions:
            parts.append(f"{self.actions} left to do by hand")
        if self.notes:
            parts.append(counted(self.notes, "note"))
        if self.known:
            parts.append(f"{self.known} in the baseline")
        if self.errors:
            parts.append(counted(self.errors, "error"))
        return ", ".join(parts) + "."


def by_group(
    migration: Migration,
) -> Iterator[tuple[bool, list[Change], list[Finding]]]:
    """Yield the changes and findings of the tests, then those of product code (True)."""
    for product in (False, True):
        changes = [
            item for item in migration.changes if (item.path in migration.product) is product
        ]
        findings = [
            item for item in migration.findings if (item.path in migration.product) is product
        ]
        if changes or findings:
            yield product, changes, findings


def alike(findings: Iterable[tuple[str, Finding]]) -> list[list[tuple[str, Finding]]]:
    """Put notes that say the same of their places together; each action is by itself.

    Each comes with the label of its suite.
    """
    same: dict[object, list[tuple[str, Finding]]] = {}
    for label, finding in findings:
        is_note = finding.level is Level.NOTE
        key = (finding.code, finding.message) if is_note else (label, finding)
        same.setdefault(key, []).append((label, finding))
    return list(same.values())


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, which gets an "s" unless there is but one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def status_word(status: Status, *, wrote: bool) -> str:
    """Name a status for people; ``wrote``: the changes are on disk."""
    if status is Status.CURRENT:
        return "up to date"
    return "would change" if status is Status.CHANGED and not wrote else status.value
