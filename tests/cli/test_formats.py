"""``--format sarif`` and ``--format github``, from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loopscope.rules.registry import REGISTRY
from tests.reports.sarif_schema import validate

OVERRIDE = """\
import asyncio, pytest

@pytest.fixture
def event_loop():
    yield asyncio.new_event_loop()

@pytest.mark.asyncio
async def test_a():
    pass
"""


def test_a_run_is_valid_by_the_schema_of_the_standard(
    loopscope: Callable[..., Any], tree: Callable[[dict[str, str]], None]
) -> None:
    tree({
        "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
        "conftest.py": """\
            import asyncio, pytest

            @pytest.fixture(scope="session")
            def event_loop():
                loop = asyncio.new_event_loop()
                yield loop
                loop.close()
            """,
        "test_a.py": """\
            import asyncio

            async def test_a():
                asyncio.get_event_loop().close()
            """,
        "test_broken.py": "import asyncio\ndef event_loop(:\n",
    })  # fmt: skip
    done = loopscope("check", "--format", "sarif")
    assert done.code == 2
    [run] = validate(done.out)["runs"]
    assert {result["ruleId"] for result in run["results"]} >= {"LS101", "LS107", "LS305"}
    for result in run["results"]:
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
    [invocation] = run["invocations"]
    assert invocation["executionSuccessful"] is False
    [error] = invocation["toolExecutionNotifications"]
    assert error["locations"][0]["physicalLocation"]["region"] == {"startLine": 2}


def test_a_run_without_suites_is_a_valid_log(loopscope: Callable[..., Any]) -> None:
    done = loopscope("check", "--format", "sarif")
    [run] = validate(done.out)["runs"]
    assert run["results"] == []
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [
        rule.code for rule in REGISTRY
    ]


@pytest.mark.parametrize(
    ("workspace", "expected"),
    [("", "test_a.py"), ("..", "sub/test_a.py"), (".", "test_a.py"), ("../su", "test_a.py")],
)
def test_paths_start_at_the_checkout_where_a_step_runs_below_it(
    workspace: str,
    expected: str,
    loopscope: Callable[..., Any],
    tree: Callable[[dict[str, str]], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tree({"sub/test_a.py": OVERRIDE})
    monkeypatch.chdir(tmp_path / "sub")
    value = str((tmp_path / "sub" / workspace).resolve()) if workspace else ""
    monkeypatch.setenv("GITHUB_WORKSPACE", value)
    done = loopscope("check", "--format", "github")
    assert done.code == 1
    *_, edit, last = done.out.splitlines()
    assert edit.startswith(f"::warning file={expected},line=4,title=LS101 ")
    assert last == "1 suite, 2 files would change (2 edits)."


def test_an_error_is_an_annotation_too(loopscope: Callable[..., Any]) -> None:
    done = loopscope("check", "--format", "github", "nowhere")
    assert done.code == 2
    assert done.out.startswith("::error file=nowhere,title=loopscope::there is no such file")
