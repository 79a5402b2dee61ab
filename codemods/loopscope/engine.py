"""One suite through the pipeline: bytes in, a migration out. Nothing is executed or written."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from posixpath import basename

from loopscope.annotate import comments_for, left_over
from loopscope.facts.model import FileFacts
from loopscope.facts.reader import read_file
from loopscope.facts.undefined import undefined_names, what_compile_refuses
from loopscope.limits import OutOfTime, time_limit, took_too_long
from loopscope.loops.compare import count
from loopscope.loops.loop_map import LoopMap
from loopscope.loops.plan import make_plan
from loopscope.loops.reading import Era, Reading, Settings
from loopscope.loops.view import loop_maps
from loopscope.pins import legacy_mode_floor, modern_floor
from loopscope.recheck import lost_loops, torn_loops, unanswered
from loopscope.rules import ORDER
from loopscope.rules.base import Case, Edit, OptionEdit, action
from loopscope.rules.features import least_version
from loopscope.rules.ls202_requirement import RequirementEdit, decide_requirement
from loopscope.scopes import Scope
from loopscope.suites.configuration import asyncio_mode, loop_scope_option, read_configuration
from loopscope.syntax.source import SourceError, decode
from loopscope.syntax.unparsable import explain
from loopscope.values import (
    Change,
    FileError,
    Finding,
    Level,
    Migration,
    Options,
    PytestConfig,
    Status,
    Suite,
)
from loopscope.workbench import Workbench


def migrate(suite: Suite, options: Options) -> Migration:
    """Migrate one suite in memory.

    A file that cannot be decoded, parsed or rewritten, or that takes longer than the limit of
    the options, becomes a ``FileError``; the others are done all the same.
    """
    with warnings.catch_warnings():  # the parser has opinions on what it reads
        warnings.filterwarnings("ignore", module="<unknown>")
        return _migrate(suite, options)


def _migrate(suite: Suite, options: Options) -> Migration:
    errors = list(suite.errors)
    seconds = options.time_limit
    facts = _read(suite.files, errors, seconds)
    reading = Reading(facts, suite.config, _settings(suite.config, suite.files))
    case = Case(reading, make_plan(reading, options), suite.config, options, suite.files)
    edits, option_edits, findings = _decide(case)
    least = least_version(case, option_edits)
    pins, more = _requirements(case, [*edits, *option_edits], least)
    findings += more
    findings += left_over(facts, findings)
    if options.annotate:
        edits += comments_for(facts, findings)
    bench = Workbench(suite, errors, seconds)
    bench.require(pins)  # first: their places are those of the files as they were
    bench.rewrite(facts, edits)
    bench.configure(option_edits)
    changes = bench.changes
    before = reading.legacy_map if case.plan.era is Era.LEGACY else reading.modern_map
    result = _read_again(suite, facts, changes, errors, seconds) if changes else reading
    if not errors:
        if changes:
            findings += lost_loops(before, result, partial=suite.editable is not None)
        findings += unanswered(result)
        findings = [finding for finding in findings if not _ignored(case, finding)]
    findings = sorted(set(findings))
    return Migration(
        label=suite.label,
        config=suite.config.path,
        status=_status(changes, findings, errors),
        changes=tuple(changes),
        findings=tuple(findings),
        errors=tuple(errors),
        loops_before=count(before),
        loops_after=count(result.modern_map if changes else before),
        requires=f"pytest-asyncio>={'.'.join(map(str, least))}" if reading.uses_plugin else "",
        maps=loop_maps(reading, result) if options.loop_maps else None,
    )


def recheck(suite: Suite, changes: Sequence[Change], seconds: float) -> tuple[Finding, ...]:
    """What no longer agrees when only ``changes``, some of those of a migration, are made.

    ``seconds`` is the limit for one file, as in ``Options.time_limit``.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="<unknown>")
        return tuple(_recheck(suite, changes, seconds))


def _recheck(suite: Suite, changes: Sequence[Change], seconds: float) -> Iterator[Finding]:
    facts = _read(suite.files, [], seconds)
    reading = Reading(facts, suite.config, _settings(suite.config, suite.files))
    before = reading.legacy_map if reading.era is Era.LEGACY else reading.modern_map
    errors: list[FileError] = []
    result = _read_again(suite, facts, list(changes), errors, seconds)
    for error in errors:
        yield action("LS390", error.path, error.line, f"as it was left, {error.message}")
    for change in changes:
        if change.path.endswith(".py"):
            yield from _torn_code(suite.files.get(change.path, b""), change)
    yield from torn_loops(before, result)
    yield from unanswered(result)


def era_and_loops(suite: Suite, changes: Sequence[Change] = ()) -> tuple[Era, LoopMap]:
    """For which rules a suite is written, and its modern loop map after ``changes``."""
    facts = _read(suite.files, [], Options().time_limit)
    reading = Reading(facts, suite.config, _settings(suite.config, suite.files))
    era = reading.era
    if changes:
        reading = _read_again(suite, facts, list(changes), [], Options().time_limit)
    return era, reading.modern_map


