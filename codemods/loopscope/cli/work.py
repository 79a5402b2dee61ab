"""The suites of a request, worked out one after the other, each as soon as it is read."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from loopscope.cli.pace import Pace
from loopscope.cli.progress import Bar
from loopscope.cli.request import Request, TraceOption
from loopscope.config.tool_settings import SettingsError
from loopscope.discovery.load import load_suites
from loopscope.execution import migrate_all, processors
from loopscope.execution.jobs import Workers
from loopscope.types import FileError, Migration, Options, Suite

if TYPE_CHECKING:
    from loopscope.execution.earlier_run import EarlierRun
    from loopscope.execution.result_cache import ResultCache
    from loopscope.execution.sealed_folder import SealedFolder
    from loopscope.observed import Record


@dataclass(slots=True)
class Work:
    """What a run does where nothing is known of it."""

    request: Request
    trace: TraceOption
    workers: Workers | None
    recover: Callable[[str], tuple[FileError, ...]] | None
    bar: Bar
    tell: Callable[[FileError], object]  # gets each error that belongs to no suite
    say: Callable[[str], None]
    _suites: dict[str, Suite] = field(default_factory=dict)  # under way
    _record: Record | None = None
    _pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        self._pace = Pace(self.bar.update)

    def results(
        self, folder: SealedFolder | None
    ) -> Generator[tuple[Suite, Migration], None, None]:
        """Yield each suite with its result, which is taken from the folder where it is there."""
        migrations = migrate_all(
            self._noted(),
            processes=1 if self.request.review else self.request.jobs or processors(),
            workers=self.workers,
            say=self.say,
            cache=_cache(folder),
        )
        with contextlib.closing(migrations):
            for migration in migrations:
                suite = self._suites.pop(migration.label)
                self._pace.finished()
                yield suite, migration

    def recorded_results(
        self, folder: SealedFolder, run: EarlierRun
    ) -> Generator[tuple[Suite, Migration], None, None]:
        """Yield the same, and keep what the run came to, with what it asked the disk."""
        from loopscope.execution.earlier_run import Outcome
        from loopscope.observed import Record

        outcome, tell, record = Outcome(), self.tell, Record()

        def note(error: FileError) -> None:
            outcome.errors.append(error)
            tell(error)

        self.tell, self._record = note, record
        with contextlib.closing(self.results(folder)) as results:
            for suite, migration in results:
                outcome.add(suite, migration)
                yield suite, migration
        outcome.files = self._pace.total
        run.keep(record, outcome)

    def _loaded(self) -> Iterator[Suite | FileError]:
        """Read the suites; with a record of that, from the first that is more work than reading.

        All of them are read again then. Where there is none, a record would save nothing.
        """
        load = partial(
            load_suites,
            self.request.paths,
            self.request.exclude,
            self._pace.loads,
            base=self.request.base,
            recover=self.recover,
            only=self.request.only,
            skip=self.request.skip,
        )
        if self._record is None:
            yield from load()
            return
        idle = []
        for item in load():
            if isinstance(item, Suite) and item.files:
                with self._record.kept():
                    yield from load()
                return
            idle.append(item)
        yield from idle

    def _jobs(self) -> Iterator[tuple[Suite, Options]]:
        request = self.request
        for item in self._loaded():
            if isinstance(item, FileError):
                self.tell(item)
            elif not item.files:
                yield item, request.options
            else:
                try:
                    suite = request.collect.attach(self.trace.attach(item), self.say)
                    yield request.for_suite(suite)
                except SettingsError as error:
                    path = os.path.relpath(error.path, item.label).replace(os.sep, "/")
                    found = FileError(path, error.message, error.line)
                    yield replace(item, files={}, errors=(*item.errors, found)), request.options
        unmatched = self.trace.unmatched()
        if unmatched is not None:
            self.tell(unmatched)

    def _noted(self) -> Iterator[tuple[Suite, Options]]:
        """Yield the jobs, and keep the suites that are under way."""
        for suite, options in self._jobs():
            self._suites[suite.label] = suite
            yield self._pace.hands_out(suite, watched=self.bar.wanted), options


def _cache(folder: SealedFolder | None) -> ResultCache | None:
    if folder is None:
        return None
    from loopscope.execution.result_cache import ResultCache

    return ResultCache(folder)
