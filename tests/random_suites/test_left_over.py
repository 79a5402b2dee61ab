"""An override that a person must replace: the rest is done once, and settled."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from random import Random

from ..suites_in_memory import migrate_files
from .generator import generate
from .trial import applied

_NUMBERS = range(650, 800)


def _overrides(files: Mapping[str, str]) -> list[tuple[str, int, int]]:
    """Path, first and last line of each override at module level."""
    return [
        (path, node.decorator_list[0].lineno, node.end_lineno or 0)
        for path, text in files.items()
        if path.endswith(".py")
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name == "event_loop"
    ]


def _under_a_condition(files: Mapping[str, str], number: int) -> dict[str, str]:
    path, first, last = Random(number).choice(_overrides(files))
    lines = files[path].split("\n")
    lines[first - 1 : last] = [
        "if True:",
        *(f"    {line}" if line else "" for line in lines[first - 1 : last]),
    ]
    return {**files, path: "\n".join(lines)}


def _suites() -> Iterator[tuple[int, dict[str, str]]]:
    for number in _NUMBERS:
        files = generate(number).files
        if _overrides(files):
            yield number, _under_a_condition(files, number)


def test_a_second_run_changes_no_loop_and_no_test_loses_its_own() -> None:
    suites = dict(_suites())
    assert len(suites) > len(_NUMBERS) // 2
    for number, files in suites.items():
        first = migrate_files(files)
        assert {finding.code for finding in first.findings} >= {"LS101"}, number
        assert "LS390" not in {finding.code for finding in first.findings}, number
        assert not migrate_files(applied(files, first)).changes, number
