"""Where suites are handled: in this process, one after the other."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator

from loopscope.values import FileError, Migration, Options, Status, Suite


def migrate_all(jobs: Iterable[tuple[Suite, Options]]) -> Iterator[Migration]:
    """Migrate each suite as soon as it is read; only one is in memory at a time."""
    for suite, options in jobs:
        yield migrate_one(suite, options)


def migrate_one(suite: Suite, options: Options) -> Migration:
    """Migrate one suite; a failure of loopscope itself becomes a ``FileError`` too.

    A suite without files has nothing to do with event loops: the engine is not even imported.
    """
    if not suite.files:
        status = Status.ERROR if suite.errors else Status.CURRENT
        return Migration(suite.label, suite.config.path, status, errors=suite.errors)
    try:
        from loopscope.engine import migrate

        return migrate(suite, options)
    except Exception as error:  # the other suites are done all the same
        return Migration(
            suite.label,
            suite.config.path,
            Status.ERROR,
            errors=(*suite.errors, FileError(".", _bug(error))),
        )


def _bug(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{frame.filename.rpartition('loopscope')[2].lstrip('/')}:{frame.lineno}"
    return (
        f"loopscope failed on this suite ({type(error).__name__}: {error}, at {place}); nothing"
        " of it was changed. This is a bug: please report it"
    )
