"""What is said of overrides that several suites share, and where."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]
Tree = Callable[[dict[str, str]], None]

OVERRIDE = """\
import asyncio, pytest

@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
AUTO = "[pytest]\nasyncio_mode = auto\n"
TEST = "async def test_a(): ...\n"
MARKED = "import pytest\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n"
MODULE = """\
import asyncio, pytest, pytest_asyncio

@pytest.fixture(scope="module")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()

@pytest_asyncio.fixture(scope="module")
async def own(): ...

@pytest.mark.asyncio
async def test_a(own): ...
"""


def findings(run: Run, *arguments: str) -> list[str]:
    result = run("check", "--format", "json", *arguments)
    return [
        f"{suite['root']} {f['path']}:{f['line']} {f['code']} {f['level']}"
        for suite in json.loads(result.out)["suites"]
        for f in suite["findings"]
    ]


def changed(run: Run, *arguments: str) -> list[str]:
    result = run("check", "--format", "json", *arguments)
    suites = json.loads(result.out)["suites"]
    return sorted(f"{s['root']}/{c['path']}" for s in suites for c in s["changes"])


def test_run_from_above_that_would_differ_is_an_action_at_the_test(
    loopscope: Run, tree: Tree
) -> None:
    tree({"pytest.ini": "", "conftest.py": OVERRIDE, "test_root.py": MARKED,
          "a/pytest.ini": "", "a/test_a.py": MODULE})  # fmt: skip
    assert findings(loopscope) == [". conftest.py:4 LS101 note"]  # it would be on the session loop
    tree({"conftest.py": OVERRIDE.replace("session", "function")})
    assert findings(loopscope) == [". a/test_a.py:13 LS390 action", ". conftest.py:4 LS101 note"]
    assert findings(loopscope, "--style", "explicit") == [". conftest.py:4 LS101 note"]


def test_defaults_that_a_run_from_above_does_not_read_are_an_action(
    loopscope: Run, tree: Tree
) -> None:
    tree({"pytest.ini": "", "a/pytest.ini": "", "a/test_a.py": MODULE})
    assert findings(loopscope) == ["a pytest.ini:1 LS201 action"]
    assert findings(loopscope, "--style", "explicit") == []
    tree({"pytest.ini": "[pytest]\nasyncio_default_test_loop_scope = module\n"})
    assert findings(loopscope) == []


@pytest.mark.parametrize(
    "options", ["testpaths = tests", "norecursedirs = a", "addopts = --ignore=./a/"]
)
def test_suite_that_a_run_from_above_does_not_collect_does_not_count(
    loopscope: Run, tree: Tree, options: str
) -> None:
    tree({"pytest.ini": f"[pytest]\n{options}\n", "conftest.py": OVERRIDE,
          "tests/test_root.py": MARKED, "a/pytest.ini": "", "a/test_a.py": MODULE})  # fmt: skip
    assert findings(loopscope) == []


def test_override_that_meets_no_async_test_in_any_run_stays_with_an_action(
    loopscope: Run, tree: Tree
) -> None:
    tree({"conftest.py": OVERRIDE, "a/pytest.ini": AUTO, "a/test_a.py": TEST})
    assert findings(loopscope) == [". conftest.py:4 LS101 action"]
    assert changed(loopscope) == ["a/pytest.ini"]


def test_override_of_a_library_that_nobody_here_uses_stays_with_a_note(
    loopscope: Run, tree: Tree
) -> None:
    tree({"kit/loops.py": OVERRIDE, "tests/test_a.py": "def test_a(): ...\n"})
    assert findings(loopscope) == [". kit/loops.py:4 LS101 note"]
    assert changed(loopscope) == []


def test_override_that_async_tests_may_get_unseen_is_an_action(loopscope: Run, tree: Tree) -> None:
    tree({"pytest.ini": AUTO, "kit/loops.py": OVERRIDE, "tests/test_a.py": TEST})
    assert findings(loopscope) == [". kit/loops.py:4 LS101 action"]


def test_import_of_an_override_that_is_nowhere_is_an_action_at_its_line(
    loopscope: Run, tree: Tree
) -> None:
    tree({"pytest.ini": AUTO, "conftest.py": "import os\nfrom kit.loops import event_loop\n",
          "test_a.py": TEST})  # fmt: skip
    assert findings(loopscope) == [". conftest.py:2 LS101 action"]


def test_import_of_an_override_that_is_gone_is_an_action_at_its_line(
    loopscope: Run, tree: Tree
) -> None:
    tree({".git/HEAD": "", "kit/loops.py": "import pytest\n", "a/pytest.ini": AUTO,
          "a/test_a.py": TEST, "a/conftest.py": "from kit.loops import event_loop\n"})  # fmt: skip
    assert findings(loopscope, "a") == ["a conftest.py:1 LS101 action"]


def test_override_that_a_suite_beside_imports_stays_with_a_note(
    loopscope: Run, tree: Tree
) -> None:
    tree({"kit/pytest.ini": AUTO, "kit/kit/loops.py": OVERRIDE, "kit/test_kit.py": TEST,
          "kit/conftest.py": "from kit.loops import event_loop\n",
          "a/pytest.ini": AUTO, "a/test_a.py": TEST,
          "a/conftest.py": "from kit.loops import event_loop\n"})  # fmt: skip
    assert findings(loopscope) == ["kit kit/loops.py:4 LS101 note"]
    assert "kit/kit/loops.py" not in changed(loopscope)
    assert {"a/conftest.py", "kit/conftest.py"} <= set(changed(loopscope))


def test_work_of_an_override_outside_is_an_action_where_it_is_imported(
    loopscope: Run, tree: Tree
) -> None:
    work = OVERRIDE.replace("    yield loop", "    loop.run_until_complete(up())\n    yield loop")
    tree({".git/HEAD": "", "kit/loops.py": work, "a/pytest.ini": AUTO, "a/test_a.py": TEST,
          "a/conftest.py": "from kit.loops import event_loop\n"})  # fmt: skip
    assert findings(loopscope, "a") == ["a conftest.py:1 LS101 action"]
    assert "a/conftest.py" not in changed(loopscope, "a")


def test_files_of_other_suites_are_read_but_never_changed(loopscope: Run, tree: Tree) -> None:
    tree({".git/HEAD": "", "pytest.ini": AUTO, "conftest.py": OVERRIDE, "test_root.py": TEST,
          "kit/loops.py": OVERRIDE, "a/pytest.ini": AUTO,
          "a/test_a.py": "async def test_a(event_loop): ...\n",
          "a/conftest.py": "from kit.loops import event_loop\n"})  # fmt: skip
    assert changed(loopscope, "a") == ["a/conftest.py", "a/pytest.ini", "a/test_a.py"]
    assert changed(loopscope, "conftest.py") == ["./conftest.py", "./pytest.ini"]
