"""One suite through the pipeline: bytes in, a migration out. Nothing is executed or written."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from posixpath import basename

from loopscope.annotate import comments_for, left_over
from loopscope.facts.model import FileFacts
from loopscope.facts.reader import read_file
from loopscope.loops.compare import count
from loopscope.loops.modules import find_module
from loopscope.loops.plan import make_plan
from loopscope.loops.reading import Era, Reading, Settings
from loopscope.recheck import lost_loops, unanswered
from loopscope.rules import ORDER
from loopscope.rules.base import Case, Edit, OptionEdit
from loopscope.rules.features import least_version
from loopscope.scopes import Scope
from loopscope.suites.configuration import asyncio_mode, loop_scope_option, read_configuration
from loopscope.syntax.source import SourceError, decode
from loopscope.values import (
    Change,
    EditRecord,
    FileError,
    Finding,
    Level,
    Migration,
    Options,
    PytestConfig,
    Status,
    Suite,
)

_MODERN_PIN = re.compile(rb"pytest[-_]asyncio\s*(?:\[[^\]]*\])?\s*(?:>=|==|~=)\s*[1-9]")
_REQUIREMENTS = re.compile(r"requirements.*\.(txt|in)|pyproject\.toml|setup\.(cfg|py)|tox\.ini")


def migrate(suite: Suite, options: Options) -> Migration:
    """Migrate one suite in memory.

    A file that cannot be decoded, parsed or rewritten becomes a ``FileError``; the others
    are done all the same.
    """
    errors = list(suite.errors)
    facts = _read(suite.files, errors)
    config = suite.config
    reading = Reading(facts, config, _settings(config, suite.files))
    case = Case(
        reading,
        make_plan(reading, options),
        config,
        options,
        {path: data for path, data in suite.files.items() if path not in facts},
    )
    edits, option_edits, findings = _decide(case)
    least = least_version(case, option_edits)
    findings += left_over(facts, findings)
    if options.annotate:
        edits += comments_for(facts, findings)
    changes = _rewrite(suite, facts, edits, errors)
    changes += _configure(suite, option_edits, errors)
    if suite.editable is not None:
        changes = [change for change in changes if change.path in suite.editable]
    before = reading.legacy_map if case.plan.era is Era.LEGACY else reading.modern_map
    result = _read_again(suite, facts, changes, errors) if changes else reading
    if not errors:
        partial = suite.editable is not None
        if changes and not any(finding.code == "LS201" for finding in findings):
            findings += lost_loops(before, result, partial=partial)
        findings += unanswered(result)
        findings = [finding for finding in findings if not _ignored(case, finding)]
    findings = sorted(set(findings))
    return Migration(
        label=suite.label,
        config=config.path,
        status=_status(changes, findings, errors),
        changes=tuple(sorted(changes, key=lambda change: change.path)),
        findings=tuple(findings),
        errors=tuple(errors),
        loops_before=count(before),
        loops_after=count(result.modern_map if changes else before),
        requires=f"pytest-asyncio>={'.'.join(map(str, least))}" if reading.uses_plugin else "",
    )


def _read(files: Mapping[str, bytes], errors: list[FileError]) -> dict[str, FileFacts]:
    facts: dict[str, FileFacts] = {}
    for path in sorted(files):
        if not path.endswith(".py"):
            continue
        try:
            facts[path] = read_file(path, decode(files[path]).text)
        except SourceError as error:
            errors.append(FileError(path, error.message, error.line))
        except SyntaxError as error:
            message = f"this is no Python that {_python()} can parse: {error.msg}"
            errors.append(FileError(path, message, error.lineno or 0))
        except RecursionError:
            errors.append(FileError(path, "an expression is nested too deeply to be parsed"))
    return facts


def _python() -> str:
    import sys

    return f"Python {sys.version_info.major}.{sys.version_info.minor}"


def _settings(config: PytestConfig, files: Mapping[str, bytes]) -> Settings:
    test = loop_scope_option(config, "asyncio_default_test_loop_scope")
    fixture = loop_scope_option(config, "asyncio_default_fixture_loop_scope")
    return Settings(
        mode=asyncio_mode(config),
        test_default=test if isinstance(test, Scope) else None,
        fixture_default=fixture if isinstance(fixture, Scope) else None,
        fixture_scope=fixture == "fixture-scope",
        modern_requirement=any(
            _REQUIREMENTS.fullmatch(basename(path)) and _MODERN_PIN.search(data)
            for path, data in files.items()
        ),
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


# -- rewriting --------------------------------------------------------------------------


def _rewrite(
    suite: Suite,
    facts: Mapping[str, FileFacts],
    edits: Iterable[Edit],
    errors: list[FileError],
) -> list[Change]:
    by_path: dict[str, list[Edit]] = defaultdict(list)
    for edit in edits:
        by_path[edit.path].append(edit)
    changes = []
    if by_path:
        from loopscope.rewrite import RewriteError, rewrite

        imported = _imported(facts)
        for path, found in by_path.items():
            try:
                before = suite.files.get(path)
                after = rewrite(before or b"", found, frozenset(imported[path]))
            except RewriteError as error:
                errors.append(FileError(path, str(error)))
                continue
            if after != before:
                changes.append(Change(path, before, after, tuple(map(_record, found))))
    return changes


def _imported(facts: Mapping[str, FileFacts]) -> dict[str, set[str]]:
    """For each file the names that other files of the suite import from it."""
    found: dict[str, set[str]] = defaultdict(set)
    for path, file in facts.items():
        for bound in file.imports:
            origin = find_module(facts, path, bound.module) if bound.attribute else None
            if origin is not None and bound.attribute is not None:
                found[origin].add(bound.attribute)
    return found


def _record(edit: Edit) -> EditRecord:
    return EditRecord(edit.code, edit.line, edit.definition, edit.message, edit.safety)


def _configure(suite: Suite, edits: list[OptionEdit], errors: list[FileError]) -> list[Change]:
    """Write the options into the file that pytest reads, or into a new one."""
    if not edits:
        return []
    from loopscope.syntax.options import (
        OptionsError,
        add_table,
        new_configuration,
        set_options,
    )

    values = {edit.name: edit.value for edit in edits}
    path = suite.config.path
    try:
        if path is not None:
            before: bytes | None = suite.files[path]
            after = set_options(before or b"", suite.config, values)
        elif "pyproject.toml" in suite.files:
            path, before = "pyproject.toml", suite.files["pyproject.toml"]
            after = add_table(before, values)
        else:
            path, before, after = "pytest.ini", None, new_configuration(values)
    except OptionsError as error:
        errors.append(FileError(path or "", str(error)))
        return []
    if after == before:
        return []
    records = tuple(EditRecord(e.code, 0, e.name, e.message, e.safety) for e in edits)
    return [Change(path, before, after, records)]


# -- recheck ----------------------------------------------------------------------------


def _read_again(
    suite: Suite, facts: dict[str, FileFacts], changes: list[Change], errors: list[FileError]
) -> Reading:
    """The reading of the result."""
    after = {change.path: change.after for change in changes}
    new_facts = _read(after, errors)
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
