"""``--trace``: the record of a legacy run, handed to the suite that it was made of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loopscope.types import FileError, Suite

if TYPE_CHECKING:
    from loopscope.analysis.trace import Trace


class TraceOption:
    """A record, or none, and whether a suite for it was found.

    Raises:
        click.UsageError: The file is no record of a legacy run.
    """

    def __init__(self, path: Path | None) -> None:
        self._path, self._matched = path, False
        self.loaded: Trace | None = None
        if path is not None:
            from loopscope.verify.trace_file import UnfitTrace, load_trace

            try:
                self.loaded = load_trace(path)
            except UnfitTrace as error:
                raise click.UsageError(f"--trace {error}") from None

    def meant_for(self, suite: Suite) -> bool:
        """Whether the record is one of this suite."""
        from loopscope.verify.trace_file import knows

        found = self.loaded is not None and knows(self.loaded, suite)
        self._matched = self._matched or found
        return found

    def attach(self, suite: Suite) -> Suite:
        """Add the record to its suite; refuse it where files changed since the run."""
        if self.loaded is None or not self.meant_for(suite):
            return suite
        from loopscope.verify.trace_file import changed

        errors = changed(self.loaded, suite)
        if errors:
            return replace(suite, files={}, errors=(*suite.errors, *errors))
        return replace(suite, trace=self.loaded)

    def unmatched(self) -> FileError | None:
        """Report, when all suites are read, that the record belongs to none of them."""
        if self.loaded is None or self._matched:
            return None
        return FileError(
            str(self._path),
            "is the record of another suite: it has no test of the files here. Give the folder"
            " (pytest's rootdir) that it was made in",
        )
