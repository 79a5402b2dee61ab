"""``check --baseline``: what a suite has today is known, and only what is new fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Tree = Callable[[dict[str, str]], None]

SUITE = {
    "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    "test_a.py": (
        "import asyncio\n\n\nasync def test_a():\n    asyncio.get_event_loop().close()\n\n\n"
        "def test_b():\n    asyncio.get_event_loop()\n"
    ),
}
MORE = "\n\nasync def test_{}():\n    asyncio.get_running_loop().close()\n"


@pytest.fixture
def known(loopscope: Run, tree: Tree, tmp_path: Path) -> Path:
    """Write a suite, and a baseline of what it has."""
    tree({f"shop/{path}": text for path, text in SUITE.items()})
    done = loopscope("check", "--baseline", "known.json", "--write-baseline")
    assert (done.code, done.err) == (0, "")
    assert done.out == "1 suite, nothing to change, 5 in the baseline.\n"
    return tmp_path / "known.json"


def test_what_is_known_is_left_out(loopscope: Run, known: Path) -> None:
    for arguments in ((), ("shop",), ("--strict",)):
        done = loopscope("check", "--baseline", "known.json", *arguments)
        assert (done.code, done.err) == (0, "")
    document = json.loads(loopscope("check", "--baseline", "known.json", "--format", "json").out)
    [suite] = document["suites"]
    assert (suite["status"], suite["changes"], suite["findings"]) == ("current", [], [])
    assert loopscope("check").code == 1


def test_moved_lines_are_no_news(loopscope: Run, known: Path) -> None:
    test = known.parent / "shop/test_a.py"
    test.write_text("# one\n# two\n" + test.read_text())
    assert loopscope("check", "--baseline", "known.json").code == 0


@pytest.mark.parametrize("name", ["c", "d"])
def test_what_is_new_fails_also_where_its_message_is_known(
    loopscope: Run, known: Path, name: str
) -> None:
    with (known.parent / "shop/test_a.py").open("a") as file:
        file.write(MORE.format(name))
    done = loopscope("check", "--baseline", "known.json")
    assert done.code == 1
    assert done.out.startswith("1 suite, nothing to change, 1 left to do by hand, 5 in the base")
    assert "shop/test_a.py:13:5: LS305 action: " in done.out


def test_a_new_edit_fails(loopscope: Run, known: Path) -> None:
    with (known.parent / "shop/test_a.py").open("a") as file:
        file.write("\n\nasync def test_c(event_loop): ...\n")
    done = loopscope("check", "-v", "--baseline", "known.json")
    assert done.code == 1
    assert "1 file would change (1 edit)" in done.out
    assert "shop/test_a.py:12:1: LS102 test_c: " in done.out


def test_it_does_not_matter_where_one_stands(
    loopscope: Run, known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(known.parent / "shop")
    assert loopscope("check", "--baseline", "../known.json").code == 0
    assert loopscope("check", str(known.parent), "--baseline", str(known)).code == 0


def test_what_is_gone_is_said_and_goes(loopscope: Run, known: Path) -> None:
    (known.parent / "shop/test_a.py").write_text("async def test_a(): ...\n")
    done = loopscope("check", "--baseline", "known.json")
    assert "of what known.json knows is no longer found: --write-baseline takes it out" in done.err
    before = known.read_text()
    loopscope("check", "--baseline", "known.json", "--write-baseline")
    assert len(known.read_text()) < len(before)
    assert loopscope("check", "--baseline", "known.json").err == ""


def test_errors_are_never_known(loopscope: Run, known: Path) -> None:
    (known.parent / "shop/test_a.py").write_text("async def test_a(event_loop:\n")
    assert loopscope("check", "--baseline", "known.json", "--write-baseline").code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--baseline", "none.json"), "is not there: --write-baseline makes it"),
        (("--baseline", "pytest.ini"), "is no baseline of loopscope"),
        (("--baseline", "pytest.ini", "--write-baseline"), "is no baseline of loopscope"),
        (("--baseline", "other.json"), "is no baseline of loopscope"),
        (("--write-baseline",), "--write-baseline needs --baseline FILE"),
    ],
)
def test_what_is_no_baseline_is_an_error_and_stays(
    loopscope: Run, tree: Tree, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    tree({**SUITE, "other.json": "[]"})
    done = loopscope("check", *arguments)
    assert done.code == 2
    assert said in done.err
    assert (tmp_path / "pytest.ini").read_text() == SUITE["pytest.ini"]


def test_it_stands_in_the_table(loopscope: Run, known: Path, tree: Tree) -> None:
    tree({"pyproject.toml": "[tool.loopscope]\nbaseline = 'known.json'\n"})
    assert loopscope("check").code == 0
    assert loopscope("migrate", "--diff").code == 1  # it says nothing of what is written
