"""Whole logs of pytest: the failure is answered first, and what is not known is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from loopscope.cli.main import cli
from loopscope.explain import answer

LOGS = Path(__file__).parent / "logs"


def log(name: str) -> str:
    return (LOGS / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("aiohttp_session", "Timeout context manager should be used inside a task"),
        (
            "anyio_task_group",
            "Attempted to exit cancel scope in a different task than it was entered in",
        ),
        ("async_set_up", "coroutine 'setup_method' (or another set-up) was never awaited"),
        ("late_request", "Runner.run() cannot be called from a running event loop"),
    ],
)
def test_the_failure_is_answered_first(name: str, first: str) -> None:
    found = answer(log(name))
    assert (found.errors[0].shown, found.unknown) == (first, "")
    assert any("is unset" in error.shown for error in found.errors[1:])


def test_a_message_that_the_summary_cuts_off_is_no_second_failure() -> None:
    text = log("plugin_fixture")
    assert [one.shown for one in answer(text).errors] == ["ScopeMismatch for a loop"]
    *_, summary, _ = text.splitlines()
    assert [one.shown for one in answer(summary).errors] == ["ScopeMismatch"]


def test_a_warning_is_no_answer_to_an_unknown_failure() -> None:
    done = CliRunner().invoke(cli, ["explain"], input=log("unknown_failure"))
    assert done.exit_code == 1
    assert "Nothing is known about this failure:\n\n    assert 2 == 3" in done.output
    assert "asyncio_default_fixture_loop_scope" in done.output


def test_a_warning_of_a_green_run_is_an_answer() -> None:
    found = answer(log("green"))
    assert (len(found.errors), found.unknown) == (1, "")
