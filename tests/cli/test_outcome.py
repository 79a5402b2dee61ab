"""``--statistics`` and ``--exit-zero``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]
Tree = Callable[[dict[str, str]], None]

SUITE = {
    "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    "test_a.py": (
        "import asyncio\n\n\nasync def test_a():\n    asyncio.get_event_loop().close()\n\n\n"
        "def test_b():\n    asyncio.get_event_loop()\n"
    ),
}
COUNTS = {
    "LS107": {"edits": 2, "actions": 0, "notes": 0},
    "LS109": {"edits": 2, "actions": 0, "notes": 0},
    "LS201": {"edits": 2, "actions": 0, "notes": 0},
    "LS303": {"edits": 0, "actions": 0, "notes": 2},
    "LS305": {"edits": 0, "actions": 2, "notes": 0},
}


def two(tree: Tree) -> None:
    tree({f"{name}/{path}": text for name in ("one", "two") for path, text in SUITE.items()})


def test_statistics_count_by_rule_over_all_suites(loopscope: Run, tree: Tree) -> None:
    two(tree)
    for arguments in (("check",), ("check", "-j", "2"), ("migrate", "--diff")):
        document = json.loads(loopscope(*arguments, "--statistics", "--format", "json").out)
        assert document["statistics"] == COUNTS
        found = [
            one
            for suite in document["suites"]
            for one in suite["findings"]
            if one["code"] == "LS303"
        ]
        assert len(found) == COUNTS["LS303"]["notes"]
    assert "statistics" not in json.loads(loopscope("check", "--format", "json").out)


def test_statistics_are_a_table_at_the_end_also_where_all_else_is_quiet(
    loopscope: Run, tree: Tree
) -> None:
    two(tree)
    expected = [
        "rule                             edits  actions  notes",
        "LS107 running-loop                   2        0      0",
        "LS109 ambient-loop                   2        0      0",
        "LS201 pytest-configuration           2        0      0",
        "LS303 current-loop-in-sync-code      0        0      2",
        "LS305 closed-loop                    0        2      0",
        "all                                  6        2      2",
    ]
    for arguments in (("check", "-q"), ("check",), ("check", "-v")):
        lines = loopscope(*arguments, "--statistics").out.splitlines()
        at = lines.index(expected[0])
        assert lines[at : at + 7] == expected
        again = ["", lines[0]] if arguments[-1] == "check" or "-v" in arguments else []
        assert lines[at + 7 :] == again  # where it is out of sight
    lines = loopscope("migrate", "--diff", "--statistics").err.splitlines()
    assert lines[lines.index(expected[0]) :][:7] == expected


def test_statistics_of_nothing(loopscope: Run, tree: Tree) -> None:
    tree({"pytest.ini": "", "test_a.py": "def test_a(): ...\n"})
    assert loopscope("check", "--statistics").out == (
        "1 suite, nothing to change.\n\nrule  edits  actions  notes\nall       0        0      0\n"
    )


def test_findings_do_not_change_the_exit_code_where_it_is_to_be_zero(
    loopscope: Run, tree: Tree
) -> None:
    two(tree)
    assert loopscope("check").code == 1
    assert loopscope("check", "--exit-zero", "--strict").code == 0
    assert loopscope("migrate", "--diff", "--exit-zero").code == 0
    assert loopscope("migrate", "--exit-zero").code == 0  # the action stays
    assert loopscope("check").code == 1


def test_errors_do(loopscope: Run, tree: Tree, tmp_path: Path) -> None:
    two(tree)
    assert loopscope("check", "--exit-zero", "nowhere").code == 2
    assert loopscope("check", "--exit-zero", "--no-such-option").code == 2
    (tmp_path / "two/test_a.py").write_text("import asyncio\nasync def test_a(:\n")
    assert loopscope("check", "--exit-zero").code == 2


def test_both_stand_in_the_table(loopscope: Run, tree: Tree) -> None:
    tree({**SUITE, "pyproject.toml": "[tool.loopscope]\nexit-zero = true\nstatistics = true\n"})
    result = loopscope("check")
    assert result.code == 0
    assert "\nall  " in result.out
    assert loopscope("check", "--no-exit-zero", "--no-statistics").code == 1
