from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from loopscope import pool
from loopscope.cluster import Cluster, ClusterError
from loopscope.executors import migrate_all
from loopscope.pool import Pool
from loopscope.values import Migration, Options, Status
from tests import programs

from .batches import big_tree, command, in_session, jobs, suite, until
from .programs import LONG

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Deadly:
    """Ends the process that unpickles it, as a crash in compiled code would."""

    def __reduce__(self) -> Any:
        return os._exit, (9,)


@dataclass(frozen=True)
class Hanging:
    """Does not let go of the process that unpickles it, as a loop in compiled code would."""

    def __reduce__(self) -> Any:
        return time.sleep, (3600,)


def test_a_pool_gives_the_same_in_the_same_order_and_leaves_no_process() -> None:
    serial = list(migrate_all(jobs(7)))
    assert all(migration.changes for migration in serial)
    assert list(migrate_all(jobs(7), workers=Pool(2))) == serial
    assert not multiprocessing.active_children()


def test_a_suite_that_kills_its_process_is_an_error_and_the_others_are_done() -> None:
    work: list[Any] = jobs(5)
    work[2] = (work[2][0], Deadly())
    done = list(migrate_all(work, workers=Pool(2)))
    assert done[2].status is Status.ERROR
    assert "the process that read this suite died" in done[2].errors[0].message
    del done[2], work[2]
    assert done == list(migrate_all(work))


def test_a_suite_that_hangs_its_process_is_an_error_that_says_so_and_the_others_are_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = pool.seconds_for
    hangs: Any = Hanging()
    monkeypatch.setattr(pool, "seconds_for", lambda job: 1 if job[1] is hangs else usual(job))
    work: list[Any] = jobs(5)
    work[2] = (work[2][0], hangs)
    done = list(migrate_all(work, workers=Pool(2)))
    assert done[2].status is Status.ERROR
    assert done[2].errors[0].message.startswith("took longer than 1 s: the process that read")
    assert pool.migrate_alone(work[2]) == done[2]
    del done[2], work[2]
    assert done == list(migrate_all(work))
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(
    ("limit", "mebibytes", "seconds"),
    [(60, 0, 600), (60, 5, 1200), (1, 0, 600), (3600, 0, 36_000), (0, 0, 864_000)],
)
def test_a_suite_may_take_ten_times_the_limit_of_a_file_and_more_by_its_size(
    limit: int, mebibytes: int, seconds: float
) -> None:
    files = {"test_a.py": b" " * (mebibytes << 20)}
    job = (replace(suite(0), files=files), Options(time_limit=limit))
    assert pool.seconds_for(job) == seconds


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no process can be stopped")
def test_processes_that_hear_of_no_signal_are_ended() -> None:
    workers = Pool(2)
    futures = [workers.submit(job) for job in jobs(2)]
    assert all(future.result(LONG).changes for future in futures)
    for child in multiprocessing.active_children():
        os.kill(child.pid or 0, signal.SIGSTOP)
    workers.close()
    assert not multiprocessing.active_children()


def test_a_job_that_cannot_be_sent_fails() -> None:
    work: list[Any] = jobs(3)
    work[1] = (work[1][0], lambda: None)
    assert [found.status is Status.ERROR for found in migrate_all(work, workers=Pool(1))] == [
        False, True, False,
    ]  # fmt: skip


def test_stopping_early_leaves_no_process() -> None:
    migrations = migrate_all(jobs(9, tests=100), workers=Pool(2))
    next(migrations)
    migrations.close()
    assert not multiprocessing.active_children()


def test_small_trees_start_no_process() -> None:
    migrations = migrate_all(jobs(2), processes=2)
    next(migrations)
    assert not multiprocessing.active_children()


# -- the command line -------------------------------------------------------------------


def test_nothing_of_the_repository_is_imported_by_the_processes(tmp_path: Path) -> None:
    big_tree(tmp_path)
    for name in ("signal", "struct", "pickle", "multiprocessing"):
        (tmp_path / f"{name}.py").write_text(f"open('{name}.imported', 'w')\n")
    done = programs.run(command("check", "-j2"), cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    assert not list(tmp_path.glob("*.imported"))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_leaves_no_process_and_can_be_run_again(
    tmp_path: Path, number: signal.Signals
) -> None:
    big_tree(tmp_path, 12)
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    with programs.started(
        command("migrate", "-j2"), cwd=tmp_path, stderr=pipe, stdout=null, text=True
    ) as run:
        until(lambda: len(in_session(run.pid)) > 2)
        if number == signal.SIGINT:
            os.killpg(run.pid, number)  # as a terminal does
        else:
            run.kill()
        _, err = run.communicate(timeout=programs.LONG)
        assert run.returncode == (130 if number == signal.SIGINT else -number)
        # A process that has just been started may complain of a parent that was killed.
        assert number == signal.SIGKILL or "Traceback" not in err
        until(lambda: not in_session(run.pid))
    again = programs.run(command("migrate", "-q", "-j2"), cwd=tmp_path, capture_output=True)
    assert again.returncode == 0
    assert programs.run(command("check", "-q"), cwd=tmp_path, stdout=-3).returncode == 0


# -- Dask -------------------------------------------------------------------------------


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """The address of a scheduler; the processes of its two workers, and its own."""
    dask = [sys.executable, "-m", "dask"]
    quiet = ["--no-dashboard", "--host", "127.0.0.1"]
    with contextlib.ExitStack() as stack:

        def start(*arguments: str, **more: Any) -> subprocess.Popen[str]:
            process = subprocess.Popen([*dask, *arguments], cwd=tmp_path, text=True, **more)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        log = tmp_path / "scheduler.log"
        with log.open("w") as file:
            scheduler = start("scheduler", "--port", "0", *quiet, stderr=file)
        until(lambda: "Scheduler at:" in log.read_text())
        found = re.search(r"Scheduler at: +(tcp://\S+)", log.read_text())
        assert found
        worker = ("worker", found[1], "--nthreads", "1", "--no-nanny", *quiet)
        workers = [start(*worker, stderr=subprocess.DEVNULL) for _ in range(2)]
        yield found[1], [*workers, scheduler]


def test_dask_gives_the_same_when_a_worker_is_killed_in_the_middle(
    cluster: tuple[str, list[subprocess.Popen[str]]],
) -> None:
    address, workers = cluster
    here = Cluster(address)
    here._client.wait_for_workers(2, timeout=60)
    here.width = 2
    work = jobs(10, tests=60)
    done: list[Migration] = []
    for migration in migrate_all(work, workers=here):
        done.append(migration)
        if len(done) == 2:
            workers[0].kill()
    assert workers[0].wait(10) == -signal.SIGKILL
    assert done == list(migrate_all(work))


def test_what_a_scheduler_that_dies_leaves_is_done_here(
    cluster: tuple[str, list[subprocess.Popen[str]]],
) -> None:
    address, processes = cluster
    here = Cluster(address)
    here.width = 2
    work = jobs(8)
    done: list[Migration] = []
    for migration in migrate_all(work, workers=here):
        done.append(migration)
        if len(done) == 1:
            processes[-1].kill()
    assert done == list(migrate_all(work))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "", "tcp://127.0.0.1"])
def test_a_wrong_address_is_said_at_once(address: str) -> None:
    start = time.monotonic()
    with pytest.raises(ClusterError, match="no Dask scheduler answers at"):
        Cluster(address)
    assert time.monotonic() - start < 15
