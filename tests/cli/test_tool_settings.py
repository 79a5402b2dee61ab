from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loopscope.cli import work

Run = Callable[..., Any]
Tree = Callable[[dict[str, str]], None]

CONFTEST = """\
    import asyncio

    import pytest


    @pytest.fixture(scope="session")
    def event_loop():
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()
    """
SUITE = {
    "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    "conftest.py": CONFTEST,
    "requirements.txt": "pytest-asyncio==0.21.2\n",
    "tests/test_a.py": "async def test_a(): ...\n",
}


def suite(table: str, where: str = "") -> dict[str, str]:
    files = {**SUITE, "pyproject.toml": f"[tool.loopscope]\n{table}\n"}
    return {f"{where}{name}": text for name, text in files.items()}


def requirement(loopscope: Run, *arguments: str) -> str:
    found = json.loads(loopscope("check", "--format", "json", *arguments).out)
    edits = [e for s in found["suites"] for c in s["changes"] for e in c["edits"]]
    [edit] = [edit for edit in edits if edit["code"] == "LS202"] or [{"message": ""}]
    return edit["message"].partition(" becomes ")[2].partition(":")[0]


# -- what counts ------------------------------------------------------------------------


def test_option_of_the_table_counts_and_the_command_line_wins(loopscope: Run, tree: Tree) -> None:
    tree(suite('target = "1.1"'))
    assert requirement(loopscope).startswith("pytest-asyncio==1.1.")
    assert requirement(loopscope, "--target", "1.2").startswith("pytest-asyncio==1.2.")


@pytest.mark.parametrize("key", ["no-requirements", "no_requirements"])
def test_dashes_and_underscores(loopscope: Run, tree: Tree, key: str) -> None:
    tree(suite(f"{key} = true"))
    assert requirement(loopscope) == ""


def test_switch_of_the_table_is_turned_off_by_its_opposite(loopscope: Run, tree: Tree) -> None:
    tree(suite("no-requirements = true\nquiet = true"))
    assert requirement(loopscope, "--requirements") != ""
    assert loopscope("check").out.count("\n") == 1
    assert loopscope("check", "--no-quiet").out.count("\n") > 1


@pytest.mark.parametrize("value", ['"LS1,LS2"', '["LS1", "LS2"]'])
def test_lists_are_lists_or_one_string(loopscope: Run, tree: Tree, value: str) -> None:
    tree(suite(f"ignore = {value}"))
    assert requirement(loopscope) == ""


