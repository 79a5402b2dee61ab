"""How far a run is, with one job and with several, in one suite and in many."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from loopscope.cli.pace import Pace
from loopscope.discovery.load import load_suites
from loopscope.execution import migrate_all
from loopscope.types import Options, Suite
from tests.terminals import terminal

Tree = Callable[[dict[str, str]], None]

TEST = "import asyncio\nasync def test_{}(event_loop): asyncio.get_event_loop()\n"


def suites(tree: Tree, number: int, files: int) -> None:
    for suite in range(number):
        tree({f"s{suite}/pytest.ini": "[pytest]\nasyncio_mode = auto\n"})
        tree({f"s{suite}/test_{n}.py": TEST.format(n) for n in range(files)})


def told(root: Path, processes: int) -> list[tuple[int, int]]:
    """Run over all suites, and return what was shown."""
    shown: list[tuple[int, int]] = []
    pace = Pace(lambda done, total: shown.append((done, total)))
    loaded = load_suites([root], progress=pace.loads)
    read = (pace.hands_out(one, watched=True) for one in loaded if isinstance(one, Suite))
    for _ in migrate_all(((suite, Options()) for suite in read), processes=processes):
        pace.finished()
    return shown


def test_one_suite_is_half_done_when_it_is_read(tree: Tree, tmp_path: Path) -> None:
    suites(tree, 1, 40)
    done = [number for number, _ in told(tmp_path, 1)]
    assert done == sorted(done)
    assert len(set(done)) > 15
    assert max(done[:-1]) == 20
    assert done[-1] == 40


def test_many_suites_one_after_the_other(tree: Tree, tmp_path: Path) -> None:
    suites(tree, 4, 5)
    shown = told(tmp_path, 1)
    done = [number for number, _ in shown]
    assert done == sorted(done)
    assert {0, 5, 10, 15, 20} <= set(done)
    assert shown[-1] == (20, 20)


@pytest.mark.slow
def test_what_is_read_ahead_for_several_processes_does_not_count_as_done(
    tree: Tree, tmp_path: Path
) -> None:
    padding = f"\n# {'x' * 30_000}\n"
    suites(tree, 12, 2)
    for path in tmp_path.rglob("test_0.py"):
        path.write_text(path.read_text() + padding)
    done = [number for number, _ in told(tmp_path, 2)]
    assert done == sorted(done)
    assert len(set(done)) > 8
    assert done.index(2) > 5  # six were read before the first came back
    assert done[-1] == 24


def test_in_another_process_the_files_are_plain_ones(tree: Tree, tmp_path: Path) -> None:
    suites(tree, 1, 2)
    [suite] = [one for one in load_suites([tmp_path]) if isinstance(one, Suite)]
    watched = Pace(lambda *_: None).hands_out(suite, watched=True)
    again = pickle.loads(pickle.dumps(watched))
    assert type(again.files) is dict
    assert again == suite


@pytest.mark.slow
def test_bar_moves_within_one_large_suite_and_says_how_long_it_takes(
    tree: Tree, tmp_path: Path
) -> None:
    suites(tree, 1, 4000)
    with terminal(tmp_path, "check") as (_, person):
        shown = person.rest()
    steps = [int(done) for done in re.findall(r"(\d+)/4000\b", shown)]
    assert len({step for step in steps if 0 < step < 4000}) > 3
    assert re.search(r"\d/4000 .*\b0:\d\d:\d\d", shown)
