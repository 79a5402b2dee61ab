"""One random suite through both releases and the migration between them."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from loopscope.pipeline import migrate
from loopscope.types import Change, Finding, Level, Migration, Options
from loopscope.verify.collect_suite import COLLECT_ONLY
from loopscope.verify.trace_file import trace_of, unfit

from ..live import compare
from ..live.environments import LEGACY, MODERN, interpreter
from ..live.runner import deprecations_as_errors, run_pytest
from ..suites_in_memory import migrate_files
from ..suites_in_memory import suite_of as suite_in_memory
from . import hard as rarer
from .draft import RandomSuite
from .generator import generate

_ATTEMPTS = 20

# Rules that may leave an override to a person, by the kind of body that makes them do so.
_MANUAL = {"own_class": {"LS101"}}


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one suite. ``complaints`` is empty where all is well."""

    number: int  # the generator's number, which is the seed's first legal one
    suite: RandomSuite
    legal: bool = True
    complaints: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    manual: bool = False  # a person must act, and that is allowed
    left: tuple[str, ...] = ()  # what then runs otherwise, until the person has acted
    dropped: int = 0  # suites of the seed that are not green on the old release
    loops: tuple[int, int] = (0, 0)  # as the probe saw them, before and after
    mapped: tuple[int, int] = (0, 0)  # as the migration counted them
    tests: int = 0
    lines: int = 0  # removed and added by the migration
    after: Mapping[str, str] = field(default_factory=dict)


def attempts(seed: int) -> range:
    """Yield the generator's numbers for a seed, of which the first legal one counts."""
    return range(seed * 100, seed * 100 + _ATTEMPTS)


def run(
    seed: int, folder: Path, *, recheck: bool = True, hard: bool = False, collect: bool = False
) -> Trial:
    """Try the first legal suite of a seed, and leave it in ``folder``.

    Without ``recheck`` the migration's own LS390 counts for nothing. ``hard``: with rarer idioms,
    where any action leaves the suite to a person. ``collect``: the plan follows what the old
    pytest collects.

    Raises:
        LookupError: none of the attempts is legal.
    """
    for dropped, number in enumerate(attempts(seed)):
        suite = suite_of(number, hard)
        trial = try_suite(number, suite, folder, recheck=recheck, hard=hard, collect=collect)
        if trial.legal:
            return replace(trial, dropped=dropped)
    raise LookupError(f"seed {seed}: no legal suite in {_ATTEMPTS} attempts")


def suite_of(number: int, hard: bool) -> RandomSuite:
    """Generate the suite of that number, with or without rarer idioms."""
    return rarer.generate(number) if hard else generate(number)


def try_suite(
    number: int,
    suite: RandomSuite,
    folder: Path,
    *,
    recheck: bool = True,
    hard: bool = False,
    collect: bool = False,
) -> Trial:
    """Run, migrate, run again, compare."""
    shutil.rmtree(folder, ignore_errors=True)
    old = folder / "old" / "suite"
    write(suite.files, old)
    try:
        legacy = run_pytest(interpreter(LEGACY), old, folder / "old.json", suite.legacy_options)
    except AssertionError as error:  # pytest did not get as far as running tests
        return Trial(number, suite, legal=False, complaints=(str(error),))
    if legacy.exit_code != 0 or compare.strays(legacy):
        errors = [test.error for test in legacy.tests.values() if test.error]
        errors += legacy.collect_errors.values()
        return Trial(number, suite, legal=False, complaints=tuple(errors))

    migration = _collected(suite, folder) if collect else migrate_files(suite.files)
    after = applied(suite.files, migration)
    new = folder / "new" / "suite"
    write(after, new)
    actions = [f for f in migration.findings if f.level is Level.ACTION]
    if not recheck:
        actions = [finding for finding in actions if finding.code != "LS390"]
    allowed = {code for idiom in suite.idioms for code in _MANUAL.get(idiom, ())}
    manual = bool(actions) and (hard or all(finding.code in allowed for finding in actions))
    options = deprecations_as_errors(
        keeps_policy=any("def event_loop_policy" in text for text in after.values())
    )
    try:
        modern = run_pytest(interpreter(MODERN), new, folder / "new.json", options)
    except AssertionError as error:  # pytest did not get as far as running tests
        broken = (str(error),)
        return Trial(
            number,
            suite,
            complaints=() if manual else broken,
            findings=migration.findings,
            manual=manual,
            left=broken if manual else (),
            after=after,
        )
    complaints = [f"{e.path}:{e.line}: {e.message}" for e in migration.errors]
    differences = [
        *compare.outcomes(legacy, modern),
        *compare.groups(legacy, modern, may_join=True),
        *compare.strays(modern),
        *(compare.kinds(legacy, modern) if hard else ()),
    ]
    if not manual:
        complaints += [f"{f.path}:{f.line} {f.code} {f.message}" for f in actions] + differences
    complaints += _unsettled(after)
    return Trial(
        number,
        suite,
        complaints=tuple(complaints),
        findings=migration.findings,
        manual=manual,
        left=tuple(differences) if manual else (),
        loops=compare.loops_kept(legacy, modern),
        mapped=(migration.loops_before, migration.loops_after),
        tests=len(legacy.tests),
        lines=sum(map(changed_lines, migration.changes)),
        after=after,
    )


def _collected(suite: RandomSuite, folder: Path) -> Migration:
    """Migrate as with ``--collect``: what pytest says of the suite is in the plan."""
    options = (*COLLECT_ONLY, *suite.legacy_options)
    collected = run_pytest(
        interpreter(LEGACY), folder / "old" / "suite", folder / "collected.json", options
    )
    assert not unfit(collected), unfit(collected)
    return migrate(replace(suite_in_memory(suite.files), trace=trace_of(collected)), Options())


def applied(files: Mapping[str, str], migration: Migration) -> dict[str, str]:
    """Return the files after the migration."""
    return {**files, **{change.path: change.after.decode() for change in migration.changes}}


def changed_lines(change: Change) -> int:
    """How many lines the change removes and adds."""
    before = (change.before or b"").decode().splitlines()
    diff = difflib.unified_diff(before, change.after.decode().splitlines(), n=0)
    return sum(line[:1] in "+-" and line[:3] not in ("+++", "---") for line in diff)


def _unsettled(files: Mapping[str, str]) -> list[str]:
    again = migrate_files(files)
    return [f"{change.path}: changes the second time" for change in again.changes]


def write(files: Mapping[str, str], folder: Path) -> None:
    """Put the files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
