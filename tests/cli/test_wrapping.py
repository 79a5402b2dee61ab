"""Reports on a terminal: lines end between words, paths stay whole."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from loopscope.cli.console import wrapped
from tests import programs
from tests.terminals import terminal

Tree = Callable[[dict[str, str]], None]

FOLDER = "a_folder_with_a_name_that_is_longer/than_the_terminal_is_wide"
SUITE = {
    "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    f"{FOLDER}/test_a.py": "import asyncio\ndef test_a(): asyncio.get_event_loop().close()\n",
}


def words(line: tuple[tuple[str, str], ...]) -> str:
    return "".join(text for text, _ in line)


def test_what_follows_stands_further_in_and_keeps_its_style() -> None:
    line = (("  a.py:1:1: ", ""), ("LS1", "m"), (" b", "x"), (" is deleted now", "x"))
    rows = list(wrapped(line, 20))
    assert [words(row) for row in rows] == ["  a.py:1:1: LS1 b is", "      deleted now"]
    assert [part for part in rows[0] if part[0] == "LS1"] == [("LS1", "m")]


@pytest.mark.parametrize("width", [5, 12, 20, 79])
def test_no_word_is_broken_or_lost(width: int) -> None:
    line = (("path/to/a/file.py:1: ", ""), ("CODE", "m"), (":", ""), (" some words behind it", ""))
    rows = [words(row) for row in wrapped(line, width)]
    assert " ".join(rows).split() == words(line).split()
    assert all(len(row) <= width or len(row.split()) == 1 for row in rows)


def test_wide_letters_take_two_columns() -> None:
    assert [words(row) for row in wrapped((("界界 界界", ""),), 8)] == ["界界", "    界界"]


def test_an_empty_line_is_one() -> None:
    assert list(wrapped((), 20)) == [()]


@pytest.mark.slow
@pytest.mark.parametrize("columns", [44, 80])
def test_on_a_terminal(tree: Tree, tmp_path: Path, columns: int) -> None:
    tree(SUITE)
    with terminal(tmp_path, "check", columns=columns) as (_, person):
        lines = person.rest().rpartition("1 suite, ")[2].splitlines()
    assert all(len(line) <= columns or len(line.split()) == 1 for line in lines)
    assert f"{FOLDER}/test_a.py:2:15:" in lines  # whole, so that it can be clicked
    assert any(line.startswith("    LS305 note: ") for line in lines)


@pytest.mark.slow
def test_a_pipe_gets_each_finding_in_one_line_whatever_the_terminal(
    tree: Tree, tmp_path: Path
) -> None:
    tree(SUITE)
    command = [sys.executable, "-m", "loopscope", "check"]
    environment = {**os.environ, "COLUMNS": "44"}
    done = programs.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert re.search(r"^\S+/test_a.py:2:15: LS305 note: .{80,}$", done.stdout, re.MULTILINE)


@pytest.mark.slow
def test_a_patch_is_not_wrapped(tree: Tree, tmp_path: Path) -> None:
    call = "asyncio.get_event_loop()  # " + "word " * 20
    tree({**SUITE, "test_b.py": f"import asyncio\nasync def test_b(): {call}\n"})
    with terminal(tmp_path, "migrate", "--diff", columns=44, NO_COLOR="1") as (_, person):
        assert call.rstrip() in person.rest()
