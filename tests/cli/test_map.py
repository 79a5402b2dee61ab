"""``loopscope map``: the tree of loops and its JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import programs

SHOP = Path(__file__).parents[2] / "examples" / "shop"
OVERRIDE = """\
import asyncio
import pytest

@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
MODERN = """\
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
"""
ASYNC = "async def test_one(): ...\nasync def test_two(): ...\n"
Run = Callable[..., Any]
Tree = Callable[[dict[str, str]], None]


@pytest.fixture
def legacy(tree: Tree) -> None:
    tree(
        {
            "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
            "conftest.py": OVERRIDE,
            "test_a.py": ASYNC,
            "test_b.py": "class TestB:\n    async def test_three(self): ...\n",
        }
    )


@pytest.mark.usefixtures("legacy")
def test_legacy_suite_is_shown_before_and_after(loopscope: Run) -> None:
    result = loopscope("map")
    assert result.code == 0
    assert result.err == ""
    assert result.out == (
        ". (pytest.ini)\n"
        "  before: 1 loop, by the rules of pytest-asyncio up to 0.21\n"
        "    session loop, override of event_loop, scope session (conftest.py:5)\n"
        "      test_a.py: 2 tests\n"
        "      test_b.py::TestB: 1 test\n"
        "  after: 1 loop, by the rules of pytest-asyncio 1.x\n"
        "    session loop, asyncio_default_test_loop_scope = session (pytest.ini)\n"
        "      test_a.py: 2 tests\n"
        "      test_b.py::TestB: 1 test\n"
    )


