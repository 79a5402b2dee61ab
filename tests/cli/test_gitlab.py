"""``--format gitlab``: a Code Quality report."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Tree = Callable[[dict[str, str]], None]

SEVERITIES = {"info", "minor", "major", "critical", "blocker"}
SUITE = {
    "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    "src/app.py": "import asyncio\n\n\nasync def now():\n    return asyncio.get_event_loop()\n",
    "tests/test_a.py": (
        "import asyncio\n\n\nasync def test_a():\n    asyncio.get_event_loop().close()\n\n\n"
        "def helper():\n    asyncio.get_event_loop()\n    asyncio.get_event_loop()\n"
    ),
}


def issues(text: str) -> list[dict[str, Any]]:
    """Check a report by what GitLab's schema asks for, and return it."""
    report = json.loads(text)
    assert isinstance(report, list)
    for issue in report:
        assert issue.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        texts = (issue["description"], issue["check_name"], issue["location"]["path"])
        assert all(isinstance(text, str) and text for text in texts)
        assert re.fullmatch(r"[0-9a-f]{64}", issue["fingerprint"])
        assert issue["severity"] in SEVERITIES
        assert issue["location"].keys() == {"path", "lines"}
        assert not issue["location"]["path"].startswith(("/", "./"))
        assert issue["location"]["lines"].keys() == {"begin"}
        assert type(issue["location"]["lines"]["begin"]) is int
        assert issue["location"]["lines"]["begin"] >= 1
    prints = [issue["fingerprint"] for issue in report]
    assert len(set(prints)) == len(prints)
    return report


@pytest.fixture(name="check")
def check_(loopscope: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, Any]]]:
    monkeypatch.delenv("CI_PROJECT_DIR", raising=False)

    def run(*arguments: str, code: int = 1) -> list[dict[str, Any]]:
        result = loopscope("check", "--format", "gitlab", *arguments)
        assert result.code == code
        return issues(result.out)

    return run


def test_every_edit_and_finding_is_an_issue(check: Callable[..., Any], tree: Tree) -> None:
    tree(SUITE)
    found = [
        (
            issue["check_name"],
            issue["severity"],
            f"{issue['location']['path']}:{issue['location']['lines']['begin']}",
        )
        for issue in check()
    ]
    assert sorted(found) == [
        ("LS107", "minor", "src/app.py:5"),
        ("LS107", "minor", "tests/test_a.py:5"),
        ("LS201", "minor", "pytest.ini:1"),
        ("LS303", "info", "tests/test_a.py:10"),
        ("LS303", "info", "tests/test_a.py:9"),
        ("LS305", "major", "tests/test_a.py:5"),
    ]
    texts = {issue["location"]["path"]: issue["description"] for issue in check()}
    assert texts["pytest.ini"] == (
        "asyncio_default_fixture_loop_scope = function: the loop scope of most tests of the suite"
    )
    assert texts["src/app.py"].startswith("product code: now: get_event_loop()")


def test_fingerprints_stay_where_lines_move(check: Callable[..., Any], tree: Tree) -> None:
    tree(SUITE)
    before = {issue["fingerprint"] for issue in check()}
    tree({path: f"# one\n# two\n{text}" for path, text in SUITE.items()})
    assert {issue["fingerprint"] for issue in check()} == before


def test_paths_start_at_the_checkout(
    check: Callable[..., Any], tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree({f"sub/{name}": text for name, text in SUITE.items()})
    above = {issue["fingerprint"] for issue in check("sub")}
    monkeypatch.chdir(tmp_path / "sub")
    monkeypatch.setenv("CI_PROJECT_DIR", str(tmp_path))
    found = check()
    assert {issue["location"]["path"].partition("/")[0] for issue in found} == {"sub"}
    assert {issue["fingerprint"] for issue in found} == above


def test_error_is_an_issue_and_is_said_on_standard_error(loopscope: Run, tree: Tree) -> None:
    tree({"test_a.py": "import asyncio\ndef event_loop(:\n"})
    result = loopscope("check", "--format", "gitlab")
    [issue] = issues(result.out)
    assert (issue["severity"], issue["check_name"]) == ("blocker", "loopscope")
    assert issue["location"] == {"path": "test_a.py", "lines": {"begin": 2}}
    assert result.err.startswith("error: test_a.py:2: ")


def test_nothing_to_say_is_an_empty_report(check: Callable[..., Any], tree: Tree) -> None:
    tree({"pytest.ini": "", "test_a.py": ""})
    assert check(code=0) == []


def test_what_is_written_is_no_issue_any_more(loopscope: Run, tree: Tree) -> None:
    tree(SUITE)
    found = issues(loopscope("migrate", "--format", "gitlab").out)
    assert {issue["check_name"] for issue in found} == {"LS303", "LS305"}