def _torn_code(data: bytes, change: Change) -> Iterator[Finding]:
    """What is broken because its other half stands in a hunk that was left out."""
    try:
        before, after = decode(data).text, decode(change.after).text
        refused = what_compile_refuses(after)
        if refused and not what_compile_refuses(before):
            message, line = refused
            yield action("LS390", change.path, line, f"as it was left, this is wrong: {message}")
            return
        known = undefined_names(before)
        for name, line in undefined_names(after).items():
            if name not in known:
                message = f"as it was left, {name} is used but nothing defines or imports it"
                yield action("LS390", change.path, line, message)
    except (SourceError, SyntaxError, RecursionError, MemoryError):
        return  # said elsewhere


def _read(
    files: Mapping[str, bytes], errors: list[FileError], seconds: float
) -> dict[str, FileFacts]:
    facts: dict[str, FileFacts] = {}
    for path in sorted(files):
        if not path.endswith(".py"):
            continue
        try:
            with time_limit(seconds):
                facts[path] = read_file(path, decode(files[path]).text)
        except SourceError as error:
            errors.append(FileError(path, error.message, error.line))
        except (SyntaxError, RecursionError, MemoryError) as error:
            errors.append(FileError(path, *explain(error, decode(files[path]).text)))
        except OutOfTime:
            errors.append(FileError(path, took_too_long(seconds)))
    return facts


def _settings(config: PytestConfig, files: Mapping[str, bytes]) -> Settings:
    test = loop_scope_option(config, "asyncio_default_test_loop_scope")
    fixture = loop_scope_option(config, "asyncio_default_fixture_loop_scope")
    mode = asyncio_mode(config)
    if "asyncio_mode" not in config.options and mode == "strict" and legacy_mode_floor(files):
        mode = "legacy"  # the default of the releases up to 0.18
    return Settings(
        mode=mode,
        test_default=test if isinstance(test, Scope) else None,
        fixture_default=fixture if isinstance(fixture, Scope) else None,
        fixture_scope=fixture == "fixture-scope",
        modern_requirement=modern_floor(files),
    )


# -- deciding ---------------------------------------------------------------------------


def _decide(case: Case) -> tuple[list[Edit], list[OptionEdit], list[Finding]]:
    edits: list[Edit] = []
    options: list[OptionEdit] = []
    findings: list[Finding] = []
    for rule in ORDER:
        for outcome in rule.decide(case):
            if not case.options.wants(outcome.code) or _ignored(case, outcome):
                continue
            if isinstance(outcome, Edit):
                edits.append(outcome)
            elif isinstance(outcome, OptionEdit):
                options.append(outcome)
            else:
                findings.append(outcome)
    return edits, options, findings


def _requirements(
    case: Case, edits: list[Edit | OptionEdit], least: tuple[int, int]
) -> tuple[list[RequirementEdit], list[Finding]]:
    """LS202, where anything changed that an older pytest-asyncio would not run."""
    wanted = case.options.requirements and case.reading.uses_plugin
    if not wanted or all(edit.code == "LS107" for edit in edits):
        return [], []
    outcomes = decide_requirement(case.contents, case.options.target, least, True)
    chosen = [outcome for outcome in outcomes if case.options.wants(outcome.code)]
    return (
        [outcome for outcome in chosen if isinstance(outcome, RequirementEdit)],
        [outcome for outcome in chosen if isinstance(outcome, Finding)],
    )


def _ignored(case: Case, outcome: Edit | OptionEdit | Finding) -> bool:
    """Whether a ``# loopscope: ignore`` comment covers the definition at the outcome's line."""
    if isinstance(outcome, OptionEdit) or outcome.path not in case.files:
        return False
    facts = case.files[outcome.path]
    if not facts.ignores:
        return False
    lines = {outcome.line}
    for function in facts.functions:
        if function.first_line <= outcome.line <= function.end_line:
            lines.update(range(function.first_line, function.line + 1))
    return any(
        outcome.code.startswith(codes) for line, codes in facts.ignores.items() if line in lines
    )


# -- recheck ----------------------------------------------------------------------------


def _read_again(
    suite: Suite,
    facts: dict[str, FileFacts],
    changes: list[Change],
    errors: list[FileError],
    seconds: float,
) -> Reading:
    """The reading of the result."""
    after = {change.path: change.after for change in changes}
    new_facts = _read(after, errors, seconds)
    config = suite.config
    path = config.path or next((c.path for c in changes if not c.path.endswith(".py")), None)
    if path in after:
        found = read_configuration(basename(path), after[path], path)
        config = found if isinstance(found, PytestConfig) else config
    return Reading({**facts, **new_facts}, config, _settings(config, {}))


def _status(changes: list[Change], findings: list[Finding], errors: list[FileError]) -> Status:
    if errors:
        return Status.ERROR
    if any(finding.level is Level.ACTION for finding in findings):
        return Status.MANUAL
    return Status.CHANGED if changes else Status.CURRENT
