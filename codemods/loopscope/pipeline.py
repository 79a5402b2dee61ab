"""One suite through the pipeline: bytes in, a migration out. Nothing is executed or written."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from loopscope.loop_map.build_model import build_model, rebuild_model
from loopscope.loop_map.build_report import loop_maps
from loopscope.loop_map.model import LoopMap, count
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.pipeline_check import lost_below, lost_loops, torn_loops, unresolved_requests
from loopscope.planning.planner import make_plan
from loopscope.python_source.source import SourceError, decode
from loopscope.rewriting.annotations import comments_for, left_over
from loopscope.rewriting.change_set import ChangeSet
from loopscope.rewriting.edits import RequirementEdit
from loopscope.rewriting.used_names import undefined_names, what_compile_refuses
from loopscope.rules.context import Edit, OptionEdit, RuleContext, action, note
from loopscope.rules.declarations import read_declarations
from loopscope.rules.ls318_unread import unread_mentions
from loopscope.rules.minimum_version import least_version
from loopscope.rules.registry import FILE_CHECKS, REGISTRY
from loopscope.rules.trace_notes import with_trace_notes
from loopscope.types import (
    Change,
    CrossSuiteFiles,
    FileError,
    Finding,
    Level,
    Migration,
    Options,
    Status,
    Suite,
)


def migrate(suite: Suite, options: Options) -> Migration:
    """Migrate one suite in memory.

    A file that cannot be decoded, parsed or rewritten, or that takes longer than the limit of
    the options, becomes a ``FileError``; the others are done all the same.
    """
    with warnings.catch_warnings():  # ast.parse warns about odd code of suites
        warnings.filterwarnings("ignore", module="<unknown>")
        return _migrate(suite, options)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One plan for a suite, carried out in memory, and what the recheck condemns of it."""

    migration: Migration
    condemned: tuple[Finding, ...]


def _migrate(suite: Suite, options: Options) -> Migration:
    """Take the first plan whose result the recheck does not condemn; without one, none."""
    attempt = _attempt(suite, options)
    if suite.editable is not None and attempt.migration.errors:
        # A part of a suite of which not all is known may break the rest.
        return replace(attempt.migration, changes=())
    if not attempt.condemned:
        return attempt.migration
    if suite.editable is not None:
        whole = _attempt(replace(suite, editable=None), options)
        if not whole.condemned:
            return _not_in_part(suite, attempt)
    if not options.safe_only:
        careful = _attempt(suite, replace(options, safe_only=True))
        if not careful.condemned and careful.migration.changes:
            return _taken_instead(careful.migration, attempt.condemned)
    return _nothing(attempt)


def _taken_instead(migration: Migration, condemned: Sequence[Finding]) -> Migration:
    first = condemned[0]
    said = note(
        "LS390",
        first.path,
        first.line,
        f"the shortest change was not taken, since {first.message.partition('. ')[0]}; this one"
        " rests on no assumption, as with --safe-only",
    )
    return replace(migration, findings=tuple(sorted({*migration.findings, said})))


def _nothing(attempt: _Attempt) -> Migration:
    """Return the migration that changes nothing, with all that is in the way."""
    migration = attempt.migration
    findings = [*migration.findings, *attempt.condemned]
    findings = [
        replace(finding, message=f"{finding.message}. Nothing of this suite is changed until then")
        if finding.code == "LS390"
        else finding
        for finding in sorted(set(findings))
    ]
    return replace(
        migration,
        status=_status([], findings, list(migration.errors)),
        changes=(),
        findings=tuple(findings),
        loops_after=migration.loops_before,
        requires="",
    )


def _not_in_part(suite: Suite, attempt: _Attempt) -> Migration:
    """Return an error for a part without which the rest of its suite would be wrong."""
    first = attempt.condemned[0]
    message = (
        f"nothing is changed: with only this part, {first.message.partition('. ')[0]}"
        f" ({first.path}:{first.line}). Migrate the whole suite: loopscope migrate {suite.label}"
    )
    errors = (*suite.errors, FileError(".", message))
    return Migration(suite.label, suite.config.path, Status.ERROR, errors=errors)


