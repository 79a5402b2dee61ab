"""Ignored definitions, annotations and files that cannot be read: for every rule alike."""

from __future__ import annotations

import pytest

from tests.rules.changed import ASYNC_TEST, SESSION
from tests.suites_in_memory import AUTO, after, messages, migrate_files


def test_ignore_comment_leaves_a_definition_alone() -> None:
    conftest = SESSION.replace(
        "def event_loop():", "def event_loop():  # loopscope: ignore[LS101]"
    )
    files = {"pytest.ini": AUTO, "conftest.py": conftest, "test_x.py": ASYNC_TEST}
    migration = migrate_files(files)
    assert "conftest.py" not in {change.path for change in migration.changes}


IN_BODY = """\
import asyncio
import functools


@functools.cache
def clock():
    return asyncio.get_event_loop().time


def other():
    pass
"""


@pytest.mark.parametrize("line", [4, 5, 6, 9])
def test_ignore_comment_above_the_body_counts_for_all_of_it(line: int) -> None:
    lines = IN_BODY.splitlines()
    lines[line] += "  # loopscope: ignore[LS303]"
    config = AUTO + "asyncio_default_fixture_loop_scope = function\n"
    files = {"pytest.ini": config, "test_x.py": ASYNC_TEST, "clock.py": "\n".join(lines)}
    expected = ["clock.py:7 LS303 note"] if lines[line].startswith("def other") else []
    assert messages(migrate_files(files)) == expected


def test_annotation_is_left_once_and_reported_until_it_goes() -> None:
    files = {
        "pytest.ini": AUTO,
        "conftest.py": SESSION.replace("asyncio.new_event_loop()", "app.loop"),
        "test_x.py": ASYNC_TEST,
    }
    once = after(files, annotate=True)
    assert once["conftest.py"].count("# loopscope: LS101") == 1
    assert after(once, annotate=True) == once
    solved = {**once, "conftest.py": "# loopscope: LS101 do it\nx = 1\n"}
    assert "conftest.py:1 LS101 action" in messages(migrate_files(solved))


def test_comment_about_nothing_gets_no_comment_of_its_own() -> None:
    files = {"pytest.ini": AUTO, "test_a.py": "# loopscope: LS104 old\nasync def test_a(): ...\n"}
    assert after(files, annotate=True)["test_a.py"] == files["test_a.py"]
    assert "test_a.py:1 LS104 action" in messages(migrate_files(files))


def test_syntax_error_has_a_place_and_the_rest_is_done() -> None:
    files = {
        "pytest.ini": AUTO,
        "conftest.py": SESSION,
        "test_bad.py": "def test(:\n",
        "test_x.py": "async def test_one(event_loop):\n    pass\n",
    }
    migration = migrate_files(files)
    assert [(error.path, error.line) for error in migration.errors] == [("test_bad.py", 1)]
    assert "test_x.py" in {change.path for change in migration.changes}
