from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import programs
from tests.folders import contents

Run = Callable[..., Any]
Tree = Callable[[dict[str, str]], None]

SUITE = {
    "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    "conftest.py": """\
        import asyncio

        import pytest


        @pytest.fixture(scope="session")
        def event_loop():
            loop = asyncio.new_event_loop()
            yield loop
            loop.close()
        """,
    "tests/test_a.py": "async def test_a(): ...\n",
}
ASKS_FOR_A_LOOP = "import asyncio\nasync def f():\n    return asyncio.get_event_loop()\n"
ONE_TEST = "async def test_one(): ...\nasync def test_two(): ...\n"
CURRENT = {"pytest.ini": "", "test_a.py": "def test_a(): ...\n"}


# -- what the commands do ---------------------------------------------------------------


def test_check_reports_and_writes_nothing(loopscope: Run, tree: Tree, tmp_path: Path) -> None:
    tree(SUITE)
    before = contents(tmp_path)
    result = loopscope("check")
    assert (result.code, result.err) == (1, "")
    assert result.out.startswith("1 suite, 2 files would change (")
    assert "LS101" not in result.out
    shown = loopscope("check", "-v").out
    assert "\n. (pytest.ini): would change\n" in shown
    assert re.search(
        r"^conftest\.py:\d+:1: LS101 event_loop: override deleted; ", shown, re.MULTILINE
    )
    assert contents(tmp_path) == before


def test_migrate_writes_and_the_second_time_there_is_nothing_to_do(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree(SUITE)
    first = loopscope("migrate")
    assert first.code == 0
    assert "2 files changed" in first.out
    after = contents(tmp_path)
    assert b"event_loop" not in after["conftest.py"]
    assert b"asyncio_default_test_loop_scope = session" in after["pytest.ini"]
    second = loopscope("migrate")
    assert (second.code, second.out) == (0, "1 suite, nothing to change.\n")
    assert contents(tmp_path) == after
    assert loopscope("check").code == 0


def test_check_shows_the_patch_too(loopscope: Run, tree: Tree, tmp_path: Path) -> None:
    tree(SUITE)
    before = contents(tmp_path)
    result = loopscope("check", "--diff")
    assert result == loopscope("migrate", "--diff")
    assert (result.code, result.out[:17]) == (1, "--- a/conftest.py")
    assert contents(tmp_path) == before
    tree({"pyproject.toml": "[tool.loopscope]\ndiff = true\n"})  # how migrate does it
    assert loopscope("check").out.startswith("1 suite, 2 files would change")


def test_patch_may_be_printed_and_kept(loopscope: Run, tree: Tree, tmp_path: Path) -> None:
    tree(SUITE)
    result = loopscope("migrate", "--diff", "--patch", "x.patch")
    assert result.code == 1
    assert result.out == (tmp_path / "x.patch").read_text()
    assert "To apply: git apply x.patch" in result.err


@pytest.mark.parametrize("option", [("--patch", "file/x.patch"), ("--patch-dir", "file/folder")])
def test_where_no_patch_can_be_written_nothing_is_said_to_be_done(
    option: tuple[str, str], loopscope: Run, tree: Tree
) -> None:
    tree({**SUITE, "file": "text"})
    result = loopscope("migrate", *option)
    assert result.code == 2
    assert f"error: {option[1]}" in result.err
    assert "cannot be written: its folder " in result.err
    assert "The rest was" not in result.err
    assert result.out.startswith("1 suite, 2 files would change (")  # what would be in it
    assert "To apply" not in result.out


def test_diff_is_a_patch_on_its_own_and_gives_what_migrate_writes(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree({f"suite/{name}": text for name, text in SUITE.items()})
    before = contents(tmp_path)
    result = loopscope("migrate", "--diff", "suite")
    assert result.code == 1
    assert result.out.startswith("--- a/suite/conftest.py\n+++ b/suite/conftest.py\n@@")
    assert result.err.startswith("1 suite, 2 files would change (")
    assert contents(tmp_path) == before
    programs.run(["git", "apply"], input=result.out.encode(), cwd=tmp_path, check=True)
    applied = contents(tmp_path)
    tree({f"suite/{name}": text for name, text in SUITE.items()})
    assert loopscope("migrate", "suite").code == 0
    assert contents(tmp_path) == applied


def test_a_part_is_migrated_with_what_it_depends_on(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree({"tests/" + path if path.endswith(".py") else path: text for path, text in SUITE.items()})
    tree({"src/lib.py": ASKS_FOR_A_LOOP})
    assert loopscope("migrate", "tests").code == 0
    after = contents(tmp_path)
    assert b"asyncio_default_fixture_loop_scope" in after["pytest.ini"]
    assert after["src/lib.py"] == ASKS_FOR_A_LOOP.encode()
    assert loopscope("check", "tests").code == 0


@pytest.mark.parametrize("part", ["a", "a/test_a.py", "conftest.py"])
def test_a_part_without_which_the_rest_misses_its_fixture_is_refused(
    part: str, loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    asks = "import asyncio\ndef test_b(event_loop):\n    event_loop.{}(asyncio.sleep(0))\n"
    asks = asks.format("run_until_complete")
    tree({**SUITE, "a/test_a.py": ONE_TEST, "b/test_b.py": asks})
    before = contents(tmp_path)
    result = loopscope("migrate", part)
    assert result.code == 2
    assert "with only this part, test_b asks for event_loop" in result.err
    assert "(b/test_b.py:2). Migrate the whole suite: loopscope migrate ." in result.err
    assert contents(tmp_path) == before
    assert loopscope("migrate").code == 0


@pytest.mark.parametrize("part", ["a", "pytest.ini"])
def test_a_part_is_refused_where_the_rest_would_keep_what_the_new_release_lacks(
    part: str, loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree({**SUITE, "a/test_a.py": ONE_TEST, "b/conftest.py": SUITE["conftest.py"]})
    tree({"b/test_b.py": ONE_TEST, "requirements.txt": "pytest-asyncio==0.21.1\n"})
    before = contents(tmp_path)
    result = loopscope("migrate", part)
    assert result.code == 2
    assert "event_loop would stay as the old release wants it" in result.err
    assert contents(tmp_path) == before


def test_what_is_left_to_do_in_the_rest_anyway_is_in_the_way_of_no_part(
    loopscope: Run, tree: Tree
) -> None:
    closes = "import asyncio\nasync def test_b():\n    asyncio.get_running_loop().close()\n"
    tree({**SUITE, "a/test_a.py": ONE_TEST, "b/test_b.py": closes})
    result = loopscope("migrate", "a")
    assert (result.code, result.err) == (1, "")
    assert "b/test_b.py:3:5: LS305 action: " in result.out


def test_a_part_that_would_leave_the_rest_wrong_is_refused(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree({**SUITE, "a/test_a.py": ONE_TEST, "b/test_b.py": ONE_TEST})
    before = contents(tmp_path)
    result = loopscope("migrate", "a", "--style", "explicit")
    assert result.code == 2
    assert "nothing is changed: with only this part, " in result.err
    assert "Migrate the whole suite: loopscope migrate ." in result.err
    assert contents(tmp_path) == before


def test_suites_of_a_monorepo_are_handled_one_by_one(loopscope: Run, tree: Tree) -> None:
    for name in ("a", "b"):
        tree({f"{name}/{path}": text for path, text in SUITE.items()})
    tree({f"c/{path}": text for path, text in CURRENT.items()})
    found = json.loads(loopscope("check", "--format", "json").out)
    assert [(suite["root"], suite["status"]) for suite in found["suites"]] == [
        ("a", "changed"), ("b", "changed"), ("c", "current"),
    ]  # fmt: skip


def test_json_is_one_document_and_nothing_else(loopscope: Run, tree: Tree) -> None:
    tree(SUITE)
    for command in (["check"], ["migrate", "--diff"]):
        result = loopscope(*command, "--format", "json", "--target", "1.1")
        found = json.loads(result.out)
        assert list(found) == ["loopscope", "target", "suites", "errors"]
        assert found["target"] == "1.1"
        assert [change["path"] for change in found["suites"][0]["changes"]] == [
            "conftest.py", "pytest.ini",
        ]  # fmt: skip
        assert (result.code, result.err) == (1, "")


def test_quiet_leaves_the_summary_and_verbose_shows_suites_that_are_up_to_date(
    loopscope: Run, tree: Tree
) -> None:
    tree(SUITE)
    assert loopscope("check", "-q").out.count("\n") == 1
    tree(CURRENT)
    Path("conftest.py").write_text("")
    assert ". (pytest.ini): up to date\n" in loopscope("check", "-v").out


@pytest.mark.parametrize("command", ["check", "migrate", "map"])
@pytest.mark.parametrize("path", [".", "empty", "texts", "texts/a.json"])
def test_path_without_python_is_an_error(
    command: str, path: str, loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    tree({"texts/a.json": "{}"})
    result = loopscope(command, path)
    assert result.code == 2
    assert result.err.startswith(f"error: {path}: ")
    assert "no Python file" in result.err


def test_empty_folder_of_a_suite_is_one_too(loopscope: Run, tree: Tree, tmp_path: Path) -> None:
    tree(SUITE)
    (tmp_path / "test").mkdir()
    assert loopscope("check", "test").code == 2
    assert loopscope("check", "test", "tests").code == 2
    assert (loopscope("migrate", "tests").code, loopscope("check", "tests").code) == (0, 0)


@pytest.mark.parametrize(
    "path", ["a.py", "suite", "suite/pytest.ini", "requirements.txt", "package", ".", "suite/sub"]
)
def test_path_with_python_or_a_suite_is_none(path: str, loopscope: Run, tree: Tree) -> None:
    tree({"a.py": "", "suite/pytest.ini": "[pytest]\n", "package/deep/b.py": ""})
    tree({"requirements.txt": "pytest\n", "suite/sub/pytest.ini": "[pytest]\n"})
    assert (loopscope("check", path).code, loopscope("check", path).err) == (0, "")


def test_colour_when_it_is_asked_for_only(
    loopscope: Run, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(SUITE)
    assert "\x1b[" not in loopscope("check").out
    assert "\x1b[" in loopscope("check", "--color").out
    colored = loopscope("migrate", "--diff", "--color").out
    assert "\x1b[31m-" in colored
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in loopscope("check").out
    assert "\x1b[" not in loopscope("check", "--no-color").out


# -- what goes wrong --------------------------------------------------------------------


def test_unknown_path_does_not_stop_the_others(loopscope: Run, tree: Tree) -> None:
    tree({f"suite/{name}": text for name, text in SUITE.items()})
    result = loopscope("migrate", "nowhere", "suite")
    assert result.code == 2
    assert result.err.startswith("error: nowhere: there is no such file or directory")
    assert "2 files changed" in result.out


@pytest.mark.parametrize(
    ("name", "data", "place"),
    [
        ("tests/test_bad.py", b"def test_(:\n", "tests/test_bad.py:1: "),
        ("tests/test_bad.py", b"import os\n# \xff\n", "tests/test_bad.py:2: "),
        ("tests/test_bad.py", b"x = '\0'\n", "tests/test_bad.py:1: "),
        ("pytest.ini", b"[pytest]\nasyncio_mode\n", "pytest.ini:2: "),
        ("pytest.toml", b"[pytest\n", "pytest.toml:1: "),
    ],
)
def test_broken_file_is_named_with_its_line(
    loopscope: Run, tree: Tree, tmp_path: Path, name: str, data: bytes, place: str
) -> None:
    tree({f"bad/{path}": text for path, text in SUITE.items()})
    tree({f"good/{path}": text for path, text in SUITE.items()})
    (tmp_path / "bad" / name).write_bytes(data)
    result = loopscope("migrate")
    assert result.code == 2
    assert result.err.startswith(f"error: bad/{place}")
    assert (tmp_path / "bad" / name).read_bytes() == data
    assert "event_loop" not in (tmp_path / "good/conftest.py").read_text()


def test_error_stands_in_the_json_document_too(loopscope: Run, tree: Tree) -> None:
    tree({**SUITE, "tests/test_bad.py": "def test_(:\n"})
    result = loopscope("check", "--format", "json")
    found = json.loads(result.out)
    assert [error["path"] for error in found["errors"]] == ["tests/test_bad.py"]
    assert found["suites"][0]["status"] == "error"
    assert result.code == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "--target", "0.23"], "0.24, 0.25, 0.26, 1.0, 1.1"),
        (["check", "--select", "X1"], "'X1' is no rule"),
        (["check", "--select", "LS101,LS999"], "'LS999' is no rule"),
        (["migrate", "--ignore", "LS4"], "'LS4' is no rule"),
        (["check", "--select", ",L,"], "'L' is no rule"),
        (["check", "--no-such-option"], "No such option"),
        (["check", "--format", "yaml"], "'yaml' is not one of 'text', 'json'"),
        (["check", "--collect-python", "python3"], "--collect-python is for --collect"),
        (["map", "--collect", "--trace", "legacy.jsonl"], "give one of them"),
        (["no-such-command"], "No such command 'no-such-command'"),
    ],
)
def test_wrong_usage(loopscope: Run, arguments: list[str], message: str) -> None:
    result = loopscope(*arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_version_and_help(loopscope: Run) -> None:
    assert loopscope("--version").out == "loopscope 1.0.0\n"
    assert "migrate" in loopscope("--help").out
    assert "--diff" in loopscope("migrate", "--help").out


def test_help_lists_every_command_without_importing_it() -> None:
    code = "import sys; from loopscope.cli import main as m; m.cli(['--help'], 'x', None, False); "
    names = "print(set(m._COMMANDS) == set(m._SUMMARIES), 'loopscope.cli.options' in sys.modules)"
    done = programs.run([sys.executable, "-c", code + names], capture_output=True, text=True)
    assert done.stdout.endswith("True False\n"), done.stderr


def test_interrupt_while_a_module_is_imported_exits_with_130(tree: Tree, tmp_path: Path) -> None:
    """Dataclasses are made with exec, after which Python ends itself with SIGINT."""
    code = (
        "import loopscope.cli.main as it\n"
        "it.cli = lambda **_: exec('raise KeyboardInterrupt')\n"
        "it.main()\n"
    )
    tree({"interrupted.py": code})
    command = [sys.executable, "-m", "interrupted"]
    done = programs.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 130
    assert done.stderr == "Interrupted; no file was left half written.\n"


def test_interrupt_exits_with_130(tree: Tree, tmp_path: Path) -> None:
    long = "".join(f"async def test_{i}(event_loop):\n    pass\n\n\n" for i in range(40_000))
    tree({"test_long.py": long})
    code = "from loopscope.cli.main import main\nprint(flush=True)\nmain()\n"
    command, pipe = [sys.executable, "-c", code, "check", "."], subprocess.PIPE
    with programs.started(command, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout.readline() == "\n"
        time.sleep(1)  # it is busy for many times as long
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=programs.LONG)
    assert process.returncode == 130, err
    assert err.strip().startswith("Interrupted")


def test_reader_that_has_seen_enough_changes_neither_the_outcome_nor_the_exit_code(
    tree: Tree, tmp_path: Path
) -> None:
    tree({f"{name}/{path}": text for name in ("a", "b") for path, text in SUITE.items()})
    program = f"{sys.executable} -m loopscope"
    script = f"{program} migrate -v | :; exit ${{PIPESTATUS[0]}}"
    done = programs.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "event_loop" not in (tmp_path / "b/conftest.py").read_text()
