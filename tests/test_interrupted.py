"""A run over many suites that is stopped at any moment does no harm and can be done again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests import programs
from tests.folders import contents

from .batches import big_tree, command, in_session, until

pytestmark = pytest.mark.slow

SUITES = 12
Contents = dict[str, bytes]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_run_that_is_stopped_at_random_moments_can_be_done_again(
    tmp_path: Path, number: signal.Signals
) -> None:
    chance = random.Random(int(number))
    old = contents(big_tree(tmp_path / "old", SUITES))
    programs.run(migrate(), cwd=tmp_path / "old", check=True)
    new = contents(tmp_path / "old")
    names = sorted(f"p{number}" for number in range(SUITES))  # in the order of the run
    seen = set()
    for trial, name in enumerate(["", names[0], *chance.sample(names[1:-1], 3)]):
        root = big_tree(tmp_path / str(trial), SUITES)
        code, err = stopped(root, number, name, chance.uniform(0, 0.05 if name else 1))
        if code == 0:
            continue  # it was done before
        assert code == (130 if number == signal.SIGINT else -number), err
        said = "Interrupted; no file was left half written."
        assert number != signal.SIGINT or err.strip() == said
        seen.add(assert_whole(contents(root), old, new, killed=number == signal.SIGKILL))
        programs.run(migrate(), cwd=root, check=True)
        assert contents(root) == new
    assert len(seen) > 1, f"always stopped after {seen} suites"


def stopped(root: Path, number: signal.Signals, name: str, seconds: float) -> tuple[int, str]:
    """Return the exit code and the output of a run after a signal; no process of it is left.

    It gets it some ``seconds`` after the first change to the suite ``name``, or after its start.
    """
    place = root / name / "pytest.ini" if name else None
    before = place.read_bytes() if place else b""
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    with programs.started(migrate(), cwd=root, stderr=pipe, stdout=null, text=True) as run:
        until(lambda: place is None or place.read_bytes() != before)
        time.sleep(seconds)
        if number == signal.SIGINT:
            os.killpg(run.pid, number)  # as a terminal does
        else:
            run.send_signal(number)
        _, err = run.communicate(timeout=programs.LONG)
        until(lambda: not in_session(run.pid))
    return run.returncode, err


def migrate() -> list[str]:
    return command("migrate", "-q", "--jobs", "2")


def assert_whole(found: Contents, old: Contents, new: Contents, *, killed: bool) -> int:
    """Each suite is as it was or as it should be; returns how many are done.

    Only one of a killed run may be both, which its journal will undo.
    """
    done = mixed = 0
    for name in {path.partition("/")[0] for path in old}:
        states = set()
        for path in (path for path in old if path.startswith(f"{name}/")):
            assert found[path] in (old[path], new[path]), f"{path} is not whole"
            states |= {found[path] == new[path]} if old[path] != new[path] else set()
        done += states == {True}
        mixed += len(states) == 2
    left = {path for path in found if path not in old}
    assert killed or not left, left
    assert mixed <= (1 if killed and left else 0)
    return done
