"""Run commands and measure them: time by the clock, time of the processors, memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.peaks import Peaks, watch


@dataclass(frozen=True)
class Command:
    """A program with its arguments, its directory and environment, and what makes those ready."""

    words: Sequence[str]
    place: Path
    prepare: Callable[[], object] = lambda: None
    codes: tuple[int, ...] = (0, 1)  # exit codes of success; tools report findings with 1
    environment: Mapping[str, str] = field(default_factory=dict)  # beside that of this process


@dataclass(frozen=True)
class Cost:
    """What a run took: ``wall`` and ``cpu`` in seconds, ``cpu`` of all its processes together."""

    wall: float
    cpu: float
    peaks: Peaks

    def plus(self, sample: Cost, scale: float) -> Cost:
        """Add to this cost of starting ``scale`` times the cost of ``sample`` beyond it."""
        return Cost(
            self.wall + scale * (sample.wall - self.wall),
            self.cpu + scale * (sample.cpu - self.cpu),
            sample.peaks,
        )


# As people have it who install a program: with the bytecode of its modules kept.
_ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}


class Failed(Exception):
    """A command that did not do its work; its numbers would mean nothing."""


def run(command: Command) -> Cost:
    """Run a command once; its output goes nowhere.

    Raises:
        Failed: It ended with another exit code than it may.
    """
    command.prepare()
    start = time.perf_counter()
    process = subprocess.Popen(
        command.words,
        cwd=command.place,
        env={**_ENVIRONMENT, **command.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with watch(process.pid) as peaks:
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in command.codes:
        raise Failed(f"exit code {process.returncode}: {' '.join(command.words)}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, peaks)


def best_of(repeat: int, commands: Mapping[str, Command]) -> dict[str, Cost]:
    """Measure the least time and the greatest memory of several runs of each command.

    The commands take turns, so that what else the machine does hits all of them alike; and
    other programs can only make a run slower, so the least is the nearest to the truth.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(repeat):
        for name, command in commands.items():
            costs[name].append(run(command))
    return {
        name: Cost(
            min(cost.wall for cost in found),
            min(cost.cpu for cost in found),
            Peaks.largest(cost.peaks for cost in found),
        )
        for name, found in costs.items()
    }
