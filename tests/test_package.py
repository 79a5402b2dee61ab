"""The package as a whole: what it declares, how its modules are called, what its formats are."""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter
from importlib.metadata import packages_distributions
from pathlib import Path

import click
import pytest
import tomli
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from loopscope.cli.main import cli
from loopscope.reports import formats

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "codemods" / "loopscope"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@functools.cache
def imported() -> set[str]:
    """Return the first parts of all that is imported, by statements and by ``import_module``."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module or "")
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
                found |= {str(arg.value) for arg in node.args if isinstance(arg, ast.Constant)}
    return {name.partition(".")[0] for name in found}


def declared() -> list[str]:
    extras = PROJECT["optional-dependencies"]
    return [
        Requirement(line).name
        for line in (*PROJECT["dependencies"], *extras["dask"], *extras["lsp"])
    ]


@pytest.mark.parametrize("package", declared())
def test_what_is_declared_is_imported(package: str) -> None:
    wanted = canonicalize_name(package)
    names = {
        name
        for name, distributions in packages_distributions().items()
        if wanted in map(canonicalize_name, distributions)
    }
    assert (names or {package}) & imported()


def test_no_two_modules_have_one_name() -> None:
    names = Counter(path.stem for path in PACKAGE.rglob("*.py"))
    twice = {name for name, number in names.items() if number > 1}
    assert twice <= {"__init__", "__main__"}


@pytest.mark.parametrize(
    ("command", "kind"), [("check", "report"), ("migrate", "report"), ("map", "map")]
)
def test_the_formats_are_what_one_can_choose_and_read_about(command: str, kind: str) -> None:
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    [option] = [one for one in found.params if one.name == "format"]
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == formats(kind)
    [row] = re.findall(r"^\| `--format ([^`]+)`", README, re.MULTILINE)
    named = tuple(row.split("\\|"))
    assert named == formats("report")
    assert set(formats(kind)) <= set(named)


@pytest.mark.parametrize("kind", ["report", "map", "verify"])
def test_the_one_for_people_is_the_first_format(kind: str) -> None:
    assert formats(kind)[0] == "text"


def test_each_command_says_the_same_in_the_list_and_for_a_shell() -> None:
    context = click.Context(cli)
    shown = cli.get_help(context)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        assert command.get_short_help_str(200) in shown
