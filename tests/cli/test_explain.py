"""``loopscope explain``."""

from __future__ import annotations

import os
import sys

import pytest
from click.testing import CliRunner, Result

from loopscope.cli.main import cli
from loopscope.explain import KNOWN_ERRORS
from tests import programs


def explain(*arguments: str, given: str | bytes = "") -> Result:
    return CliRunner().invoke(cli, ["explain", *arguments], input=given)


def test_causes_rules_and_guides() -> None:
    done = explain("attached", "to", "a", "different", "loop")
    assert done.exit_code == 0
    assert done.output.startswith("# attached to a different loop\n\nCauses:\n\n- ")
    assert "- LS104 fixture-loop-scope: " in done.output
    assert "`loopscope rules attached-to-a-different-loop`" in done.output


@pytest.mark.parametrize("arguments", [[], ["-"]], ids=["nothing", "dash"])
def test_standard_input(arguments: list[str]) -> None:
    done = explain(*arguments, given=b"\xff\x1b[31mE   Event loop\x1b[0m is\r\nE   closed\n")
    assert done.exit_code == 0
    assert done.output.startswith("# Event loop is closed\n")


def test_unknown_text_lists_what_is_known() -> None:
    done = explain("the dog ate it")
    assert done.exit_code == 1
    assert all(f"- {symptom.shown}\n" in done.output for symptom in KNOWN_ERRORS)


@pytest.mark.parametrize("text", ["", " \n"])
def test_empty_text_is_wrong_usage(text: str) -> None:
    assert explain(text).exit_code == 2
    assert explain("-", given=text).exit_code == 2


def test_pasted_line_may_start_with_a_dash() -> None:
    assert explain("--- Event loop is closed").exit_code == 0


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_nothing_on_a_terminal_is_wrong_usage() -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "loopscope", "explain"]
    try:
        done = programs.run(command, stdin=theirs, capture_output=True, text=True, check=False)
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 2
    assert "give an error text" in done.stderr
