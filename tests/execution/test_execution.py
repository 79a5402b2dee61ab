from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from loopscope import execution
from loopscope.execution import dask, migrate_all, process_pool
from loopscope.execution.dask import Cluster, ClusterError
from loopscope.execution.process_pool import Pool
from loopscope.types import Migration, Options, Status
from tests import programs
from tests.batches import big_tree, command, in_session, jobs, suite, until
from tests.clusters import LocalCluster, local_cluster, wait_for_workers
from tests.programs import LONG

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
    usual = process_pool.seconds_for
    hangs: Any = Hanging()
    monkeypatch.setattr(
        process_pool, "seconds_for", lambda job: 1 if job[1] is hangs else usual(job)
    )
    work: list[Any] = jobs(5)
    work[2] = (work[2][0], hangs)
    done = list(migrate_all(work, workers=Pool(2)))
    assert done[2].status is Status.ERROR
    assert done[2].errors[0].message.startswith("took longer than 1 s: the process that read")
    assert process_pool.migrate_alone(work[2]) == done[2]
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
    assert process_pool.seconds_for(job) == seconds


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
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalCluster]:
    monkeypatch.setattr(execution, "_AHEAD", 4)
    with local_cluster(tmp_path) as one:
        wait_for_workers(one)
        yield one


def test_dask_gives_the_same_when_a_worker_is_killed_in_the_middle(cluster: LocalCluster) -> None:
    work = jobs(10, tests=60)
    done: list[Migration] = []
    for migration in migrate_all(work, workers=Cluster(cluster.address)):
        done.append(migration)
        if len(done) == 2:
            cluster.workers[0].kill()
    assert done == list(migrate_all(work))


@pytest.mark.parametrize("back", [0, 1, 5])
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (
            "killed",
            "the scheduler has closed the connection|the connection to the scheduler broke"
            "|the scheduler has not answered for 5 s",
        ),
        ("stopped", "the scheduler has not answered for 5 s"),
        ("cut off", "the scheduler has not answered for 5 s"),
        ("without workers", "it has no workers any more"),
    ],
)
def test_what_a_cluster_that_goes_away_leaves_is_done_here(
    cluster: LocalCluster, kind: str, reason: str, back: int
) -> None:
    work = jobs(40)  # more than are handed out before the first results are taken
    said: list[str] = []
    workers = Cluster(cluster.address)
    if not back:
        cluster.go_away(kind)
    done: list[Migration] = []
    for migration in migrate_all(work, workers=workers, processes=2, say=said.append):
        done.append(migration)
        if len(done) == back:
            cluster.go_away(kind)
    assert done == list(migrate_all(work))
    *before, last = said
    assert re.search(rf"the cluster at {cluster.address} went away \(({reason})\)", last)
    assert [message.partition(":")[2] for message in before if kind != "without workers"] == []
    assert not multiprocessing.active_children()


def test_a_scheduler_that_dies_between_two_looks_at_it_is_said(
    cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask, "_STEP", 20)  # Dask gives its futures up at once
    work, said = jobs(40), list[str]()
    done: list[Migration] = []
    for migration in migrate_all(work, workers=Cluster(cluster.address), say=said.append):
        done.append(migration)
        if len(done) == 5:
            cluster.go_away("killed")
    assert done == list(migrate_all(work))
    assert ["went away (" in message for message in said] == [True]


def test_file_that_takes_too_long_on_a_worker_is_given_up_and_the_others_are_done(
    cluster: LocalCluster,
) -> None:
    work = jobs(5)
    work[2] = (suite(2, tests=3000), Options(time_limit=0.2))
    done = list(migrate_all(work, workers=Cluster(cluster.address)))
    assert done[2].status is Status.ERROR
    assert "took longer than 0.2 s: given up" in done[2].errors[0].message
    del done[2], work[2]
    assert done == list(migrate_all(work))


def test_a_cluster_without_workers_is_refused(cluster: LocalCluster) -> None:
    cluster.go_away("without workers")
    assert {worker.wait() for worker in cluster.workers} == {-signal.SIGKILL}
    with pytest.raises(ClusterError, match="has no workers: start some with `dask worker"):
        Cluster(cluster.address)


def test_a_scheduler_that_hangs_is_refused(cluster: LocalCluster) -> None:
    cluster.go_away("stopped")
    with pytest.raises(ClusterError, match="no Dask scheduler answers at"):
        Cluster(cluster.address)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "", "tcp://127.0.0.1"])
def test_a_wrong_address_is_said_at_once(address: str) -> None:
    start = time.monotonic()
    with pytest.raises(ClusterError, match="no Dask scheduler answers at"):
        Cluster(address)
    assert time.monotonic() - start < 15
