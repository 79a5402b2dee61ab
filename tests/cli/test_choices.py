"""What people type: names of rules, targets, formats, commands; and the nearest of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from loopscope import __version__
from loopscope.cli.choices import rule_codes
from loopscope.rules.registry import REGISTRY
from loopscope.types import Target

Run = Callable[..., Any]
Tree = Callable[[dict[str, str]], None]

SUITE = {
    "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    "test_a.py": "import asyncio\n\n\nasync def test_a():\n    asyncio.get_event_loop()\n",
}


def codes(loopscope: Run, *arguments: str) -> set[str]:
    suites = json.loads(loopscope("check", "--format", "json", *arguments).out)["suites"]
    return {
        edit["code"] for suite in suites for change in suite["changes"] for edit in change["edits"]
    }


def read(*words: str) -> tuple[str, ...]:
    import click

    option = click.Option(["--select"], multiple=True)
    return rule_codes(click.Context(click.Command("check")), option, words)


@pytest.mark.parametrize(
    "word",
    ["LS107", "ls107", "running-loop", "Running-Loop", "RUNNING_LOOP", " ls107 ", "running"],
)
def test_rule_has_a_code_and_a_name_in_any_case(word: str, loopscope: Run, tree: Tree) -> None:
    tree(SUITE)
    assert codes(loopscope, "--select", word) == {"LS107"}
    assert codes(loopscope, "--ignore", word) == {"LS201"}
    tree({"pyproject.toml": f'[tool.loopscope]\nselect = ["{word}"]\n'})
    assert codes(loopscope) == {"LS107"}


def test_beginning_selects_a_family() -> None:
    assert read("ls1") == ("LS1",)
    assert read("event-loop") == ("LS101", "LS102")
    assert read("LS2,imports", "LS2") == ("LS2", "LS108")
    assert all(read(rule.name) == (rule.code,) for rule in REGISTRY)


@pytest.mark.parametrize(
    ("word", "nearest"),
    [
        ("runing-loop", "running-loop"),
        ("LS1055", "LS105"),
        ("LS999", "LS"),
        ("import", "imports"),
        ("xyzzy", ""),
    ],
)
def test_what_is_no_rule_is_an_error_with_the_nearest(
    word: str, nearest: str, loopscope: Run, tree: Tree
) -> None:
    tree(SUITE)
    for option in ("--select", "--ignore"):
        result = loopscope("check", option, f"LS1,{word}")
        assert result.code == 2
        assert f"'{word}' is no rule: a code" in result.err
        assert (f"Did you mean {nearest}" in result.err) is bool(nearest)
    tree({"pyproject.toml": f'[tool.loopscope]\nignore = "{word}"\n'})
    assert "pyproject.toml:2: [tool.loopscope] ignore: " in loopscope("check").err


@pytest.mark.parametrize("value", ["", " ", ","])
def test_nothing_is_selected_by_nothing(value: str, loopscope: Run, tree: Tree) -> None:
    tree(SUITE)
    result = loopscope("check", "--select", value)
    assert result.code == 2
    assert "it is empty" in result.err
    assert codes(loopscope, "--ignore", value) == {"LS107", "LS201"}


def test_release_means_its_series(loopscope: Run, tree: Tree) -> None:
    tree(SUITE)
    for text in ("1.2", "1.2.0", "1.2.1"):
        assert Target.parse(text) == Target(1, 2)
        assert json.loads(loopscope("check", "--target", text, "--format", "json").out)[
            "target"
        ] == ("1.2")


@pytest.mark.parametrize(
    ("text", "nearest"),
    [("1.6", "1.5"), ("0.23", "0.24"), ("2.0.1", "1.5"), (">=1.1", "1.1"), ("1.5.x", "1.5")],
)
def test_target_that_is_none_names_the_nearest(text: str, nearest: str, loopscope: Run) -> None:
    result = loopscope("check", "--target", text)
    assert result.code == 2
    assert f"Did you mean {nearest}?" in result.err


@pytest.mark.parametrize(
    "text", ["", "newest", "1", "1.", "1.5.", "1.5.0.0", "-1.5", "1.5rc1", "x.y"]
)
def test_nonsense_is_no_target(text: str, loopscope: Run) -> None:
    result = loopscope("check", "--target", text)
    assert result.code == 2
    assert "loopscope knows (0.24, 0.25" in result.err


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (("check", "--format", "jsn"), "json"),
        (("check", "--format", "markdwon"), "markdown"),
        (("map", "--format", "jsn"), "json"),
        (("check", "--style", "explict"), "explicit"),
        (("check", "--from", "0.21.1"), "0.21"),
        (("chekc",), "check"),
        (("Migrate",), "migrate"),
        (("rule",), "rules"),
        (("help",), "loopscope --help"),
        (("diff",), "loopscope migrate --diff"),
        (("check", "--targt", "1.5"), "--target"),
        (("rules", "runing-loop"), "running-loop"),
        (("rules", "event-loop-closed"), "event-loop-is-closed"),
    ],
)
def test_nearest_is_named(arguments: tuple[str, ...], nearest: str, loopscope: Run) -> None:
    result = loopscope(*arguments)
    assert result.code == 2
    # Older releases of click list options in their own words.
    assert nearest in re.split("id you mean|Possible options", result.err)[-1]
    assert len(re.split("id you mean|Possible options", result.err)) == 2


def test_formats_are_taken_in_any_case(loopscope: Run, tree: Tree) -> None:
    tree(SUITE)
    assert json.loads(loopscope("check", "--format", "JSON").out)["suites"]


def test_path_in_the_place_of_a_command(loopscope: Run, tree: Tree) -> None:
    tree({"suite/test_a.py": ""})
    result = loopscope("suite")
    assert result.code == 2
    assert "Did you mean `loopscope check suite`?" in result.err
    assert "Did you mean" not in loopscope("no-such-thing").err


@pytest.mark.parametrize("name", ["Running-Loop", "running_loop", "RUNNING-LOOP", "running loop"])
def test_guide_of_a_rule_by_its_name(name: str, loopscope: Run) -> None:
    assert loopscope("rules", name).out.startswith("# LS107 running-loop")


def test_version_has_a_short_form(loopscope: Run) -> None:
    assert loopscope("-V").out == loopscope("--version").out == f"loopscope {__version__}\n"


@pytest.mark.parametrize("where", ["--exclude", "table"])
def test_backslash_between_folders_is_an_error_that_names_the_slash(
    loopscope: Run, tree: Tree, where: str
) -> None:
    table = "[tool.loopscope]\nexclude = ['tests\\legacy']\n" if where == "table" else ""
    tree({"pytest.ini": "", "test_a.py": "def test_a(): ...\n", "pyproject.toml": table})
    given = () if table else ("--exclude", "tests\\legacy")
    done = loopscope("check", *given)
    assert done.code == 2
    assert "matches nothing: write 'tests/legacy', on Windows, too" in done.err
    assert (
        loopscope("check", "--isolated", "--exclude", "\\!a").code == 0
    )  # a sign without meaning
