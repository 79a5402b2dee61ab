"""Markdown pages on a terminal and in a pipe."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from loopscope.cli.guide_commands import show
from tests.cli.conftest import Result

PAGE = "# Head\n\nSee [the rule](rules/LS105.md) and **more**.\n"


def test_a_pipe_gets_the_very_page(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    show(PAGE)
    assert capsys.readouterr().out == PAGE


def test_colour_that_is_asked_for_renders(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    show(PAGE)
    out = capsys.readouterr().out
    assert "\x1b[" in out
    assert "**" not in out


def test_links_become_commands_on_a_terminal(
    loopscope: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    done = loopscope("rules", "LS301")
    assert done.code == 0
    assert "loopscope rules scope-mismatch" in done.out
    assert ".md" not in done.out
