"""One suite as a job, and what hands jobs to other processes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from loopscope.timeouts import OutOfTime, time_limit, took_too_long
from loopscope.types import FileError, Migration, Options, Status, Suite

if TYPE_CHECKING:
    from concurrent.futures import Future

# What all of a suite may take, in time limits of one file, of which few come near theirs.
_LIMITS, _LIMITS_PER_MIB = 3, 4
_FIND = "give its folders one by one to find the file, and leave that out with --exclude"
_STEP = 0.2  # seconds of a wait, after which Ctrl-C, too, comes through

Job = tuple[Suite, Options]


class WorkersGone(Exception):
    """All workers are gone for good; the message says so to the user."""


class Workers(Protocol):
    """The interface of a pool or cluster that runs jobs in other processes.

    ``width`` is how many of them run at once.
    """

    width: int

    def submit(self, job: Job) -> Future[Migration]: ...

    def close(self) -> None: ...

    def news(self) -> list[str]:
        """Tell what the user should know since the last call; nothing by default."""
        return []


def migrate_one(suite: Suite, options: Options) -> Migration:
    """Migrate one suite; a failure of loopscope itself becomes a ``FileError`` too.

    A suite without files has nothing to do with event loops: the engine is not even imported.
    """
    if not suite.files:
        status = Status.ERROR if suite.errors else Status.CURRENT
        return Migration(suite.label, suite.config.path, status, errors=suite.errors)
    start = time.perf_counter()
    try:
        from loopscope.pipeline import migrate

        with time_limit(_seconds_for(suite, options)):
            return replace(migrate(suite, options), seconds=time.perf_counter() - start)
    except OutOfTime:
        return failed(suite, f"{took_too_long(_seconds_for(suite, options))}; {_FIND}")
    except (RecursionError, MemoryError):
        return failed(suite, f"a file of it is nested too deeply, or is too large; {_FIND}")
    except Exception as error:  # the other suites are done all the same
        return failed(suite, _bug(error))


def _seconds_for(suite: Suite, options: Options) -> float:
    """Return the seconds for one suite in all; ``Pool`` ends what does not hear of them."""
    mebibytes = suite.size / (1 << 20)
    return options.time_limit * (_LIMITS + _LIMITS_PER_MIB * mebibytes)


def until_done(future: Future[Any], between: Callable[[], object] = lambda: None) -> None:
    """Wait until a future is done; ``between`` is called in each step, and may raise."""
    from concurrent.futures import wait  # few runs have workers

    between()
    while not wait([future], _STEP).done:
        between()


def failed(suite: Suite, message: str) -> Migration:
    """Make the migration of a suite that stays as it is because of ``message``."""
    errors = (*suite.errors, FileError(".", message))
    return Migration(suite.label, suite.config.path, Status.ERROR, errors=errors)


def _bug(error: Exception) -> str:
    import traceback  # no run should need it

    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{frame.filename.rpartition('loopscope')[2].lstrip('/')}:{frame.lineno}"
    return (
        f"loopscope failed on this suite ({type(error).__name__}: {error}, at {place}); nothing"
        " of it was changed. This is a bug: please report it"
    )
