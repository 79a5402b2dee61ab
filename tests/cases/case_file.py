"""The form of a case: read it, run it, write it."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loopscope.pipeline import migrate
from loopscope.types import Migration, Options, Suite, Target

from ..suites_in_memory import suite_of

SUITES = Path(__file__).with_name("suites")
_MARK = "==== "
_RESULT = "result"


@dataclass(frozen=True, slots=True)
class Case:
    """One case: ``head`` is what stands above the first file, ``result`` what is expected."""

    head: str
    files: Mapping[str, str]
    result: str

    @property
    def options(self) -> Options:
        given: dict[str, Any] = {}
        for line in self.head.splitlines():
            key, colon, text = line.partition(":")
            if colon and key == "options":
                name, _, value = text.strip().partition("=")
                given[name] = Target.parse(value) if name == "target" else ast.literal_eval(value)
        return Options(**given)


def read_case(text: str) -> Case:
    """Split a case at the lines that begin with ``====``."""
    head: list[str] = []
    lines = head
    files: dict[str, list[str]] = {}
    for line in text.splitlines(keepends=True):
        if line.startswith(_MARK):
            lines = files.setdefault(line.removeprefix(_MARK).strip(), [])
        else:
            lines.append(line)
    result = "".join(files.pop(_RESULT, []))
    return Case("".join(head), {path: "".join(lines) for path, lines in files.items()}, result)


def run(case: Case) -> str:
    """Migrate the suite in memory and show what comes of it, and what a second run would do."""
    suite = suite_of(case.files)
    migration = migrate(suite, case.options)
    again = _again(case, suite, migration)
    return "".join([*_messages(migration), *_difference(suite, migration), *again])


def _messages(migration: Migration) -> Iterator[str]:
    before, after = migration.loops_before, migration.loops_after
    yield (
        f"{migration.status.value}, {before} -> {after} loops {migration.requires}".strip() + "\n"
    )
    for error in migration.errors:
        yield f"{error.path}:{error.line} error: {error.message}\n"
    for one in migration.findings:
        yield f"{one.path}:{one.line}:{one.column} {one.code} {one.level.value}: {one.message}\n"


def _difference(suite: Suite, migration: Migration) -> Iterator[str]:
    for change in migration.changes:
        before = suite.files.get(change.path, b"").decode().splitlines(keepends=True)
        after = change.after.decode().splitlines(keepends=True)
        for line in difflib.unified_diff(before, after, change.path, change.path, n=1):
            yield line.rstrip() + "\n"


def _again(case: Case, suite: Suite, migration: Migration) -> Iterator[str]:
    files = {path: data.decode() for path, data in suite.files.items()}
    files.update({change.path: change.after.decode() for change in migration.changes})
    for change in migrate(suite_of(files), case.options).changes:
        yield f"a second run changes {change.path}\n"