def _attempt(suite: Suite, options: Options) -> _Attempt:
    errors = list(suite.errors)
    seconds = options.time_limit
    model = build_model(suite, errors, seconds, FILE_CHECKS)
    facts = model.files
    context = RuleContext(model, make_plan(model, options), suite.config, options, suite.files)
    edits, option_edits, findings, left_out = _check_rules(context)
    edits = [edit for edit in edits if edit.path not in suite.cross_suite]
    least = least_version(context, edits, option_edits)
    pins, more = _requirements(context, [*edits, *option_edits], least)
    findings += more
    findings += left_over(facts, findings)
    if options.annotate:
        edits += comments_for(facts, findings)
    change_set = ChangeSet(suite, errors, seconds)
    change_set.require(pins)  # first: their places are those of the files as they were
    change_set.rewrite(facts, edits)
    change_set.configure(option_edits)
    changes = change_set.changes
    before = (
        model.legacy_map if context.plan.suite_style is SuiteStyle.LEGACY else model.modern_map
    )
    result = model
    if changes:
        more_changes = [*changes, *_changes_below(suite, options)]
        result = rebuild_model(suite, model, more_changes, errors, seconds, FILE_CHECKS)
    condemned: list[Finding] = []
    if not errors:
        findings += unresolved_requests(result, _line_of_usefixtures(suite))
    findings = [finding for finding in findings if finding.path not in suite.cross_suite]
    if not errors and changes:
        lost = list(lost_loops(before, model, result, left_out, findings))
        # Who leaves rules out, or definitions, has asked for a part, and is told of the rest.
        asked = left_out or any(file.ignores for file in facts.values())
        (findings if asked else condemned).extend(lost)
        findings += lost_below(before, model, result)
    if not errors:
        findings = [finding for finding in findings if not _ignored(context, finding)]
        condemned = [finding for finding in condemned if not _ignored(context, finding)]
    findings = sorted(set(findings))
    unread = sum(1 for _ in unread_mentions(model))
    migration = Migration(
        label=suite.label,
        config=suite.config.path,
        status=_status(changes, findings, errors),
        changes=tuple(changes),
        findings=tuple(findings),
        errors=tuple(errors),
        loops_before=count(before),
        loops_after=count(result.modern_map if changes else before),
        claimed=sum(file.mentions for file in facts.values()) - unread,
        unread=unread,
        requires=f"pytest-asyncio>={'.'.join(map(str, least))}" if model.uses_plugin else "",
        maps=loop_maps(model, result) if options.loop_maps else None,
    )
    return _Attempt(migration, tuple(condemned))


