"""Differences that an open action of the migration explains: better than a guess."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from loopscope.frozen import frozen
from loopscope.types import Finding, Level
from loopscope.verify.difference import Difference
from loopscope.verify.run_record import SuiteRun

_CODE = re.compile(r"LS\d{3}")
_SHOWN = 3
_OVERRIDE = "LS101"  # decides about the loops of all tests that see it


@frozen
class OpenAction:
    """An action and the function at whose lines it stands: "" for the module, or none."""

    code: str
    path: str
    line: int
    function: str = ""

    @property
    def folder(self) -> str:
        """The folder below which the file counts: that of a conftest, else of no test's file."""
        return self.path.removesuffix("conftest.py") if self.path.endswith("conftest.py") else ""


def open_actions(
    findings: Iterable[Finding], files: Mapping[str, bytes]
) -> tuple[OpenAction, ...]:
    """Find what a person must do yet, with the function that each one is about."""
    return tuple(
        OpenAction(one.code, one.path, one.line, _function(files.get(one.path, b""), one.line))
        for one in findings
        if one.level is Level.ACTION
    )


def tied(
    differences: Iterable[Difference], actions: tuple[OpenAction, ...], before: SuiteRun
) -> tuple[Difference, ...]:
    """Put the actions that are about a test in the place of the guess at its cause."""
    return tuple(_tied(one, actions, before) for one in differences)


def _tied(one: Difference, actions: tuple[OpenAction, ...], before: SuiteRun) -> Difference:
    near = [action for action in actions if _concerns(action, one.test, before)]
    codes = set(_CODE.findall(one.why))
    best = [action for action in near if action.code in codes]
    best = best or [action for action in near if action.code == _OVERRIDE] or near
    if not best:
        return one
    places = list(dict.fromkeys(f"{one.code} at {one.path}:{one.line}" for one in best))
    shown = places[:_SHOWN]
    shown += [f"{len(places) - _SHOWN} more"] if len(places) > _SHOWN else []
    are = "is" if len(places) == 1 else "are"
    return replace(one, why=f"{', '.join(shown)} {are} open")


def _concerns(action: OpenAction, node: str, before: SuiteRun) -> bool:
    path, _, inside = node.partition("::")
    if not inside:  # a module that was not collected, or the run itself
        return action.path == path or (action.code == _OVERRIDE and path.startswith("("))
    if not action.path.endswith(".py"):
        return True  # the configuration
    test = before.tests.get(node)
    used = set(test.used) if test else set()
    own = inside.partition("[")[0].rpartition("::")[2]
    if action.path == path:
        return action.function in {"", own, *used}
    seen = action.path.endswith("conftest.py") and path.startswith(action.folder)
    return (seen and action.function in {"", *used}) or any(
        function.path == action.path and function.fixture in used
        and function.fixture == action.function
        for function in before.functions
    )  # fmt: skip


def _function(source: bytes, line: int) -> str:
    """Return the name of the outermost function around a line, by which pytest knows it."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    for name, first, last in _functions(tree.body):
        if first <= line <= last:
            return name
    return ""


def _functions(body: Iterable[ast.stmt]) -> Iterator[tuple[str, int, int]]:
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            yield from _functions(statement.body)
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = [statement.lineno, *(one.lineno for one in statement.decorator_list)]
            yield _fixture_name(statement), min(lines), statement.end_lineno or statement.lineno


def _fixture_name(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return the name that its decorator gives a fixture, else its own."""
    for decorator in function.decorator_list:
        for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
            if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                return str(keyword.value.value)
    return function.name
