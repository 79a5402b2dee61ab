"""One run of pytest under the probe."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from loopscope import processes
from loopscope.disk import read_regular
from loopscope.frozen import frozen
from loopscope.verify import CannotRun
from loopscope.verify.run_record import SuiteRun, parse

PROBE = Path(__file__).parent / "probe"
_AS_RUNS_DO = (0, 1, 5)  # exit codes of pytest: all passed, some failed, there were no tests
_NOT_COLLECTED = (2, 4)  # ... a module, a conftest cannot be imported
_WORDS = {2: "was interrupted", 3: "ended with an internal error", 4: "did not take its options"}
_CONFTEST = re.compile(r"^ImportError while loading conftest '(.+)'\.\s*$", re.MULTILINE)


@frozen
class Order:
    """What to run: a Python, in the folder of a suite, with options for pytest.

    ``paths`` are put before those of PYTHONPATH. ``record`` is the file that the probe writes
    to; it and its neighbours of the same beginning are made anew.
    """

    python: Path
    suite: Path
    record: Path
    options: Sequence[str] = ()
    paths: Sequence[Path] = ()
    seconds: float = 3600.0  # an hour

    def command(self) -> list[str]:
        """Return the program and its arguments."""
        return [
            str(self.python), "-m", "pytest", "-p", "loopscope_probe",
            f"--rootdir={self.suite}", *self.options,
        ]  # fmt: skip


def run_suite(order: Order, only: Iterable[str] | None = None) -> SuiteRun:
    """Run the suite, or ``only`` some of its tests, given by their node ids.

    A run that crashes, hangs or ends with an internal error of pytest has a record, too, as far
    as it came; ``ended`` says how it ended. A conftest that cannot be imported is a collection
    error, although pytest ends before it collects anything.

    Raises:
        CannotRun: pytest did not get as far as beginning; the details are its output.
    """
    with begun(order, only) as end:
        return end()


@contextmanager
def begun(order: Order, only: Iterable[str] | None = None) -> Iterator[Callable[[], SuiteRun]]:
    """Begin a run as ``run_suite`` does; what this yields waits for its end.

    Raises:
        CannotRun: pytest cannot be started.
    """
    for old in record_files(order.record):
        old.unlink()
    extra = {
        "LOOPSCOPE_PROBE_OUT": str(order.record),
        "PWD": str(order.suite),  # that of this process may be the project itself
        "PYTHONPATH": os.pathsep.join(map(str, (PROBE, *order.paths, *_python_path()))),
    }
    if only is not None:
        chosen = order.record.with_name(f"{order.record.name}-only")
        chosen.write_text("".join(f"{json.dumps(node)}\n" for node in only), encoding="utf-8")
        extra["LOOPSCOPE_PROBE_ONLY"] = str(chosen)
    environment = {**_environment(), **extra}
    with ExitStack() as stack:
        try:
            end = stack.enter_context(
                processes.started(order.command(), order.suite, environment, order.seconds)
            )
        except OSError as error:
            raise CannotRun(f"{order.python} cannot be run: {error.strerror}") from None
        stack.callback(processes.end_marked, "LOOPSCOPE_PROBE_OUT", str(order.record))

        def result() -> SuiteRun:
            done = end()
            stack.close()  # nothing writes to the record from here on
            return _ran(order, done)

        yield result


def _ran(order: Order, done: processes.Done) -> SuiteRun:
    output = _end_of(done.output)
    try:
        run = read_record(order.record)
    except (OSError, ValueError):
        run = _without_record(order, done, output)
    return replace(
        run,
        exit_code=done.code,
        ended=_ended(run, done.code, order.seconds),
        output=output,
    )


def _without_record(order: Order, done: processes.Done, output: str) -> SuiteRun:
    conftest = _CONFTEST.search(done.output)
    if conftest is None:
        words = "was stopped before it" if done.code is None else f"ended with {done.code} and"
        message = f"pytest {words} ran no tests in {order.suite} with {order.python}"
        raise CannotRun(message, output)
    path = Path(conftest[1])
    inside = path.is_relative_to(order.suite)
    name = path.relative_to(order.suite).as_posix() if inside else path.name
    return SuiteRun(done.code, {}, {name: _end_of(done.output[conftest.start() :])})


def _ended(run: SuiteRun, code: int | None, seconds: float) -> str:
    """How a run ended, "" where it ended as runs do."""
    if code is None:
        return f"was stopped after {seconds:g} seconds"
    if code < 0:
        try:
            return f"crashed ({signal.Signals(-code).name})"
        except ValueError:
            return f"crashed (signal {-code})"
    if run.exit_code is None:
        return f"ended in the middle, with exit code {code}"
    if code in _AS_RUNS_DO or (code in _NOT_COLLECTED and run.collect_errors):
        return ""
    return f"{_WORDS.get(code, 'ended')} (exit code {code})"


def record_files(record: Path) -> list[Path]:
    """List the files that the processes of a run wrote."""
    workers = sorted(record.parent.glob(f"{record.name}.gw*"))
    return [path for path in (record, *workers) if path.exists()]


def read_record(record: Path) -> SuiteRun:
    """Read the record of the probe; refuse a pipe or a device, which may have no end.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is no record.
    """
    if not record.exists():
        raise FileNotFoundError(errno.ENOENT, "there is no such file", str(record))
    return parse(lines_of(record))


def lines_of(record: Path) -> list[str]:
    """Yield the lines of all processes of a run."""
    return [
        line
        for path in record_files(record)
        for line in read_regular(str(path), None).decode().splitlines()
    ]


def _python_path() -> list[str]:
    return list(filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))


def _environment() -> Mapping[str, str]:
    """Return this process's environment without the variables of another pytest around us.

    Both runs get the same hash seed, so that sets have the same order in both.
    """
    own = {"PYTEST_CURRENT_TEST", "PYTEST_VERSION", "LOOPSCOPE_PROBE_ONLY", "OLDPWD"}
    started = ("PYTEST_XDIST_", "COV_CORE_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in own and not name.startswith(started)
    }
    seed = kept.get("PYTHONHASHSEED", "0")
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", "PYTHONHASHSEED": seed}


def _end_of(output: str) -> str:
    return "\n".join(output.rstrip().splitlines()[-40:])
