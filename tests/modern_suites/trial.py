"""One random suite on a release of pytest-asyncio 1.x, and what loopscope says of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.types import Level, Migration, Target
from loopscope.verify.environments import Environment, interpreter
from loopscope.verify.run_record import SuiteRun
from tests.suites_in_memory import style_and_loops

from ..live import compare
from ..live.runner import run_pytest
from ..random_suites.trial import applied, attempts, changed_lines, write
from ..suites_in_memory import migrate_files, suite_of
from .generator import generate
from .model import ModernSuite
from .truth import failed, foreign_uses, foreign_values, misread

_UNSET = "asyncio_default_fixture_loop_scope"


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one suite. ``complaints`` is empty where all is well.

    Each complaint begins with its topic and a colon.
    """

    suite: ModernSuite
    legal: bool = True
    complaints: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()  # uses of values of another loop
    found: tuple[str, ...] = ()  # what loopscope wants to be changed
    notes: int = 0
    tests: int = 0
    loops: int = 0
    loops_after: int = 0
    lines: int = 0  # removed and added
    green: bool = True
    illegal: int = 0  # attempts that were no suites for this release


def environment(release: str) -> Environment:
    """Return the environment with exactly that release of pytest-asyncio."""
    pytest = "pytest>=9" if tuple(map(int, release.split("."))) >= (1, 3) else "pytest<9"
    return Environment(f"pytest-asyncio-{release}", (pytest, f"pytest-asyncio=={release}"))


def run(seed: int, folder: Path, release: str) -> Trial:
    """Try the first legal suite of a seed, and leave it in ``folder``.

    Raises:
        LookupError: none of the attempts is legal.
    """
    for count, number in enumerate(attempts(seed)):
        trial = try_suite(generate(number, release), folder, release)
        if trial.legal:
            return replace(trial, illegal=count)
    raise LookupError(f"seed {seed}: no legal suite; the last one: {trial.complaints[:1]}")


def try_suite(suite: ModernSuite, folder: Path, release: str) -> Trial:
    """Run, read, compare; migrate and run again where anything is to be changed."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        before = _run(suite.files, folder / "old", release)
    except AssertionError as error:  # pytest did not get as far as running tests
        return Trial(suite, legal=False, complaints=(f"illegal: {error}",))
    foreign = foreign_uses(suite.files, before)
    broken = failed(before)
    if before.collect_errors or (broken and not foreign):
        wrong = (*before.collect_errors.values(), *broken)
        return Trial(suite, legal=False, complaints=tuple(f"illegal: {one}" for one in wrong))
    style, loop_map = style_and_loops(suite_of(suite.files))
    complaints = [] if style is SuiteStyle.MODERN else ["style: read as one for event_loop"]
    complaints += [f"misread: {one}" for one in misread(loop_map, before)]

    target = Target.parse(".".join(release.split(".")[:2]))
    migration = migrate_files(suite.files, target=target)
    found = list(_wanted(suite.files, migration, target))
    complaints += [f"error: {error.path}: {error.message}" for error in migration.errors]
    if found and not foreign:
        topic = "not used" if foreign_values(suite.bound, before) else "false alarm"
        complaints += [f"{topic}: {one}" for one in found]
    if foreign and not found:
        complaints += [f"missed: {one}" for one in foreign]
    trial = Trial(
        suite,
        complaints=tuple(complaints),
        foreign=tuple(foreign),
        found=tuple(found),
        notes=sum(finding.level is Level.NOTE for finding in migration.findings),
        tests=len(before.tests),
        loops=before.loops,
        loops_after=before.loops,
        green=not broken,
    )
    return _migrated(trial, migration, before, folder, release) if migration.changes else trial


def _migrated(
    trial: Trial, migration: Migration, before: SuiteRun, folder: Path, release: str
) -> Trial:
    """Judge the suite after its migration."""
    files = applied(trial.suite.files, migration)
    try:
        run = _run(files, folder / "new", release)
    except AssertionError as error:
        return replace(trial, complaints=(*trial.complaints, f"broken: {error}"))
    complaints = list(trial.complaints)
    actions = [f for f in migration.findings if f.level is Level.ACTION]
    complaints += [f"by hand: {f.path}:{f.line} {f.code} {f.message}" for f in actions]
    complaints += [f"foreign after: {one}" for one in foreign_uses(files, run)]
    complaints += [f"red after: {one}" for one in failed(run)]
    complaints += [f"red after: {one}" for one in run.collect_errors.values()]
    if not trial.foreign:
        complaints += [f"loops after: {one}" for one in compare.groups(before, run)]
    again = migrate_files(files, target=Target.parse(".".join(release.split(".")[:2])))
    complaints += [f"twice: {change.path} changes the second time" for change in again.changes]
    complaints += [
        f"twice: {f.path}:{f.line} {f.code} {f.message}"
        for f in again.findings
        if f.level is Level.ACTION and not actions
    ]
    return replace(
        trial,
        complaints=tuple(complaints),
        loops_after=run.loops,
        lines=sum(map(changed_lines, migration.changes)),
    )


def _wanted(files: Mapping[str, str], migration: Migration, target: Target) -> Iterator[str]:
    """List what is to be changed, but for a default that is stated where it was unset."""
    stated = any(_UNSET in text for path, text in files.items() if not path.endswith(".py"))
    # Below 1.5 the default becomes "function", and wider fixtures name their loop scope.
    usual = set() if stated else {"LS201"} if target.has(1, 5) else {"LS201", "LS104", "LS103"}
    for finding in migration.findings:
        if finding.level is Level.ACTION:
            yield f"{finding.path}:{finding.line} {finding.code} {finding.message}"
    for change in migration.changes:
        for edit in change.edits:
            if edit.code not in usual:
                yield f"{change.path}:{edit.line} {edit.code} {edit.text}"


def _run(files: Mapping[str, str], folder: Path, release: str) -> SuiteRun:
    write(files, folder / "suite")
    return run_pytest(interpreter(environment(release)), folder / "suite", folder / "record.json")
