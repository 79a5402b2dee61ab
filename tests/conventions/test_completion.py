"""Shell completion, as click offers it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests import programs

SHELLS = ("bash", "zsh", "fish")
PROGRAM = [sys.executable, "-m", "loopscope"]
BASH = """\
loopscope() {{ "{python}" -m loopscope "$@"; }}
eval "$(_LOOPSCOPE_COMPLETE=bash_source loopscope)"
COMP_WORDS=({words}) COMP_CWORD={position}
compopt() {{ :; }}
_loopscope_completion "{program}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def complete(shell: str, words: str, position: str) -> list[str]:
    settings = {
        "_LOOPSCOPE_COMPLETE": f"{shell}_complete", "COMP_WORDS": words, "COMP_CWORD": position,
    }  # fmt: skip
    done = programs.run(
        PROGRAM, env={**os.environ, **settings}, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_defines_a_completion(shell: str) -> None:
    settings = {"_LOOPSCOPE_COMPLETE": f"{shell}_source"}
    done = programs.run(
        PROGRAM, env={**os.environ, **settings}, capture_output=True, text=True, check=True
    )
    assert f"{shell}_complete" in done.stdout


@pytest.mark.parametrize(("shell", "position"), [("bash", "1"), ("zsh", "1"), ("fish", "mig")])
def test_commands_are_completed(shell: str, position: str) -> None:
    out = " ".join(complete(shell, "loopscope mig", position))
    assert "migrate" in out
    assert "check" not in out


def test_values_of_an_option_are_completed() -> None:
    assert complete("bash", "loopscope check --style ", "3") == ["plain,config", "plain,explicit"]


@pytest.mark.parametrize(
    ("words", "position", "expected"),
    [
        ("loopscope check --select LS20", "3", ["LS201", "LS202"]),
        ("loopscope check --select LS101,LS20", "3", ["LS101,LS201", "LS101,LS202"]),
        ("loopscope migrate --ignore running", "3", ["running-loop"]),
        ("loopscope map --target 1.", "3", ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5"]),
        ("loopscope rules from-", "2", ["from-0.21", "from-0.23"]),
        ("loopscope rules ls39", "2", ["LS390"]),
    ],
)
def test_rules_targets_and_guides_are_completed(
    words: str, position: str, expected: list[str]
) -> None:
    found = [line.partition(",")[2] for line in complete("bash", words, position)]
    assert found == expected


def test_revisions_of_git_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = "loopscope verify --before v"
    assert complete("bash", words, "3") == ["dir,v"]  # no working copy: a folder
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for command in (
        ["init", "-q"],
        ["commit", "-q", "--allow-empty", "-m", "first"],
        ["tag", "v1"],
        ["branch", "very-new"],
        ["branch", "other"],
    ):
        programs.run(["git", *identity, *command], check=True)
    assert complete("bash", words, "3") == ["plain,very-new", "plain,v1", "dir,v"]


def test_in_a_real_bash(tmp_path: Path) -> None:
    program = tmp_path / "loopscope"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m loopscope "$@"\n')
    program.chmod(0o755)
    script = BASH.format(
        python=sys.executable, words="loopscope check --st", position=2, program=program
    )
    done = programs.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["--style", "--strict", "--statistics"]