def test_way_that_is_typed_takes_the_place_of_that_of_the_table(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree(suite("diff = true"))
    assert loopscope("migrate").out.startswith("--- a/conftest.py")
    loopscope("migrate", "--patch", "out/x.patch")
    assert (tmp_path / "out/x.patch").stat().st_size
    assert "event_loop" in (tmp_path / "conftest.py").read_text()


@pytest.mark.parametrize("name", ["sarif", "github", "gitlab", "markdown"])
def test_format_of_the_table_is_for_the_commands_that_have_it(
    loopscope: Run, tree: Tree, name: str
) -> None:
    tree(suite(f'format = "{name}"'))
    result = loopscope("map")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(". (")
    assert "no --format" in loopscope("verify", "--format", name).err
    assert "--dask" in loopscope("verify", "--dask", "tcp://127.0.0.1:1").err  # it went on
    assert loopscope("check").out[:1] in "{:[#"


def test_diff_that_is_typed_is_for_reading_whatever_the_table_says(
    loopscope: Run, tree: Tree
) -> None:
    tree(suite('format = "json"'))
    for command in ("check", "migrate"):
        assert loopscope(command, "--diff").out.startswith("--- a/")
        assert loopscope(command, "--diff", "--format", "json").out.startswith("{")
    assert "--review talks to a person" not in loopscope("migrate", "--review").err


def test_options_of_migrate_do_not_bother_check(loopscope: Run, tree: Tree) -> None:
    tree(suite("diff = true\nallow-dirty = false"))
    assert loopscope("check").code == 1


# -- where the table stands -------------------------------------------------------------


def test_table_above_a_path_inside_the_suite_counts(loopscope: Run, tree: Tree) -> None:
    tree(suite('format = "json"'))
    for path in ("tests", "tests/test_a.py"):
        assert json.loads(loopscope("check", path).out)["suites"]


def test_pyproject_without_the_table_is_passed_over(loopscope: Run, tree: Tree) -> None:
    tree(suite('target = "1.1"', "sub/"))
    tree({"pyproject.toml": '[tool.loopscope]\ntarget = "1.2"\n'})
    tree({"sub/pyproject.toml": '[project]\nname = "a"\nkeywords = ["loopscope"]\n'})
    assert requirement(loopscope, "sub").startswith("pytest-asyncio==1.2.")


def test_table_above_the_working_copy_is_not_ours(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree({f"copy/{name}": text for name, text in SUITE.items()})
    tree({"pyproject.toml": '[tool.loopscope]\ntarget = "1.1"\n'})
    (tmp_path / "copy/.git").mkdir()
    assert not requirement(loopscope, "copy").startswith("pytest-asyncio==1.1.")


def test_each_suite_of_a_monorepo_has_its_own(loopscope: Run, tree: Tree) -> None:
    tree(suite('target = "1.1"', "a/"))
    tree(suite('target = "1.2"', "b/"))
    tree({f"c/{name}": text for name, text in SUITE.items()})
    out = loopscope("migrate", "--diff").out
    pins = [line for line in out.splitlines() if line.startswith("+pytest-asyncio")]
    assert [pin[: len("+pytest-asyncio==1.1")] for pin in pins[:2]] == [
        "+pytest-asyncio==1.1", "+pytest-asyncio==1.2",
    ]  # fmt: skip
    assert len(pins) == 3


@pytest.mark.parametrize("given", [".", "a", "a/tests"])
def test_exclude_is_written_for_the_directory_of_its_table(
    loopscope: Run, tree: Tree, given: str
) -> None:
    tree(suite('exclude = ["/tests/old"]', "a/"))
    asks = "async def test_b(event_loop): ...\n"
    tree({f"a/tests/{folder}/test_b.py": asks for folder in ("old", "new")})
    out = loopscope("migrate", "--diff", given).out
    assert "tests/new/test_b.py" in out
    assert "tests/old/test_b.py" not in out


# -- what is wrong ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("\ntraget = 1", ":3: [tool.loopscope] has no key 'traget'; the nearest is 'target'"),
        ("safeonly = true", "'safe-only'"),
        ("requirements = false", "the nearest is 'no-requirements'"),
        ("no-color = true", "the nearest is 'color'"),
        ("target = 1.5", ":2: [tool.loopscope] target: must be a string in quotes, not 1.5"),
        ('target = "0.23"', "target: '0.23' is not a pytest-asyncio"),
        ('strict = "yes"', "strict: must be true or false, not 'yes'"),
        ("select = 101", "select: must be a string or a list of strings, not 101"),
        ('select = ["LS1", 2]', "must be a string or a list of strings"),
        ('select = ["X1"]', "'X1' is no rule"),
        ('ignore = ["LS999"]', "'LS999' is no rule"),
        ('style = "other"', "'other' is not one of 'config', 'explicit'"),
        ("safe-only = true\nsafe_only = true", "has 'safe_only' in two spellings"),
        ("collect = true", "has no key 'collect'"),  # it runs code of the repository
        ('collect-python = "bin/python"', "has no key 'collect-python'"),
        ('"\\u001b[2J" = 1', "has no key '\\x1b[2J'"),
        ("style = ", "pyproject.toml:2: "),
        ('dask = "tcp://localhost:1"', ":2: [tool.loopscope] dask: only the command line"),
        ('patch = "x.patch"', "patch: only the command line may say where something is written"),
        ('patch-dir = "x"', "patch-dir: only the command line may"),
        ('html = "docs/index.html"', "html: only the command line may"),
        ("allow-dirty = true", "allow-dirty: only the command line may switch this on"),
        ("time-limit = 0", "time-limit: a repository may set 1 to 600"),
        ("time-limit = 86400", "time-limit: a repository may set 1 to 600"),
        ("jobs = 0", "jobs: 0 is not in the range 1<=x<=256"),
        ('trace = "../x.jsonl"', "trace: '../x.jsonl' leads out of the directory of this file"),
    ],
)  # fmt: skip
def test_mistake_in_the_table_is_named_with_its_place(
    loopscope: Run, tree: Tree, table: str, message: str
) -> None:
    tree(suite(table))
    result = loopscope("migrate")
    assert (result.code, result.out) == (2, "")
    assert message in result.err.replace("\n", " ")
    assert "event_loop" in Path("conftest.py").read_text()


