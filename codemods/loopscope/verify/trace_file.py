"""The record of a legacy run as the migration takes it, and whether it fits a suite."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path

from packaging.version import InvalidVersion, Version

from loopscope.analysis.suite.trace import Trace
from loopscope.types import FileError, Suite
from loopscope.verify.collected import Collected
from loopscope.verify.id_matching import bare_id
from loopscope.verify.run_record import SuiteRun
from loopscope.verify.suite_run import read_record

FORMAT = 3  # of the records that this release reads, as the probe writes them
_INTERNAL_ERROR = 3  # exit code of pytest
_MODERN = Version("0.24")  # has loop scopes
AGAIN = "record the suite again (loopscope verify --trace-only --save-trace FILE)"


class UnfitTrace(Exception):
    """A file that is no record of a legacy run; the message says why and what to do."""


def load_trace(path: Path) -> Trace:
    """Read what ``verify --save-trace`` or the probe has written.

    Raises:
        UnfitTrace: It cannot be used.
    """
    if path.is_dir():
        raise UnfitTrace(f"{path} is a directory: give the file that --save-trace has written")
    try:
        run = read_record(path)
    except OSError as error:
        raise UnfitTrace(
            f"{path} cannot be read: {error.strerror}; give the file that --save-trace has written"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UnfitTrace(f"{path} is no record of a run of loopscope's probe: {AGAIN}") from None
    problem = unfit(run)
    if problem:
        raise UnfitTrace(f"{path} {problem}")
    return trace_of(run)


def unfit(run: SuiteRun) -> str:
    """Why a migration cannot follow this run, "" where it can."""
    if not run.pytest_asyncio:
        return "was made without pytest-asyncio: run the suite where it is installed"
    try:
        modern = Version(run.pytest_asyncio) >= _MODERN
    except InvalidVersion:
        modern = True
    if modern and run.collected is None:
        return (
            f"is the record of a run with pytest-asyncio {run.pytest_asyncio}; what is needed is"
            " one with 0.21, or older, before the migration"
        )
    if not (run.collected.tests if run.collected else run.tests):
        return f"has no tests: {AGAIN}"
    if run.exit_code is None or run.exit_code == _INTERNAL_ERROR or run.ended:
        return f"is the record of a run that did not come to its end: {AGAIN}"
    if not run.digests or run.format != FORMAT:
        return f"was made by another release of loopscope: {AGAIN}"
    return ""


def trace_of(run: SuiteRun) -> Trace:
    """Keep the part of a run that a migration uses."""
    if run.collected is not None:
        return _trace_of_collected(run, run.collected)
    used: dict[str, set[str]] = defaultdict(set)
    for name, test in run.tests.items():
        used[bare_id(name)].update(test.used)
    tests = run.tests.items()
    return Trace(
        functions=run.functions,
        used={name: frozenset(names) for name, names in used.items()},
        async_tests=frozenset(bare_id(name) for name, test in tests if test.loop is not None),
        asking_tests=frozenset(bare_id(name) for name, test in tests if test.took),
        digests=run.digests,
    )


def _trace_of_collected(run: SuiteRun, collected: Collected) -> Trace:
    used: dict[str, set[str]] = defaultdict(set)
    marks: dict[str, int] = {}
    told: set[str] = set()
    for test in collected.tests:
        used[bare_id(test.id)].update(fixture.name for fixture in test.fixtures)
        marks[bare_id(test.id)] = len(test.marks)
        if any(mark.args or mark.keywords for mark in test.marks):
            told.add(bare_id(test.id))
    return Trace(
        functions=run.functions,
        used={name: frozenset(names) for name, names in used.items()},
        async_tests=frozenset(bare_id(test.id) for test in collected.tests if test.on_loop),
        digests=run.digests,
        asking_for_loop=frozenset(bare_id(test.id) for test in collected.tests if test.asks),
        loop_places={
            bare_id(test.id): (fixture.path, fixture.line)
            for test in collected.tests
            for fixture in [one for one in test.fixtures if one.name == "event_loop"][:1]
            if fixture.path
        },
        lines={bare_id(test.id): test.line for test in collected.tests},
        bare_marks={name: count for name, count in marks.items() if name not in told},
        collected=True,
        mode=collected.mode,
    )


def knows(trace: Trace, suite: Suite) -> bool:
    """Whether the record is one of this suite: whether it has run a test of its files."""
    return any(test.partition("::")[0] in suite.files for test in trace.used)


def changed(trace: Trace, suite: Suite) -> tuple[FileError, ...]:
    """Report the files that changed since the run, each with advice."""
    message = (
        "has changed since the record of --trace was made. Where that was the migration itself,"
        f" leave --trace out; else {AGAIN}"
    )
    return tuple(
        FileError(path, message)
        for path, digest in sorted(trace.digests.items())
        if path in suite.files and hashlib.sha256(suite.files[path]).hexdigest() != digest
    )
