"""README.md and the pages of docs/ say what is so."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path

import click
import pytest

from loopscope.cli.main import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
GUIDES = sorted((ROOT / "migration_guides").rglob("*.md"))
OF_OTHERS = {"--confcutdir", "--setup-show"}  # what the guides say of pytest's options
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    """Every command line that the pages tell people to type, without what the shell does."""
    lines = [
        line.partition("#")[0]
        for page in (*PAGES, *GUIDES)
        for block in CONSOLE.findall(page.read_text(encoding="utf-8"))
        for line in block.splitlines()
    ]
    parts = [part.strip() for line in lines for part in re.split(r"&&|\||>.*", line)]
    return sorted({part for part in parts if part.startswith("loopscope ")})


@pytest.mark.parametrize("line", commands())
def test_every_command_line_is_accepted(line: str) -> None:
    words = shlex.split(line)[1:]
    with cli.make_context("loopscope", list(words)) as context:
        name, command, rest = cli.resolve_command(context, words)
        assert command is not None
        command.make_context(name, rest, parent=context).close()


@pytest.mark.parametrize("command", ["check", "migrate", "map"])
def test_every_option_is_in_the_table(command: str) -> None:
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    named = set(re.findall(r"--?[a-z][a-z-]*", README.partition("## Options")[2]))
    for option in found.params:
        if isinstance(option, click.Option):
            assert named.intersection(option.opts), option.opts


def test_guides_name_no_option_that_is_none() -> None:
    context = click.Context(cli)
    commands = [cli.get_command(context, name) for name in cli.list_commands(context)]
    ours = {
        name
        for command in commands
        if command is not None
        for option in command.params
        for name in (*option.opts, *option.secondary_opts)
    }
    named = {
        (page.name, option)
        for page in GUIDES
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", page.read_text(encoding="utf-8"))
    }
    assert len(named) > 20
    assert {one for one in named if one[1] not in ours | OF_OTHERS} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_files_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_picture_is_that_of_a_run_today() -> None:
    """Otherwise: ``python docs/picture.py``."""
    maker = runpy.run_path(str(ROOT / "docs" / "picture.py"))
    kept = maker["FILE"].read_text(encoding="utf-8")
    assert maker["words"](kept) == maker["words"](maker["picture"]())
    assert len(maker["words"](kept)) > 1000
    assert "@font-face" not in kept
