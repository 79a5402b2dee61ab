"""``--help`` of every command, with examples that can be typed."""

from __future__ import annotations

import shlex

import click
import pytest
from click.testing import CliRunner

from loopscope.cli.main import cli

COMMANDS = cli.list_commands(click.Context(cli))


def help_of(*command: str) -> str:
    result = CliRunner().invoke(cli, [*command, "--help"])
    assert result.exit_code == 0
    return result.output


def examples(text: str) -> list[list[str]]:
    """List the lines below ``Examples:``, without what the shell does and without comments."""
    block = text.partition("Examples:\n")[2].partition("\n\n")[0]
    lines = [line.strip().split("   ")[0] for line in block.splitlines()]
    return [shlex.split(line.split(" > ")[0].split(" | ")[-1].split(" < ")[0]) for line in lines]


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=str)
def test_help_has_examples_that_the_command_accepts(command: tuple[str, ...]) -> None:
    found = examples(help_of(*command))
    assert found
    for program, *words in found:
        assert program == "loopscope"
        context = cli.make_context("loopscope", list(words))
        name, sub, rest = cli.resolve_command(context, words)
        assert command in ((), (name,))
        assert sub is not None
        sub.make_context(name, rest, parent=context).close()


def test_list_of_commands_says_what_each_does() -> None:
    lines = help_of().partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in lines] == COMMANDS
    assert all(len(line.split()) > 3 for line in lines)


def test_short_form_of_help() -> None:
    assert CliRunner().invoke(cli, ["check", "-h"]).output == help_of("check")
