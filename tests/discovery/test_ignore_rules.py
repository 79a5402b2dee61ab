"""Ignore rules, compared with git itself."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from loopscope.discovery.ignore_rules import IgnoreRules
from tests import programs

NAMES = ("a", "b", "ab", "aab", "a.py", "b.py", "test_a.py", "a b", "a]", "[a", "a\\b")
# Two stars beside other letters, and an escaped slash: git has rules of its own for that.
ODD = re.compile(r"[^/!]\*\*|\*\*[^/]|\\/")
PIECES = (
    "a", "b", "ab", "*", "**", "?", "/", "/", "**/", "/**", "[ab]", "[!a]", "[^b]", "[a-z]", ".py",
    "test_", "\\*", "\\a", "[[:alpha:]]", "[]]", "\\", " ", "!", "#", "*.py", "a*b",
)  # fmt: skip


def ignored_by_git(root: Path, lines: Sequence[str]) -> set[str]:
    (root / ".gitignore").write_text("\n".join(lines) + "\n")
    command = ["git", "ls-files", "-z", "--others", "--ignored", "--exclude-standard"]
    listing = programs.run(command, cwd=root, capture_output=True, check=True).stdout
    return {os.fsdecode(path) for path in listing.split(b"\0") if path} - {".gitignore"}


def make(root: Path) -> list[str]:
    programs.run(["git", "init", "-q"], cwd=root, check=True)
    paths = [*NAMES, *(f"d/{name}" for name in NAMES), *(f"ab/c/{name}x" for name in NAMES)]
    paths += ["a.d/a/b/a.py", "a.d/b/b/b.py", "x/a/y", "x/y/a"]
    paths = [path for path in paths if path != "ab"]
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"")
    return paths


@pytest.mark.slow
def test_random_patterns_are_read_as_git_does(tmp_path: Path) -> None:
    paths = make(tmp_path)
    chance = random.Random(1)
    some = 0
    for _ in range(400):
        lines = ["".join(chance.choices(PIECES, k=chance.randint(1, 4))) for _ in range(4)]
        lines = [line for line in lines[: chance.randint(1, 4)] if not ODD.search(line)]
        expected = ignored_by_git(tmp_path, lines)
        rules = IgnoreRules(lines)
        assert {path for path in paths if rules(path)} == expected, lines
        some += bool(expected)
    assert some > 100


@pytest.mark.parametrize(
    ("lines", "path", "answer"),
    [
        (["*.py"], "d/a.py", True),
        (["*.py", "!a.py"], "d/a.py", False),
        (["d", "!d/a.py"], "d/a.py", True),
        (["d/*", "!d/a.py"], "d/a.py", False),
        (["/a.py"], "d/a.py", None),
        (["d/a.py"], "d/a.py", True),
        (["a.py/"], "a.py", None),
        (["**/a.py"], "a.py", True),
        (["d/**"], "d", None),
        (["d/**/a.py"], "d/a.py", True),
        (["\\!a"], "!a", True),
        (["a\\ "], "a ", True),
        (["#a"], "#a", None),
        (["é*"], "d/é.py", True),
    ],
)
def test_answer(lines: list[str], path: str, answer: bool | None) -> None:
    assert IgnoreRules(lines)(path) is answer


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        (["*a" * 12 + "*b"], "a" * 120),
        (["*a" * 120 + "*b"], "a" * 250),
        (["*a" * 100_000 + "*b"], "a" * 250),
        (["**/" * 50_000 + "b"], "a/" * 500 + "a"),
        (["a/**/" * 200 + "b"], "a/" * 500 + "a"),
        (["[" * 100_000], "["),
        (["[a-" * 50_000 + "]"], "a"),
        ([f"gen_{n}/*.tmp{n}" for n in range(60_000)], "tests/test_a.py"),
        ([f"a*{n}?x" for n in range(20_000)], "a_long_name_of_a_test_module.py"),
        ([f"*{n}*" for n in range(60_000)], "tests/a_long_name.py"),
    ],
)  # fmt: skip
def test_hostile_patterns_take_no_time(lines: list[str], path: str) -> None:
    start = time.process_time()
    IgnoreRules(lines)(path)
    assert time.process_time() - start < 5
