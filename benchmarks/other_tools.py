"""The commands of other tools that do a comparable piece of the work."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.runs import Command

# Looks for calls of get_event_loop, the rule that the other two apply.
_AST_GREP_RULE = """\
id: get-event-loop
language: python
severity: warning
rule:
  pattern: asyncio.get_event_loop()
"""
_BOWLER_QUERY = """\
import sys
from bowler import Query

query = Query(sys.argv[1:]).select_method("get_event_loop").rename("get_running_loop")
query.execute(write=False, silent=True, interactive=False)
"""


def ruff(tree: Path) -> Command:
    """Ruff's rules on asyncio, without its cache."""
    return Command([_program("ruff"), "check", "--no-cache", "--select", "ASYNC", "."], tree)


def ast_grep(tree: Path, scratch: Path) -> Command:
    """ast-grep with one rule of one pattern."""
    rule = scratch / "rule.yml"
    rule.write_text(_AST_GREP_RULE)
    return Command([_program("ast-grep"), "scan", "--rule", str(rule), "."], tree)


def libcst_tool(tree: Path, files: Sequence[str], scratch: Path) -> Command:
    """LibCST's own command that renames a function. It writes, so it works on a copy."""
    copy = scratch / "libcst"
    return Command(
        [
            sys.executable, "-m", "libcst.tool", "codemod", "--no-format", "--hide-progress",
            "rename.RenameCommand",
            "--old_name", "asyncio.get_event_loop", "--new_name", "asyncio.get_running_loop", ".",
        ],
        copy,
        lambda: _copy(tree, files, copy),
    )  # fmt: skip


def bowler(tree: Path, files: Sequence[str]) -> Command:
    """Make a Bowler query that renames the method of that name."""
    return Command([sys.executable, "-c", _BOWLER_QUERY, *files], tree)


def _program(name: str) -> str:
    """Find the program beside this Python, where pip puts it, activated or not; else on PATH."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or name


def _copy(tree: Path, files: Sequence[str], copy: Path) -> None:
    shutil.rmtree(copy, ignore_errors=True)
    for name in files:
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tree / name, target)
