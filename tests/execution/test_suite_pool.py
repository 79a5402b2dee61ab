"""One large suite is read and edited by several processes, and comes out the same."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from loopscope.execution import migrate_all, suite_pool
from loopscope.execution.suite_pool import SuitePool
from loopscope.pieces import made_by
from loopscope.types import Options, Suite
from tests import programs
from tests.batches import TEST, command, in_session, jobs, suite, until
from tests.cases.case_file import SUITES, read_case
from tests.cases.case_file import run as run_case
from tests.programs import LONG

pytestmark = pytest.mark.slow


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[SuitePool]:
    """Make pieces in two processes, however small they are."""
    monkeypatch.setattr(suite_pool, "WORTH_OTHERS", 0)
    pool = SuitePool(2)
    yield pool
    pool.close()
    assert not multiprocessing.active_children()


def where(data: bytes, number: int) -> tuple[int, int]:
    return number, os.getpid()


def seen_so_far(data: bytes, taken: list[int]) -> list[int]:
    return taken


def refuse(data: bytes, number: int) -> int:
    if number == 7:
        raise LookupError(number)
    return number


def die_elsewhere(data: bytes, here: int, number: int) -> int:
    if number == 3 and os.getpid() != here:
        os._exit(9)
    return number


def large_suite() -> Suite:
    """Make a suite of which no two files are alike."""
    files = dict(suite(0).files)
    for number in range(40):
        tests = b"".join(TEST % (100 * number + n) for n in range(5))
        files[f"test_{number}.py"] = b"import asyncio\n\n" + b"# padding\n" * 500 + b"\n\n" + tests
    return replace(suite(0), files=files)


PIECES = [(b"x" * 10_000 * (1 + number % 5), number) for number in range(60)]


def test_pieces_come_back_in_their_order_from_two_processes(pool: SuitePool) -> None:
    made = pool(where, PIECES)
    assert [number for number, _ in made] == list(range(60))
    assert len({process for _, process in made}) == 2


def test_what_a_piece_raises_is_raised(pool: SuitePool) -> None:
    with pytest.raises(LookupError, match="7"):
        pool(refuse, PIECES)


def test_a_process_that_dies_loses_nothing(pool: SuitePool) -> None:
    pieces = [(data, os.getpid(), number) for data, number in PIECES]
    assert pool(die_elsewhere, pieces) == list(range(60))
    assert pool(die_elsewhere, pieces) == list(range(60))


@pytest.mark.parametrize("sizes", [[], [0], [0, 0, 0], [1] * 100, [99_000, *[1] * 50, 99_000]])
def test_parts_hold_each_piece_once(pool: SuitePool, sizes: list[int]) -> None:
    pieces = [(b"x" * size, number) for number, size in enumerate(sizes)]
    assert [number for number, _ in pool(where, iter(pieces))] == list(range(len(sizes)))


def test_a_piece_is_taken_when_it_is_made(pool: SuitePool) -> None:
    taken: list[int] = []
    made = (taken.append(number) or (b"x" * 40_000, taken[:]) for number in range(40))
    seen = pool(seen_so_far, made)
    assert [len(one) for one in seen] == list(range(1, 41))
    assert len(taken) == 40


def test_a_small_suite_starts_no_process() -> None:
    migrations = migrate_all(jobs(1), processes=2)
    next(migrations)
    assert not multiprocessing.active_children()


def test_one_large_suite_starts_some(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    make = SuitePool._submit
    monkeypatch.setattr(SuitePool, "_submit", lambda *given: started.append(1) or make(*given))
    work = [(large_suite(), Options())]
    (alone,) = migrate_all(work)
    assert not started
    (shared,) = migrate_all(work, processes=2)
    assert started
    assert replace(shared, seconds=0.0) == replace(alone, seconds=0.0)
    assert len(alone.changes) > 30
    assert not multiprocessing.active_children()


def test_every_case_comes_out_the_same(pool: SuitePool) -> None:
    for path in sorted(SUITES.glob("*.txt")):
        case = read_case(path.read_text(encoding="utf-8"))
        with made_by(pool):
            assert run_case(case) == case.result, path.stem


# -- the command line -------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, data in large_suite().files.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_the_command_line_says_the_same_with_more_processes(root: Path) -> None:
    one, two = (
        programs.run(
            command("migrate", "--diff", "--no-cache", "--jobs", number, "."),
            cwd=root,
            capture_output=True,
            check=False,
        )
        for number in ("1", "2")
    )
    assert (one.returncode, one.stdout, one.stderr) == (two.returncode, two.stdout, two.stderr)
    assert one.stdout.count(b"+++ ") > 30


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_an_interrupt_leaves_no_process(root: Path) -> None:
    check = command("check", "--no-cache", "--jobs", "2", ".")
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    with programs.started(check, cwd=root, stdout=null, stderr=pipe, text=True) as run:
        until(lambda: len(in_session(run.pid)) > 2)  # with the one that tracks resources
        os.killpg(run.pid, signal.SIGINT)
        assert run.wait(LONG) == 130
        until(lambda: not in_session(run.pid))