def test_link_does_not_lead_a_path_of_the_table_out(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    tree(suite('trace = "link/x.jsonl"', "copy/"))
    (tmp_path / "copy/link").symlink_to("../outside")
    result = loopscope("migrate", "copy")
    assert result.code == 2
    assert "leads out of the directory" in result.err


def test_table_takes_no_more_processes_than_there_are_processors(
    loopscope: Run, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    usual = work.migrate_all

    def noted(jobs: Any, *, processes: int, **others: Any) -> Any:
        seen.append(processes)
        return usual(jobs, processes=1, **others)

    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    monkeypatch.setattr(work, "migrate_all", noted)
    tree(suite("jobs = 60"))
    for arguments in ([], ["--jobs", "7"], ["--jobs", "2"]):
        loopscope("check", *arguments)
    assert seen == [3, 7, 2]


def test_table_that_is_none(loopscope: Run, tree: Tree) -> None:
    tree({**SUITE, "pyproject.toml": "[tool]\nloopscope = 3\n"})
    result = loopscope("check")
    assert result.code == 2
    assert "tool.loopscope must be a table, not 3" in result.err


def test_mistake_in_one_suite_of_a_monorepo_does_not_stop_the_others(
    loopscope: Run, tree: Tree
) -> None:
    tree(suite("no-such-key = 1", "a/"))
    tree(suite("", "b/"))
    result = loopscope("migrate")
    assert result.code == 2
    assert result.err.startswith("error: a/pyproject.toml:2: [tool.loopscope] has no key")
    assert "event_loop" in Path("a/conftest.py").read_text()
    assert "event_loop" not in Path("b/conftest.py").read_text()


def test_time_limit(loopscope: Run, tree: Tree) -> None:
    for limit in ("-1", "nan", "inf", "1000000"):
        assert loopscope("check", "--time-limit", limit).code == 2
    tree({"pyproject.toml": '[tool.loopscope]\ntime-limit = "x"\n'})
    assert "must be a whole number, not 'x'" in loopscope("check").err
    tree({"pyproject.toml": "[tool.loopscope]\ntime-limit = 600\n", "test_a.py": ""})
    assert loopscope("check").code == 0


# -- which table counts -----------------------------------------------------------------


def test_a_file_by_name_counts_for_all_suites(loopscope: Run, tree: Tree) -> None:
    tree(suite('target = "1.1"', "a/"))
    tree({"other.toml": '[tool.loopscope]\ntarget = "1.2"\n'})
    assert requirement(loopscope, "--config", "other.toml").startswith("pytest-asyncio==1.2.")
    assert requirement(loopscope, "a").startswith("pytest-asyncio==1.1.")


def test_no_table_counts_where_none_shall(loopscope: Run, tree: Tree) -> None:
    tree(suite('target = "1.1"\nunknown = 1'))
    assert loopscope("check").code == 2
    assert requirement(loopscope, "--isolated").startswith("pytest-asyncio==1.5.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--config", "none.toml"), "none.toml: cannot be read: No such file"),
        (("--config", "pytest.ini"), "pytest.ini: has no table [tool.loopscope]"),
        (("--config", "pyproject.toml"), "pyproject.toml:2: [tool.loopscope] has no key 'targt'"),
        (("--config", "pyproject.toml", "--isolated"), "exclude each other"),
    ],
)
def test_a_file_without_a_table_is_an_error(
    loopscope: Run, tree: Tree, arguments: tuple[str, ...], said: str
) -> None:
    tree(suite("targt = 1"))
    done = loopscope("check", *arguments)
    assert done.code == 2
    assert said in done.err


@pytest.mark.parametrize("command", ["check", "migrate", "map"])
def test_settings_are_shown_with_their_source_and_nothing_is_done(
    loopscope: Run, tree: Tree, tmp_path: Path, command: str
) -> None:
    tree(suite('target = "1.1"\nignore = ["LS303", "LS2"]'))
    before = (tmp_path / "conftest.py").read_text()
    done = loopscope(command, "--show-settings", "--style", "explicit")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "[tool.loopscope]"
    assert 'target = "1.1"  # pyproject.toml' in lines
    assert 'ignore = ["LS303", "LS2"]  # pyproject.toml' in lines
    assert 'style = "explicit"  # command line' in lines
    assert "time-limit = 60  # default" in lines
    assert "# trace is not set" in lines
    assert (tmp_path / "conftest.py").read_text() == before


def test_what_is_shown_is_a_table_that_can_be_used(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree(suite('target = "1.1"\nstrict = true'))
    shown = loopscope("check", "--show-settings").out
    (tmp_path / "kept.toml").write_text(shown)
    again = loopscope("check", "--show-settings", "--config", "kept.toml")
    assert again.code == 0
    assert 'target = "1.1"  # kept.toml' in again.out
    assert "strict = true  # kept.toml" in again.out
