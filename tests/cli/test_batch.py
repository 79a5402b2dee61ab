from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Run = Callable[..., Any]
Tree = Callable[[dict[str, str]], None]

LEGACY = {
    "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    "test_a.py": "async def test_a(event_loop): ...\n",
}
BROKEN = {"pytest.ini": "[pytest\n", "test_a.py": "async def test_a(event_loop): ...\n"}
CURRENT = {"pytest.ini": "", "test_a.py": "def test_a(): ...\n"}


def packages(**suites: dict[str, str]) -> dict[str, str]:
    return {
        f"packages/{name}/{path}": text
        for name, files in suites.items()
        for path, text in files.items()
    }


def roots(result: Any) -> list[str]:
    return [suite["root"] for suite in json.loads(result.out)["suites"]]


def test_a_table_at_the_end_and_one_failing_suite_stops_no_other(
    loopscope: Run, tree: Tree
) -> None:
    tree(packages(a=LEGACY, broken=BROKEN, c=LEGACY, idle=CURRENT))
    result = loopscope("migrate")
    assert result.code == 2
    table = [line.split()[:5] for line in result.out.splitlines()[-5:]]
    assert table[0] == ["suite", "files", "edits", "findings", "status"]
    assert [row[0] for row in table[1:4]] == ["packages/a", "packages/broken", "packages/c"]
    assert [row[4] for row in table[1:4]] == ["changed", "error", "changed"]
    assert table[4] == ["and", "1", "suite", "with", "nothing"]
    assert loopscope("check", "packages/a").code == loopscope("check", "packages/c").code == 0


def test_no_table_for_one_suite_and_one_with_q_for_several(loopscope: Run, tree: Tree) -> None:
    tree(packages(a=LEGACY, b=LEGACY))
    assert "findings" not in loopscope("check", "packages/a").out
    answer, empty, *table = loopscope("check", "-q").out.splitlines()
    assert (answer.split(",")[0], empty, table[0].split()[0]) == ("2 suites", "", "suite")
    assert len(table) == 3
    assert "findings" in loopscope("check").out


def test_only_and_skip_take_paths_and_names(loopscope: Run, tree: Tree) -> None:
    tree(packages(a=LEGACY, b=LEGACY, ab=LEGACY))
    check = ("check", "--format", "json")
    assert roots(loopscope(*check, "--only", "a")) == ["packages/a"]
    assert roots(loopscope(*check, "--only", "packages/a*/")) == ["packages/a", "packages/ab"]
    assert roots(loopscope(*check, "--skip", "a*", "--skip", "nothing")) == ["packages/b"]


def test_only_that_matches_nothing_is_an_error(loopscope: Run, tree: Tree) -> None:
    tree(packages(a=LEGACY))
    result = loopscope("check", "--only", "typo*")
    assert result.code == 2
    assert "typo*: no suite matches this --only; there are: packages/a" in result.err
    result = loopscope("check", "--only", "a", "--skip", "packages/*")
    assert result.code == 2
    assert "a: --skip leaves out every suite that --only takes" in result.err
