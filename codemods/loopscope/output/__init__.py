"""Apply the changes of a suite: ask, then write them or make a patch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from loopscope.frozen import frozen
from loopscope.types import Change, FileError, Finding, Level, Migration, Options, Status, Suite

if TYPE_CHECKING:
    from loopscope.output.patch import Patches
    from loopscope.output.review import Reviewer


@frozen
class Destination:
    """Where changes go: to a patch or a stream, else to the files themselves."""

    options: Options  # for what is read again after a review
    review: bool = False  # ask about each hunk
    print_patch: Callable[[Iterable[bytes]], None] | None = None
    write: bool = True
    patch: Path | None = None
    patch_dir: Path | None = None
    allow_dirty: bool = False
    color: bool = False  # of the questions
    wrap: Callable[[str], Iterable[str]] = lambda text: (text,)  # breaks what is long


class ChangeApplier:
    """Asks about the changes of each suite, then writes them or makes patches.

    The modules for that are imported with the first change, since most runs have none.
    """

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._reviewer: Reviewer | None = None
        self._patches: Patches | None = None
        self.unwritten = 0  # suites of which no patch could be written

    @property
    def wrote(self) -> bool:
        """Whether changes go to the files themselves."""
        return self._destination.write

    @property
    def declined(self) -> int:
        """Count the hunks that the user did not accept."""
        return self._reviewer.declined if self._reviewer else 0

    @property
    def stopped(self) -> bool:
        """Whether the user has quit: the suites that are left are not handled."""
        return self._reviewer is not None and self._reviewer.stopped

    @property
    def recover(self) -> Callable[[str], tuple[FileError, ...]] | None:
        """Return the function that undoes a write cut off before; None where none is written."""
        if not self.wrote:
            return None
        from loopscope.output.journal import recover

        return recover

    def apply(self, suite: Suite, migration: Migration) -> Migration:
        """Handle the changes; what comes back holds those that went where they should."""
        if not migration.changes:
            return migration
        if self.wrote and not self._destination.allow_dirty:
            from loopscope.output.git import uncommitted

            errors = uncommitted(Path(migration.label), migration.changes)
            if errors:
                return _failed(migration, errors)
        if self._destination.review:
            migration = self._review(suite, migration)
        errors = self._put(migration)
        if errors and not self.wrote:  # the changes are right, only their patch is nowhere
            self.unwritten += 1
            all_errors = (*migration.errors, *errors)
            return replace(migration, status=Status.ERROR, errors=all_errors)
        return _failed(migration, errors) if errors else migration

    def finish(self) -> tuple[tuple[str, ...], tuple[FileError, ...]]:
        """Write what stands for all suites; returns how to apply the patches, and errors."""
        errors = self._to_patches().finish() if self._destination.patch else ()
        if errors:
            self.unwritten = self._to_patches().suites
        return tuple(self._patches.commands) if self._patches else (), errors

    def _review(self, suite: Suite, migration: Migration) -> Migration:
        from loopscope.output.review import Reviewer
        from loopscope.pipeline_check import recheck

        if self._reviewer is None:
            self._reviewer = Reviewer(self._destination.color, self._destination.wrap)
        before, declined = migration.changes, self._reviewer.declined
        new: set[Finding] = set()

        def look(changes: tuple[Change, ...]) -> list[Finding]:
            new.clear()
            new.update(recheck(suite, changes, self._destination.options))
            return sorted(new - set(migration.findings))

        changes = self._reviewer.review(
            migration.label,
            migration.changes,
            product=migration.product,
            findings=migration.findings,
            recheck=look,
        )
        if [one.after for one in changes] == [one.after for one in before]:
            return migration
        findings = set(migration.findings) | (new if changes else set())
        by_hand = any(finding.level is Level.ACTION for finding in findings)
        if migration.errors:
            status = Status.ERROR
        elif by_hand or self._reviewer.declined > declined:
            status = Status.MANUAL
        else:
            status = Status.CHANGED
        findings_in_order = tuple(sorted(findings))
        return replace(
            migration, status=status, changes=changes, findings=findings_in_order, maps=None
        )

    def _put(self, migration: Migration) -> tuple[FileError, ...]:
        if self.wrote:
            from loopscope.output.write import write_changes

            return write_changes(Path(migration.label), migration.changes)
        errors: tuple[FileError, ...] = ()
        if self._destination.patch or self._destination.patch_dir:
            errors = self._to_patches().add(migration.label, migration.changes, migration.product)
        if self._destination.print_patch is not None and not errors:
            from loopscope.output.patch import diff

            self._destination.print_patch(diff(migration.label, migration.changes))
        return errors

    def _to_patches(self) -> Patches:
        if self._patches is None:
            from loopscope.output.patch import Patches

            self._patches = Patches(self._destination.patch, self._destination.patch_dir)
        return self._patches


def _failed(migration: Migration, errors: tuple[FileError, ...]) -> Migration:
    """Make the migration of a suite that stays as it was."""
    errors = (*migration.errors, *errors)
    return replace(migration, status=Status.ERROR, changes=(), errors=errors, maps=None)
