"""What an earlier run came to, which a run comes to again where the disk answers as it did.

A run depends on what was asked for, on the answers of the disk and on the code. So the questions
of a run are kept with the answers that it got (see ``observed``). Where they still hold, nothing
is discovered, and the modules for that are not even imported.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace

from loopscope.execution.result_cache import name_of
from loopscope.execution.sealed_folder import SealedFolder
from loopscope.observed import Record, still_true
from loopscope.types import FileError, Migration, Suite

_LARGEST_RUN = 32 * 1024 * 1024  # bytes


@dataclass(slots=True)
class Outcome:
    """What a run came to: errors that belong to no suite, and all suites, in their order."""

    errors: list[FileError] = field(default_factory=list)
    migrations: list[Migration] = field(default_factory=list)
    files: int = 0  # Python files of all suites
    is_sure: bool = True  # another run would come to the same, and it is not too large
    _size: int = 0

    def add(self, suite: Suite, migration: Migration) -> None:
        """Add a suite; errors beside those of reading it may not come again with more time."""
        self._size += sum(len(one.before or b"") + len(one.after) for one in migration.changes)
        if migration.errors != suite.errors or self._size > _LARGEST_RUN:
            self.is_sure = False
            self.migrations.clear()
        if self.is_sure:
            known = replace(migration, seconds=0.0) if migration.seconds else migration
            self.migrations.append(known)


class EarlierRun:
    """The last run, by this user, that asked for the same: all that ``asked`` holds."""

    def __init__(self, folder: SealedFolder, asked: object) -> None:
        self._folder = folder
        self._name = "" if folder.place is None else name_of(("run", asked))

    def outcome(self) -> Outcome | None:
        """Return what it came to, if there was one and the disk still gives the same answers."""
        data = self._folder.find(self._name, _LARGEST_RUN) if self._name else None
        if data is None:
            return None
        import pickle

        stream = io.BytesIO(data)
        try:
            outcome = pickle.load(stream) if still_true(pickle.load(stream)) else None
        except Exception:  # it was made by other code
            outcome = None
        if not isinstance(outcome, Outcome):
            self._folder.forget(self._name)
            return None
        return outcome

    def keep(self, record: Record, outcome: Outcome) -> None:
        """Keep what a run came to, with the questions that it asked."""
        questions = record.questions()
        if not (self._name and record.is_whole and outcome.is_sure):
            return
        import pickle

        data = pickle.dumps(questions, protocol=5) + pickle.dumps(outcome, protocol=5)
        self._folder.keep(self._name, data, _LARGEST_RUN)