def recheck(suite: Suite, changes: Sequence[Change], seconds: float) -> tuple[Finding, ...]:
    """List the differences that remain when only ``changes``, some of a migration's, are made.

    ``seconds`` is the limit for one file, as in ``Options.time_limit``.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="<unknown>")
        return tuple(_recheck(replace(suite, cross_suite=CrossSuiteFiles()), changes, seconds))


def _recheck(suite: Suite, changes: Sequence[Change], seconds: float) -> Iterator[Finding]:
    model = build_model(suite, [], seconds, FILE_CHECKS)
    before = model.legacy_map if model.suite_style is SuiteStyle.LEGACY else model.modern_map
    errors: list[FileError] = []
    result = rebuild_model(suite, model, changes, errors, seconds, FILE_CHECKS)
    for error in errors:
        yield action("LS390", error.path, error.line, f"as it was left, {error.message}")
    for change in changes:
        if change.path.endswith(".py"):
            yield from _torn_code(suite.files.get(change.path, b""), change)
    yield from torn_loops(before, result)
    yield from unresolved_requests(result, _line_of_usefixtures(suite))


def style_and_loops(suite: Suite, changes: Sequence[Change] = ()) -> tuple[SuiteStyle, LoopMap]:
    """Return the style of a suite, and its modern loop map after ``changes``."""
    seconds = Options().time_limit
    model = build_model(suite, [], seconds, FILE_CHECKS)
    suite_style = model.suite_style
    if changes:
        model = rebuild_model(suite, model, changes, [], seconds, FILE_CHECKS)
    return suite_style, model.modern_map


def _changes_below(suite: Suite, options: Options) -> Iterator[Change]:
    """Collect the changes that the suites below make to their Python files."""
    for prefix, inner in suite.cross_suite.below.items():
        for change in _migrate(inner, options).changes:
            if change.path.endswith(".py"):
                yield replace(change, path=prefix + change.path)


def _torn_code(data: bytes, change: Change) -> Iterator[Finding]:
    """Report code that is broken because its other half is in a hunk that was left out."""
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


# -- the rules ---------------------------------------------------------------------------


def _check_rules(
    context: RuleContext,
) -> tuple[list[Edit], list[OptionEdit], list[Finding], set[str]]:
    """Run the rules; also return the codes of those with edits that are not selected."""
    edits: list[Edit] = []
    options: list[OptionEdit] = []
    findings: list[Finding] = []
    left_out: set[str] = set()
    for rule in REGISTRY:
        for outcome in rule.check(context) if rule.check else ():
            if not context.options.wants(outcome.code):
                if not isinstance(outcome, Finding):
                    left_out.add(outcome.code)
                continue
            if _ignored(context, outcome):
                continue
            if isinstance(outcome, Edit):
                edits.append(outcome)
            elif isinstance(outcome, OptionEdit):
                options.append(outcome)
            else:
                findings.append(outcome)
    return with_trace_notes(context, edits), options, findings, left_out


def _requirements(
    context: RuleContext, edits: list[Edit | OptionEdit], least: tuple[int, int]
) -> tuple[list[RequirementEdit], list[Finding]]:
    """LS202 and LS310, where anything changed that an older pytest-asyncio would not run."""
    wanted = context.options.requirements and context.model.uses_plugin
    if not wanted or all(edit.code == "LS107" for edit in edits):
        return [], []
    declarations = read_declarations(context.contents, context.options.target, least)
    chosen = [
        outcome
        for rule in REGISTRY
        if rule.check_declarations is not None
        for outcome in rule.check_declarations(declarations)
        if context.options.wants(outcome.code)
    ]
    return (
        [outcome for outcome in chosen if isinstance(outcome, RequirementEdit)],
        [outcome for outcome in chosen if isinstance(outcome, Finding)],
    )


def _ignored(context: RuleContext, outcome: Edit | OptionEdit | Finding) -> bool:
    """Whether a ``# loopscope: ignore`` comment covers the definition at the outcome's line."""
    if isinstance(outcome, OptionEdit) or outcome.path not in context.files:
        return False
    facts = context.files[outcome.path]
    if not facts.ignores:
        return False
    lines = {outcome.line}
    for function in facts.functions:
        if function.first_line <= outcome.line <= function.end_line:
            lines.update(range(function.first_line, function.line + 1))
    return any(
        outcome.code.startswith(codes) for line, codes in facts.ignores.items() if line in lines
    )


def _line_of_usefixtures(suite: Suite) -> int:
    """Find the line of ``usefixtures`` in the configuration, 1 where there is none."""
    lines = suite.files.get(suite.config.path or "", b"").splitlines()
    found = (n for n, line in enumerate(lines, 1) if line.strip().startswith(b"usefixtures"))
    return next(found, 1)


def _status(changes: list[Change], findings: list[Finding], errors: list[FileError]) -> Status:
    if errors:
        return Status.ERROR
    if any(finding.level is Level.ACTION for finding in findings):
        return Status.MANUAL
    return Status.CHANGED if changes else Status.CURRENT
