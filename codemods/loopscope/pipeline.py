"""One suite through the pipeline: bytes in, a migration out. Nothing is executed or written."""

from __future__ import annotations

import contextlib
import gc
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from loopscope.frozen import frozen
from loopscope.loop_map.build_model import ReadSuite, build_model, rebuild_model
from loopscope.loop_map.model import count
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.pieces import Piece, in_turn
from loopscope.pipeline_check import (
    left_overrides,
    line_of_usefixtures,
    lost_below,
    lost_imports,
    lost_loops,
    region_of_differences,
    unawaited_fixtures,
    unresolved_requests,
)
from loopscope.planning.loop_users import NO_CAUTION, Caution
from loopscope.planning.planner import make_plan
from loopscope.python_source.syntax_tree import forget_trees
from loopscope.rewriting.annotations import comments_for, left_over
from loopscope.rewriting.change_set import ChangeSet
from loopscope.rules.context import RuleContext, note
from loopscope.rules.file_style import in_the_style_of_files
from loopscope.rules.ls318_unread import files_aside, unread_mentions
from loopscope.rules.registry import FILE_CHECKS, check_rules
from loopscope.rules.run_declarations import (
    check_declarations,
    held_by_own_plugin,
    least_version,
)
from loopscope.rules.withheld_edits import (
    ALONE,
    edits_of_the_rest,
    is_left_whole,
    left_wrong,
    migration_of_product,
    not_in_part,
    product_files,
    product_part,
    saying_so,
)
from loopscope.rules.witnesses import options_with_reasons, with_reasons
from loopscope.types import (
    Change,
    EditRecord,
    Finding,
    Level,
    Migration,
    Options,
    Status,
    Suite,
)

if TYPE_CHECKING:
    from loopscope.loop_map.report_model import LoopMaps


# One thread reads suites at a time, as the workers of a cluster may have several: up to Python
# 3.12 ``ast.parse`` counts its depth for all threads together and fails with a SystemError where
# the collector lets two of them run at once, and the filters of warnings belong to the process.
_ONE_THREAD = threading.RLock()

T = TypeVar("T")


def read(suite: Suite, options: Options) -> ReadSuite:
    """Read a suite that is looked at before it is migrated."""
    with _at_work():
        return _read(suite, options)


def _read(suite: Suite, options: Options) -> ReadSuite:
    errors = list(suite.errors)
    model = build_model(suite, errors, options.time_limit, FILE_CHECKS, options.runs_on)
    return ReadSuite(suite, model, tuple(errors))


def migrate(suite: Suite | ReadSuite, options: Options) -> Migration:
    """Migrate one suite in memory.

    A file that cannot be decoded, parsed or rewritten, or that takes longer than the limit of
    the options, becomes a ``FileError``; the others are done all the same.
    """
    with _at_work():
        known = suite if isinstance(suite, ReadSuite) else _read(suite, options)
        return _migrate(known, options)


def make_pieces(make: Callable[..., T], pieces: Iterable[Piece]) -> list[T]:
    """Make some pieces of a suite for another process, see ``loopscope.pieces``."""
    with _at_work():
        return in_turn(make, pieces)


@contextlib.contextmanager
def _at_work() -> Iterator[None]:
    with _ONE_THREAD, _no_collection(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="<unknown>")  # ast.parse warns of odd code
        yield


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector away while a suite is worked on, and its trees no longer.

    Syntax trees are many objects without cycles, and are kept for a while: looking through them
    over and over found nothing, and took a sixth of the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        forget_trees()
        if enabled:
            gc.enable()


@frozen
class _Attempt:
    """One plan for a suite, carried out in memory, and what the recheck condemns of it.

    ``region`` are the files of the tests that are concerned, with their fixtures.
    """

    model: SuiteModel
    migration: Migration
    condemned: tuple[Finding, ...]
    region: frozenset[str]
    left_out: tuple[tuple[str, EditRecord], ...]  # of files that may not be changed


def _migrate(known: ReadSuite, options: Options) -> Migration:
    """Take the first plan whose result the recheck does not condemn; without one, none."""
    suite = known.suite
    attempt = _attempt(known, options)
    if suite.editable is not None and attempt.migration.errors:
        # A part of a suite of which not all is known may break the rest.
        return replace(attempt.migration, changes=())
    part = product_part(suite, attempt.model, attempt.migration)
    if part:
        return migration_of_product(attempt.migration, part)
    if suite.editable is not None:
        wrong = [
            *attempt.condemned,
            *left_wrong(suite.editable, attempt.model, attempt.migration, attempt.left_out),
        ]
        if wrong:
            whole = _attempt(_read(replace(suite, editable=None), options), options)
            there = {(one.path, one.line, one.code) for one in whole.migration.findings}
            left = [one for one in wrong if (one.path, one.line, one.code) not in there]
            if left and not whole.condemned:
                return not_in_part(suite, left[0])
    if not attempt.condemned:
        return attempt.migration
    for other_options, caution, how in _other_plans(options, attempt.region):
        other = _attempt(_read(suite, other_options), other_options, caution)
        if not other.condemned and other.migration.changes:
            return _taken_instead(other.migration, attempt.condemned, how)
    return _nothing(attempt, options)


def _other_plans(
    options: Options, region: frozenset[str]
) -> Iterator[tuple[Options, Caution, str]]:
    """Yield the plans to try after the first one, each with what is different about it."""
    if not options.safe_only:
        yield options, Caution(careful=region), f"rests on no assumption in {_files(region)}"
        careful = replace(options, safe_only=True)
        yield careful, NO_CAUTION, "rests on no assumption, as with --safe-only"
    yield options, Caution(joined=region), f"puts the tests of {_files(region)} on one loop"


