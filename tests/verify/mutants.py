"""Right migrations with one thing dropped: does the comparison see what that does to loops?"""

from __future__ import annotations

import ast
import random
import re
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from loopscope.loop_map.build_model import ReadSuite, build_model
from loopscope.loop_map.model import LoopMap
from loopscope.rules.registry import FILE_CHECKS
from loopscope.types import Options
from loopscope.verify.collect_suite import COLLECT_ONLY
from loopscope.verify.collected_loops import legacy_loops, modern_loops, unsettled
from loopscope.verify.difference import Cause, Difference
from loopscope.verify.differences import SESSION, compare
from loopscope.verify.migrated_copy import as_planned, seen_in_source
from loopscope.verify.run_record import SuiteRun, TestRun
from tests.suites_in_memory import style_and_loops

from ..live.environments import LEGACY, MODERN, interpreter
from ..live.runner import run_pytest
from ..random_suites.trial import applied, write
from ..suites_in_memory import migrate_files, suite_of

Files = Mapping[str, str]

_LOOP_SCOPE = re.compile(r'(?:, )?loop_scope="\w+"')
_MARK = re.compile(r"^[ ]*(?:@|pytestmark = )pytest\.mark\.asyncio(?:\(.*\))?\n", re.MULTILINE)
_OPTION = re.compile(r"^asyncio_(?:mode|debug|default_\w+)\s*=.*\n", re.MULTILINE)
_KINDS = {"pytest_asyncio_loop_factories": "factories", "event_loop_policy": "policy"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """The files of a migrated suite without one thing."""

    dropped: str
    files: Files


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one mutant."""

    suite: str
    dropped: str
    changes_loops: bool  # by the static map, or because it runs otherwise than the right one
    found: bool  # by the comparison with the original
    collected: bool  # by that of what pytest collects, without a run


@dataclass(frozen=True, slots=True)
class Tried:
    """A suite with its mutants; ``false_alarms`` are differences of the right migration."""

    results: tuple[Result, ...]
    false_alarms: tuple[str, ...] = ()
    collected_alarms: tuple[str, ...] = ()  # the same, of what pytest collects
    disagreements: tuple[str, ...] = ()  # tests whose loops reading has otherwise than pytest


def mutants(files: Files) -> Iterator[Mutant]:
    """Every mutant of a migrated suite."""
    for path, text in files.items():
        python = path.endswith(".py")
        for kind, pattern in (
            [("loop_scope", _LOOP_SCOPE), ("mark", _MARK)] if python else [("option", _OPTION)]
        ):
            for match in pattern.finditer(text):
                shorter = text[: match.start()] + text[match.end() :]
                line = text.count("\n", 0, match.start()) + 1
                dropped = f"{kind} at {path}:{line}"
                yield Mutant(dropped, {**files, path: shorter.replace("(, ", "(")})
        if python:
            yield from _without_functions(files, path)


def _without_functions(files: Files, path: str) -> Iterator[Mutant]:
    for node in ast.walk(ast.parse(files[path])):
        kind = ""
        if isinstance(node, ast.AsyncFunctionDef):
            kind = "bridge" if node.name == "event_loop" else ""
        elif isinstance(node, ast.FunctionDef):
            kind = _KINDS.get(node.name, "")
        if kind:
            assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            lines = files[path].splitlines(keepends=True)
            first = min(one.lineno for one in (node, *node.decorator_list)) - 1
            shorter = "".join(lines[:first] + ["pass\n"] * (node.col_offset == 0)
                              + lines[node.end_lineno :])  # fmt: skip
            yield Mutant(f"{kind} at {path}:{node.lineno}", {**files, path: shorter})


def try_mutants(
    name: str,
    files: Files,
    options: Sequence[str],
    folder: Path,
    most: int | None = None,
    kinds: Collection[str] = (),
) -> Tried:
    """Run the original, its migration and (at ``most`` so many of) its mutants.

    Nothing is tried where the original is not green, or the migration leaves work to a person, or
    where it has no mutant of the ``kinds`` that are asked for.
    """
    migration = migrate_files(files)
    right = applied(files, migration)
    chosen = [one for one in mutants(right) if not kinds or one.dropped.split()[0] in kinds]
    if migration.status.value != "changed" or (kinds and not chosen):
        return Tried(())
    before = _run(LEGACY, files, folder / "before", options)
    collected = _run(LEGACY, files, folder / "before", (*COLLECT_ONLY, *options))
    if before is None or before.exit_code or collected is None:
        return Tried(())
    planned = style_and_loops(suite_of(files), migration.changes)[1]
    after = _run(MODERN, right, folder / "after")
    if after is None:
        return Tried((), (f"{name}: the migration does not run",))
    original = Original(_read(files), before, collected, after, planned)
    alarms = tuple(f"{name}: {one}" for one in compare(before, after, as_planned(lambda: planned)))
    recollected = _run(MODERN, right, folder / "after", COLLECT_ONLY) or SuiteRun(None, {})
    collected_alarms = tuple(f"{name}: {one}" for one in original.held_against(recollected, right))
    random.Random(name).shuffle(chosen)
    results = [
        _result(name, mutant, original, folder)
        for mutant in chosen[:most]
        if _parses(mutant.files)
    ]
    disagreements = (
        *disagree(f"{name}, original", legacy_map(files), legacy_loops(collected)),
        *disagree(f"{name}, migrated", planned, modern_loops(recollected, collected)),
    )
    return Tried(tuple(results), alarms, collected_alarms, disagreements)


def legacy_map(files: Files) -> LoopMap:
    """Read the loops of an original."""
    return _read(files).model.legacy_map


def _read(files: Files) -> ReadSuite:
    suite = suite_of(files)
    model = build_model(suite, [], Options().time_limit, FILE_CHECKS)
    return ReadSuite(suite, model)


def disagree(name: str, read: LoopMap, collected: SuiteRun) -> Iterator[str]:
    """List the tests whose loops the source and pytest's collection have otherwise.

    Of parametrized tests the first counts, and of fixtures those that both have.
    """
    tests: dict[str, TestRun] = {}
    for test, run in collected.tests.items():
        tests.setdefault(test.partition("[")[0], run)
    loops: dict[object, int] = {}
    back: dict[int, object] = {}
    for test in sorted(read.keys() | tests.keys()):
        here, there = read.get(test), tests.get(test)
        own = here.own if here else None
        if (own is None) != (there is None or there.loop is None):
            yield f"{name}: {test}: on a loop by {'one' if own is None else 'the other'} alone"
            continue
        if here is None or there is None:
            continue
        met = {**dict(there.fixtures), "event_loop": there.event_loop}
        pairs = [
            (loop, met[one]) for one, loop in here.fixtures.items() if met.get(one) is not None
        ]
        if own is not None:
            pairs.append((own, there.loop))
        for one, other in pairs:
            if loops.setdefault(one, other) != other or back.setdefault(other, one) != one:
                yield f"{name}: {test}: {one} is loop {other}, and was {loops[one]}"


@dataclass(frozen=True, slots=True)
class Original:
    """The original, run, collected and read, and its right migration."""

    read: ReadSuite
    before: SuiteRun
    collected: SuiteRun
    right: SuiteRun
    planned: LoopMap

    def held_against(self, run: SuiteRun | None, files: Files) -> tuple[Difference, ...]:
        """List what a collection shows as different; one that could not be made is different."""
        if run is None:
            return (Difference(Cause.COLLECTION, SESSION, "is not collected"),)
        before, after = legacy_loops(self.collected), modern_loops(run, self.collected)
        return (
            *compare(before, after, as_planned(lambda: self.planned)),
            *unsettled(before, after),
            *seen_in_source(self.read, suite_of(files)),
        )


def _result(name: str, mutant: Mutant, original: Original, folder: Path) -> Result:
    run = _run(MODERN, mutant.files, folder / "mutant")
    if run is None:  # said as what could not be run: found
        return Result(name, mutant.dropped, True, True, True)
    by_map = _shape(style_and_loops(suite_of(mutant.files))[1], original.right)
    collected = _run(MODERN, mutant.files, folder / "mutant", COLLECT_ONLY)
    return Result(
        name,
        mutant.dropped,
        changes_loops=by_map != _shape(original.planned, original.right)
        or bool(compare(original.right, run)),
        found=bool(compare(original.before, run, as_planned(lambda: original.planned))),
        collected=bool(original.held_against(collected, mutant.files)),
    )


def _shape(loops: LoopMap, right: SuiteRun) -> object:
    """Return the map with numbers for loops, in the order in which they are met.

    A fixture that had no loop in the run of the right migration has none to lose.
    """
    held: set[tuple[str, str]] = set()
    used: set[tuple[str, str]] = set()
    for test, run in right.tests.items():
        bare = test.partition("[")[0]
        held |= {(bare, name) for name, _ in (*run.fixtures, ("event_loop", 0))}
        used |= {(bare, name) for name in run.used}
    numbers: dict[object, int] = {}
    return [
        (test, [numbers.setdefault(loop, len(numbers)) for loop in
                (*((met.own,) if met.own else ()),
                 *(loop for name, loop in met.fixtures.items()
                   if (test, name) not in used - held))])
        for test, met in sorted(loops.items())
    ]  # fmt: skip


def _run(
    environment: object, files: Files, folder: Path, options: Sequence[str] = ()
) -> SuiteRun | None:
    shutil.rmtree(folder, ignore_errors=True)
    write(files, folder / "suite")
    python = interpreter(LEGACY if environment is LEGACY else MODERN)
    try:
        return run_pytest(python, folder / "suite", folder / "out.jsonl", options)
    except AssertionError:
        return None


def _parses(files: Files) -> bool:
    try:
        for path, text in files.items():
            if path.endswith(".py"):
                ast.parse(text)
    except SyntaxError:
        return False
    return True
