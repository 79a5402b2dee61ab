"""The form of a case: read it, run it, write it."""

from __future__ import annotations

import ast
import difflib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from loopscope.analysis.suite.trace import Trace, TracedFunction
from loopscope.discovery.load import load_suites
from loopscope.loop_map.report_model import LoopMaps
from loopscope.pipeline import migrate
from loopscope.types import FileError, Level, Migration, Options, Scope, Suite, Target

from ..suites_in_memory import suite_of

SUITES = Path(__file__).with_name("suites")
_MARK = "==== "
_RESULT = "result"
_TRACE = "trace"


@dataclass(frozen=True, slots=True)
class Case:
    """One case: ``head`` is what stands above the first file, ``result`` what is expected."""

    head: str
    files: Mapping[str, str]
    result: str
    trace: str = ""

    @property
    def options(self) -> Options:
        given: dict[str, Any] = {}
        for line in self.head.splitlines():
            key, colon, text = line.partition(":")
            if colon and key == "options":
                name, _, value = text.strip().partition("=")
                given[name] = Target.parse(value) if name == "target" else ast.literal_eval(value)
        return Options(**given)

    @property
    def targets(self) -> list[Target]:
        """List the other targets whose results are shown by what differs in them."""
        found = [line.partition("targets:")[2].split() for line in self.head.splitlines()]
        return [Target.parse(text) for texts in found for text in texts]


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
    result, trace = ("".join(files.pop(name, [])) for name in (_RESULT, _TRACE))
    return Case(
        "".join(head), {path: "".join(text) for path, text in files.items()}, result, trace
    )


def run(case: Case) -> str:
    """Migrate in memory and show what comes of it, and what a second run would do."""
    if sum(path.rpartition("/")[2] in _CONFIGURATIONS for path in case.files) > 1:
        return "".join(_run_several(case))
    suite = replace(suite_of(case.files), trace=_trace(case.trace) if case.trace else None)
    return "".join([*_shown(case, suite, [suite]), *_other_targets(case, suite)])


_CONFIGURATIONS = ("pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini")


def _run_several(case: Case) -> Iterator[str]:
    """Write the suites into a folder, find them there, and show each; they know of each other."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for path, text in {".git/HEAD": "", **case.files}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(text.encode())
        suites = list(load_suites([root]))
        for suite in suites:
            assert not isinstance(suite, FileError)
            yield f"-- {Path(suite.label).relative_to(root.as_posix())}\n"
            yield from _shown(case, suite, suites)


def _trace(text: str) -> Trace:
    """Read the record of a run: a line for each function, and for each test by its kind."""
    functions: list[TracedFunction] = []
    tests: dict[str, dict[str, Any]] = {}
    for line in filter(None, text.splitlines()):
        word, _, rest = line.partition(": ")
        if word == "function":
            given = ast.literal_eval(rest)
            given["scope"] = Scope.parse(given.get("scope", "function"))
            functions.append(TracedFunction(**given))
        else:
            test, *used = rest.split()
            tests.setdefault(word, {})[test] = frozenset(used)
    asked, ran = frozenset(tests.get("asking", ())), frozenset(tests.get("async", ()))
    used = {test: names for found in tests.values() for test, names in found.items()}
    return Trace(tuple(functions), used, ran, asked)


def _shown(case: Case, suite: Suite, suites: Sequence[Suite | FileError]) -> Iterator[str]:
    migration = migrate(suite, case.options)
    yield from _messages(migration)
    yield from _edits(migration)
    yield from _difference(suite, migration)
    if migration.maps is not None:
        yield from _maps(migration.maps)
    if len(suites) == 1:
        yield from _again(case, suite, migration)


def _messages(migration: Migration) -> Iterator[str]:
    before, after = migration.loops_before, migration.loops_after
    yield (
        f"{migration.status.value}, {before} -> {after} loops {migration.requires}".strip() + "\n"
    )
    for error in migration.errors:
        yield f"{error.path}:{error.line} error: {error.message}\n"
    for one in migration.findings:
        yield f"{one.path}:{one.line}:{one.column} {one.code} {one.level.value}: {one.message}\n"


def _edits(migration: Migration) -> Iterator[str]:
    for change in migration.changes:
        for edit in change.edits:
            subject = f"{edit.definition}: " if edit.definition else ""
            text = f"{subject}{edit.message}{edit.trust}"
            yield f"{change.path}:{edit.line} {edit.code} {text}\n"


def _maps(maps: LoopMaps) -> Iterator[str]:
    for picture in filter(None, (maps.before, maps.after)):
        yield f"{picture.rules}, torn: {' '.join(picture.torn) or 'none'}\n"
        for loop in picture.loops:
            yield f"  {loop.scope} loop of {loop.region or 'all'}\n"
            for test in loop.tests:
                kind = "async" if test.is_async else "sync"
                yield f"    {kind} {test.id} {test.path}:{test.line}, {test.reason}\n"
            for one in loop.fixtures:
                place = f"{one.path}:{one.line}"
                yield f"    {one.scope} fixture {one.name} {place}, {one.reason}\n"


def _other_targets(case: Case, suite: Suite) -> Iterator[str]:
    """Say what differs for another target, without the code."""
    newest = [*_told(migrate(suite, case.options))]
    for target in case.targets:
        told = [*_told(migrate(suite, replace(case.options, target=target)))]
        yield f"-- target {target}\n"
        for line in difflib.unified_diff(newest, told, n=0):
            if not line.startswith(("@@", "---", "+++")):
                yield line


def _told(migration: Migration) -> Iterator[str]:
    yield from _messages(migration)
    yield from _edits(migration)


def _difference(suite: Suite, migration: Migration) -> Iterator[str]:
    for change in migration.changes:
        before = suite.files.get(change.path, b"").decode().splitlines(keepends=True)
        after = change.after.decode().splitlines(keepends=True)
        for line in difflib.unified_diff(before, after, change.path, change.path, n=1):
            yield line.rstrip() + "\n"


def _again(case: Case, suite: Suite, migration: Migration) -> Iterator[str]:
    files = {path: data.decode() for path, data in suite.files.items()}
    files.update({change.path: change.after.decode() for change in migration.changes})
    again = migrate(suite_of(files), case.options)
    for change in again.changes:
        yield f"a second run changes {change.path}\n"
    if not any(one.level is Level.ACTION for one in migration.findings):
        for one in again.findings:
            if one.level is Level.ACTION:
                yield f"a second run says {one.code} of {one.path}:{one.line}: {one.message}\n"