def _files(paths: frozenset[str]) -> str:
    first, *more = sorted(paths)
    return f"{first} and {len(more)} more" if more else first


def _taken_instead(migration: Migration, condemned: Sequence[Finding], how: str) -> Migration:
    first = condemned[0]
    said = note(
        "LS390",
        first.path,
        first.line,
        f"the shortest change was not taken, since {first.message.partition('. ')[0]}; this one"
        f" {how}",
    )
    return replace(migration, findings=tuple(sorted({*migration.findings, said})))


def _nothing(attempt: _Attempt, options: Options) -> Migration:
    """Return the migration that changes nothing, with all that is in the way."""
    migration, model = attempt.migration, attempt.model
    findings = [*migration.findings, *attempt.condemned]
    findings = [
        replace(finding, message=f"{finding.message}. Nothing of this suite is changed until then")
        if finding.code == "LS390"
        else finding
        for finding in sorted(set(findings))
    ]
    return replace(
        migration,
        status=Status.of([], findings, errors=migration.errors),
        changes=(),
        findings=tuple(findings),
        loops_after=migration.loops_before,
        requires="",
        maps=_maps(model, model) if options.loop_maps else None,
    )


def _maps(model: SuiteModel, result: SuiteModel) -> LoopMaps:
    from loopscope.loop_map.build_report import loop_maps  # few runs ask for maps

    return loop_maps(model, result)


def _attempt(known: ReadSuite, options: Options, caution: Caution = NO_CAUTION) -> _Attempt:
    suite, model, errors = known.suite, known.model, list(known.errors)
    seconds = options.time_limit
    aside = files_aside(suite, errors)
    facts = model.files
    plan = make_plan(model, options, caution)
    context = RuleContext(model, plan, suite.config, options, suite.files, suite.editable or ())
    edits, option_edits, findings, left_out = check_rules(context)
    edits = [edit for edit in edits if edit.path not in suite.cross_suite]
    left_whole = is_left_whole(context, findings)
    if left_whole:
        edits, option_edits = edits_of_the_rest(context, edits, option_edits)
        findings = saying_so(findings)
    held = held_by_own_plugin(context, findings)
    if held:
        edits, option_edits = [edit for edit in edits if edit.code in ALONE], []
    findings += aside
    acts = any(finding.level is Level.ACTION for finding in findings)
    least = least_version(context, edits, option_edits)
    requirements = check_declarations(
        context,
        least,
        [*edits, *option_edits],
        finished=not (acts or left_whole or left_out),
        held=held,
    )
    left_whole = left_whole or bool(held)
    findings += requirements.findings
    findings += left_over(facts, findings)
    if suite.uncollected:
        place = suite.config.path or min(suite.files)
        said = f"{suite.uncollected}. Its source alone is read: see that it can be imported"
        findings.append(note("LS318", place, 0, said))
    if options.annotate:
        edits += comments_for(facts, findings)
    change_set = ChangeSet(suite, errors, seconds)
    # First: their places are those of the files as they were.
    change_set.require(requirements.edits)
    edits = with_reasons(context, in_the_style_of_files(context, edits))
    change_set.rewrite(model.index, edits)
    change_set.configure(options_with_reasons(context, option_edits))
    changes = change_set.changes
    before = (
        model.legacy_map if context.plan.suite_style is SuiteStyle.LEGACY else model.modern_map
    )
    all_changes = [*changes, *_changes_below(suite, options)]
    result = model
    if all_changes:
        result = rebuild_model(suite, model, all_changes, errors, seconds, options.target)
    condemned = change_set.broken
    if changes and not errors:
        condemned += lost_imports(model, result, changes)
    region = frozenset(finding.path for finding in condemned)
    if not errors and not left_whole and not model.classify.is_left_alone:
        findings += unresolved_requests(result, line_of_usefixtures(suite))
    findings = [finding for finding in findings if finding.path not in suite.cross_suite]
    if not errors and changes and not left_whole:
        lost = list(lost_loops(before, model, result, left_out, findings))
        # Who leaves rules out, or definitions, has asked for a part, and is told of the rest.
        asked = left_out or any(file.ignores for file in facts.values())
        (findings if asked else condemned).extend(lost)
        if asked:
            after = {change.path: change.after for change in changes}
            findings += left_overrides(result, {**suite.files, **after}, options)
            findings += unawaited_fixtures(model, result)
    if not errors and all_changes:
        findings += lost_below(before, model, result)
    if not errors:
        findings = [finding for finding in findings if not context.ignores(finding)]
        condemned = [finding for finding in condemned if not context.ignores(finding)]
    findings = sorted(set(findings))
    unread = sum(1 for _ in unread_mentions(model))
    migration = Migration(
        label=suite.label,
        config=suite.config.path,
        status=Status.of(changes, findings, errors=errors),
        changes=tuple(changes),
        findings=tuple(findings),
        errors=tuple(errors),
        loops_before=count(before),
        loops_after=count(result.modern_map if changes and not left_whole else before),
        claimed=sum(file.mentions for file in facts.values()) - unread,
        unread=unread,
        runs_on=model.runs_on if model.uses_plugin else "",
        product=product_files(model, changes, findings),
        requires=requirements.required,
        maps=_maps(model, result) if options.loop_maps else None,
    )
    if condemned:
        region |= region_of_differences(before, model, result)
    return _Attempt(model, migration, tuple(condemned), region, tuple(change_set.left_out))


def _changes_below(suite: Suite, options: Options) -> Iterator[Change]:
    """Collect the changes that the suites below make to their Python files."""
    for prefix, inner in suite.cross_suite.below.items():
        for change in _migrate(_read(inner, options), options).changes:
            if change.path.endswith(".py"):
                yield replace(change, path=prefix + change.path)