@pytest.mark.usefixtures("legacy")
def test_nothing_is_written(loopscope: Run, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    loopscope("map", "-v")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_modern_suite_is_shown_once_and_says_so(loopscope: Run, tree: Tree) -> None:
    mark = "import pytest\npytestmark = pytest.mark.asyncio(loop_scope='module')\n"
    tree({"pytest.ini": MODERN, "test_a.py": mark + ASYNC, "test_b.py": ASYNC})
    assert loopscope("map").out == (
        ". (pytest.ini)\n"
        "  now and later: the suite has loop scopes already and keeps its loops: 3 loops, by the"
        " rules of pytest-asyncio 1.x\n"
        "    module loop of test_a.py: 2 tests, mark asyncio(loop_scope=module) (test_a.py:2)\n"
        "    2 function loops, one for each test: pytest-asyncio's default\n"
        "      test_b.py: 2 tests\n"
    )


def test_large_suite_is_cut_short_and_whole_with_v(loopscope: Run, tree: Tree) -> None:
    tree({"pytest.ini": MODERN, **{f"test_{n:03}.py": ASYNC for n in range(200)}})
    short = loopscope("map").out.splitlines()
    assert len(short) < 20
    assert short[-1].strip() == "and 188 more modules and classes (-v lists all)"
    whole = loopscope("map", "-v").out
    assert whole.count("::test_one, line 1") == 200


@pytest.mark.usefixtures("legacy")
def test_verbose_names_places_and_only_the_reasons_that_differ(loopscope: Run) -> None:
    lines = [line.strip() for line in loopscope("map", "-v").out.splitlines()]
    assert lines.count("test_b.py::TestB::test_three, line 2") == 2


@pytest.mark.usefixtures("legacy")
def test_json_holds_every_member_with_its_reason(loopscope: Run) -> None:
    found = json.loads(loopscope("map", "--format", "json").out)
    assert list(found) == ["loopscope", "target", "suites", "errors"]
    [suite] = found["suites"]
    assert (suite["root"], suite["config"]) == (".", "pytest.ini")
    assert suite["before"]["rules"] == "legacy"
    [loop] = suite["before"]["loops"]
    assert {key: loop[key] for key in ("scope", "region", "fixtures")} == {
        "scope": "session", "region": "", "fixtures": [],
    }  # fmt: skip
    assert loop["tests"][0] == {
        "id": "test_a.py::test_one", "path": "test_a.py", "line": 1, "is_async": True,
        "reason": {
            "kind": "override", "text": "override of event_loop, scope session",
            "path": "conftest.py", "line": 5,
        },
    }  # fmt: skip
    assert suite["after"]["rules"] == "modern"
    assert suite["after"]["loops"][0]["tests"][0]["reason"]["kind"] == "option"


def test_modern_suite_has_no_after_in_json(loopscope: Run, tree: Tree) -> None:
    tree({"pytest.ini": MODERN, "test_a.py": ASYNC})
    [suite] = json.loads(loopscope("map", "--format", "json").out)["suites"]
    assert suite["after"] is None


@pytest.mark.usefixtures("legacy")
def test_broken_file_is_an_error_and_the_rest_is_shown(loopscope: Run, tmp_path: Path) -> None:
    (tmp_path / "test_c.py").write_text("def event_loop(:\n")
    result = loopscope("map")
    assert result.code == 2
    assert "test_c.py:1" in result.err
    assert "test_a.py: 2 tests" in result.out


def test_torn_tests_are_named(loopscope: Run, tree: Tree) -> None:
    fixture = "@pytest_asyncio.fixture(loop_scope='session')\nasync def f(): ...\n"
    test = "async def test_torn(f): ...\n"
    tree({"pytest.ini": MODERN, "test_a.py": f"import pytest_asyncio\n{fixture}{test}"})
    out = loopscope("map").out
    assert "1 test on more than one loop, see loopscope check: test_a.py::test_torn" in out


def test_suite_without_async_tests_says_so(loopscope: Run, tree: Tree) -> None:
    tree({"pytest.ini": "[pytest]\n", "test_a.py": "def test_a(): ...\n"})
    result = loopscope("map")
    assert (result.code, result.out) == (
        0, "No test here runs on an event loop of pytest-asyncio.\n"
    )  # fmt: skip


def test_path_that_does_not_exist(loopscope: Run) -> None:
    result = loopscope("map", "nowhere")
    assert result.code == 2
    assert "nowhere: there is no such file or directory" in result.err


@pytest.mark.usefixtures("legacy")
def test_colour_draws_branches(loopscope: Run) -> None:
    out = loopscope("map", "--color").out
    assert "└── " in out
    assert "\x1b[" in out


def test_the_table_of_settings_may_name_another_format(loopscope: Run, tree: Tree) -> None:
    tree({"pyproject.toml": '[tool.pytest.ini_options]\n[tool.loopscope]\nformat = "json"\n'})
    assert loopscope("map").out.startswith("{")


def test_branches_in_a_terminal_without_utf_8() -> None:
    done = programs.run(
        [sys.executable, "-m", "loopscope", "map", "--color", str(SHOP)],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "\\u25" not in done.stdout
    assert "+-- " in done.stdout


# -- parts of it ------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["test_b.py", "./test_b.py", str])
@pytest.mark.usefixtures("legacy")
def test_path_narrows_it_to_the_loops_of_the_tests_there(
    loopscope: Run, tmp_path: Path, path: Any
) -> None:
    given = path if isinstance(path, str) else str(tmp_path / "test_b.py")
    document = json.loads(loopscope("map", given, "--format", "json").out)
    [suite] = document["suites"]
    for picture in (suite["before"], suite["after"]):
        tests = [test["id"] for loop in picture["loops"] for test in loop["tests"]]
        assert tests == ["test_b.py::TestB::test_three"]
    assert suite["after"]["loops"][0]["scope"] == "session"  # as all of the suite is migrated


def test_folder_narrows_it_and_its_namesake_is_another(loopscope: Run, tree: Tree) -> None:
    tree({"pytest.ini": MODERN, "a/test_1.py": ASYNC, "ab/test_2.py": ASYNC})
    shown = loopscope("map", "a").out
    assert "a/test_1.py: 2 tests" in shown
    assert "ab/" not in shown
    assert len(loopscope("map", "a", "-v").out) < len(loopscope("map", "-v").out)


def test_part_whose_migration_is_refused_is_shown(loopscope: Run, tree: Tree) -> None:
    tree({"pytest.ini": "[pytest]\nasyncio_mode = auto\n", "a/conftest.py": OVERRIDE})
    tree({"a/test_a.py": ASYNC, "b/test_b.py": "def test_b(event_loop): ...\n"})
    assert loopscope("map", "b").code == 0


@pytest.mark.usefixtures("legacy")
def test_where_no_loop_changes_it_says_so(loopscope: Run) -> None:
    said = "No loop changes: each is for the same tests before and after.\n"
    assert loopscope("map", "--changes").out == said


def test_changes_are_the_loops_that_differ(loopscope: Run, tree: Tree) -> None:
    wide = "import pytest\n\n@pytest.fixture(scope='module')\nasync def wide(): return 1\n"
    tree({"pytest.ini": "[pytest]\nasyncio_mode = auto\n", "test_b.py": ASYNC})
    tree({"conftest.py": OVERRIDE.replace("session", "module")})
    tree({"test_a.py": wide + "async def test_one(wide): ...\ndef test_two(event_loop): ...\n"})
    tree({"pkg/conftest.py": wide.replace("module", "session"), "pkg/test_c.py": ASYNC})
    tree({"pkg/test_d.py": "async def test_d(wide): ...\n"})
    whole = json.loads(loopscope("map", "--format", "json").out)["suites"][0]
    part = json.loads(loopscope("map", "--changes", "--format", "json").out)["suites"][0]

    def loops(picture: Any) -> set[tuple[str, tuple[str, ...]]]:
        return {(one["scope"], tuple(t["id"] for t in one["tests"])) for one in picture["loops"]}

    before, after = loops(whole["before"]), loops(whole["after"])
    assert before != after
    assert before & after
    assert (loops(part["before"]), loops(part["after"])) == (before - after, after - before)


def test_reason_of_many_loops_is_one_line_with_the_number_of_its_places(
    loopscope: Run, tree: Tree
) -> None:
    mark = "    @pytest.mark.asyncio(loop_scope='function')\n    async def test_{}(self): ...\n"
    tests = "".join(mark.format(name) for name in "abc")
    tree({"pytest.ini": MODERN, "test_a.py": f"import pytest\nclass TestA:\n{tests}"})
    assert (
        "3 function loops, one for each test: mark asyncio(loop_scope=function) (test_a.py:3) and"
        " 2 other places\n"
    ) in loopscope("map").out
