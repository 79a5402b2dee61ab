"""One run of pytest under the probe."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from loopscope import processes
from loopscope.disk import read_regular
from loopscope.verify import CannotRun
from loopscope.verify.run_record import SuiteRun, parse

PROBE = Path(__file__).parent / "probe"
_RAN = (0, 1, 2, None)  # exit codes of pytest after which the record tells what happened
_NO_TESTS = 5


@dataclass(frozen=True, slots=True)
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

    Raises:
        CannotRun: pytest did not get as far as running tests; the details are its output.
    """
    for old in record_files(order.record):
        old.unlink()
    extra = {
        "LOOPSCOPE_PROBE_OUT": str(order.record),
        "PYTHONPATH": os.pathsep.join(map(str, (PROBE, *order.paths, *_python_path()))),
    }
    if only is not None:
        chosen = order.record.with_name(f"{order.record.name}-only")
        chosen.write_text("".join(f"{node}\n" for node in only), encoding="utf-8")
        extra["LOOPSCOPE_PROBE_ONLY"] = str(chosen)
    try:
        done = processes.run(
            order.command(), order.suite, {**_environment(), **extra}, order.seconds
        )
    except OSError as error:
        raise CannotRun(f"{order.python} cannot be run: {error.strerror}") from None
    try:
        run = read_record(order.record)
    except (OSError, ValueError):
        run = None
    # Chosen tests are not found again where ids are made up anew for each run.
    ran = done.code in _RAN or (only is not None and done.code == _NO_TESTS)
    if run is None or not ran:
        words = "was stopped before it" if done.code is None else f"ended with {done.code} and"
        message = f"pytest {words} ran no tests in {order.suite} with {order.python}"
        raise CannotRun(message, _end_of(done.output))
    return replace(run, exit_code=None) if done.code is None else run


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
    own = {"PYTEST_CURRENT_TEST", "PYTEST_VERSION", "LOOPSCOPE_PROBE_ONLY"}
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
