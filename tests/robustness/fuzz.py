"""``python -m tests.robustness.fuzz --minutes 60``: the properties, as long as time allows."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
from hypothesis import HealthCheck, Phase, given, seed, settings

from .invariants import Broken
from .properties import PROPERTIES, options


def trial(name: str, number: int, examples: int, *, shrink: bool = False) -> Broken | None:
    """Draw examples for one property; returns one that breaks it, or (slow) the smallest."""
    holds, strategy = PROPERTIES[name]
    configured = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
        suppress_health_check=list(HealthCheck),
    )
    try:
        configured(seed(number)(given(strategy, options())(holds)))()
    except Broken as broken:
        return broken
    return None


@click.command
@click.option("--minutes", type=float, default=1.0, show_default=True)
@click.option("--seed", "first", type=int, default=0, show_default=True, help="The first seed.")
@click.option("--only", type=click.Choice(list(PROPERTIES)), help="Only this property.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where failing suites are put.")
@click.option("--shrink", is_flag=True, help="Make what is found small; minutes each.")
def main(minutes: float, first: int, only: str | None, folder: Path | None, shrink: bool) -> None:
    """Look for suites that break an invariant; exit code 1 where one is found."""
    end = time.monotonic() + minutes * 60
    names = [only] if only else list(PROPERTIES)
    number, found = first, 0
    complaints: set[str] = set()
    while time.monotonic() < end:
        for name in names:
            broken = trial(name, number, 20, shrink=shrink)
            if broken is not None and broken.complaint.split("\n")[0] not in complaints:
                complaints.add(broken.complaint.split("\n")[0])
                found += 1
                click.echo(f"{name}, seed {number}: {broken}")
                if folder is not None:
                    _keep(broken, folder / f"{name}-{number}")
            if time.monotonic() > end:
                break
        number += 1
    click.echo(f"{number - first} seeds of {len(names)} properties, {found} different failures.")
    sys.exit(1 if found else 0)


def _keep(broken: Broken, folder: Path) -> None:
    for path, data in broken.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


if __name__ == "__main__":
    main()
