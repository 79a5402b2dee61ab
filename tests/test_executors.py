from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from loopscope.cluster import Cluster, ClusterError
from loopscope.executors import migrate_all
from loopscope.pool import Pool
from loopscope.values import Migration, Status

from .batches import big_tree, command, in_session, jobs, until
from .clusters import LocalCluster, local_cluster, wait_for_workers


@dataclass(frozen=True)
class Deadly:
    """Ends the process that unpickles it, as a crash in compiled code would."""

    def __reduce__(self) -> Any:
        return os._exit, (9,)


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
    done = subprocess.run(command("check", "-j2"), cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    assert not list(tmp_path.glob("*.imported"))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_leaves_no_process_and_can_be_run_again(
    tmp_path: Path, number: signal.Signals
) -> None:
    big_tree(tmp_path, 12)
    run = subprocess.Popen(
        command("migrate", "-j2"), cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True, start_new_session=True,
    )  # fmt: skip
    until(lambda: len(in_session(run.pid)) > 2)
    if number == signal.SIGINT:
        os.killpg(run.pid, number)  # as a terminal does
    else:
        run.kill()
    assert run.stderr is not None
    with run.stderr:
        err = run.stderr.read()
    assert run.wait(60) == (130 if number == signal.SIGINT else -number)
    # A process that has just been started may complain of a parent that was killed.
    assert number == signal.SIGKILL or "Traceback" not in err
    until(lambda: not in_session(run.pid))
    again = subprocess.run(command("migrate", "-q", "-j2"), cwd=tmp_path, capture_output=True)
    assert again.returncode == 0
    assert subprocess.run(command("check", "-q"), cwd=tmp_path, stdout=-3).returncode == 0


# -- Dask -------------------------------------------------------------------------------


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[LocalCluster]:
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
            "the scheduler has closed the connection|the connection to the scheduler broke",
        ),
        ("stopped", "the scheduler has not answered for 5 s"),
        ("cut off", "the scheduler has not answered for 5 s"),
        ("without workers", "it has no workers any more"),
    ],
)
def test_what_a_cluster_that_goes_away_leaves_is_done_here(
    cluster: LocalCluster, kind: str, reason: str, back: int
) -> None:
    work = jobs(14)
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
