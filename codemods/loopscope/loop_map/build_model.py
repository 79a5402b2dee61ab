"""The model of a suite as it is, and as its changes leave it, with files of other suites."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from posixpath import basename
from types import MappingProxyType

from loopscope.analysis.file.checks import FileChecks
from loopscope.analysis.file.facts import Elsewhere, FileFacts
from loopscope.analysis.file.reader import read_file
from loopscope.analysis.file.shared_facts import share
from loopscope.analysis.suite.classify import Settings
from loopscope.analysis.suite.namespaces import Namespaces
from loopscope.analysis.suite.second_reading import read_again
from loopscope.analysis.suite.trace import index_trace
from loopscope.config.entry_points import plugin_entry_points
from loopscope.config.pytest_config import (
    asyncio_mode,
    deprecations_are_errors,
    loop_scope_option,
    mode_is_added,
    read_configuration,
    turns_plugin_off,
)
from loopscope.frozen import frozen
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.memo import once
from loopscope.pieces import each
from loopscope.python_source.source import SourceError, decode, explain
from loopscope.requirements import (
    Evidence,
    declares_plugin,
    given,
    installed,
    legacy_mode_floor,
    other_event_loop,
)
from loopscope.timeouts import OutOfTime, time_limit, took_too_long
from loopscope.types import Change, FileError, PytestConfig, Scope, Suite, Target


@frozen
class ReadSuite:
    """A suite with its model, and what is wrong with files of its own."""

    suite: Suite
    model: SuiteModel
    errors: tuple[FileError, ...] = ()


def build_model(
    suite: Suite,
    errors: list[FileError],
    seconds: float,
    checks: FileChecks,
    runs_on: str = "",
) -> SuiteModel:
    """Read the suite as it is; add what is wrong with a file of its own to ``errors``.

    ``runs_on`` is the pytest-asyncio that the user says it runs on, "" for none.
    """
    facts = _read(suite.files, errors, seconds, checks)
    others = _others(suite)
    facts |= _read(others, [], seconds, checks)
    facts = _completed(suite, suite.config, facts, {**others, **suite.files}, seconds, checks)
    outside = suite.cross_suite.outside.items()
    locked = {path: data for path, data in outside if not path.endswith(".py")}
    settings = _settings(suite.config, suite.files, given(runs_on), locked)
    settings = _with_collected_mode(suite, settings, settings)
    return SuiteModel(
        facts,
        suite.config,
        settings,
        suite.cross_suite,
        index_trace(suite.trace, facts),
        plugin_entry_points(suite.files),
        {**_others(suite), **suite.files},
        in_tests=suite.in_tests,
    )


def rebuild_model(
    suite: Suite,
    model: SuiteModel,
    changes: Iterable[Change],
    errors: list[FileError],
    seconds: float,
    target: Target | None = None,
) -> SuiteModel:
    """Read the suite as ``changes`` leave it; those to other suites are among them.

    Its loops are those of ``target``, the newest release without one. The result is for no rule:
    no changed file is asked for hazards or unread mentions.
    """
    changes = list(changes)
    after = {change.path: change.after for change in changes}
    own = {path: data for path, data in after.items() if path not in suite.cross_suite}
    facts = _read(own, errors, seconds, None)
    elsewhere = {path: data for path, data in after.items() if path in suite.cross_suite}
    facts |= _read(elsewhere, [], seconds, None)
    config = suite.config
    path = config.path or next((p for p in ("pyproject.toml", "pytest.ini") if p in own), None)
    if path in own:
        found = read_configuration(basename(path), own[path], path)
        config = found if isinstance(found, PytestConfig) else config
    facts = {**model.files, **facts}
    texts = {**_others(suite), **suite.files, **after}
    facts = _completed(suite, config, facts, texts, seconds, None)
    entry_points = plugin_entry_points(suite.files)
    settings = replace(_settings(config, {}), evidence=_evidence(target or Target.newest()))
    settings = _with_mode_of_commands(settings, config, suite.files)
    if suite.trace is not None:
        original = _settings(suite.config, suite.files)
        settings = _with_collected_mode(suite, settings, original)
    return SuiteModel(
        facts, config, settings, suite.cross_suite, model.trace_index, entry_points, texts
    )


def _with_collected_mode(suite: Suite, settings: Settings, original: Settings) -> Settings:
    """Take the mode that pytest has collected the suite in, where the source says another.

    Then code or a command line sets it, before and after. In the legacy mode, which the oldest
    releases have, the record is that of a newer one.
    """
    mode = suite.trace.mode if suite.trace is not None else ""
    if mode in ("", "legacy", original.mode) or original.mode == "legacy" or original.command[0]:
        return settings
    return replace(settings, mode=mode, mode_stays=True)


def _completed(
    suite: Suite,
    config: PytestConfig,
    facts: dict[str, FileFacts],
    texts: Mapping[str, bytes],
    seconds: float,
    checks: FileChecks | None,
) -> dict[str, FileFacts]:
    """Read those files again whose names other files explain."""

    def read(path: str, elsewhere: Elsewhere) -> FileFacts | None:
        data = texts.get(path)
        if data is None:
            return None
        found = _read_one(path, data, seconds, checks, elsewhere)
        return found if isinstance(found, FileFacts) else None

    return read_again(lambda files: Namespaces(files, config, suite.cross_suite), read, facts)


def _others(suite: Suite) -> dict[str, bytes]:
    """Return the Python files of other suites by their paths from the root of this one."""
    found = dict(suite.cross_suite.outside)
    for prefix, inner in suite.cross_suite.below.items():
        found |= {prefix + path: data for path, data in inner.files.items()}
    return found


def _read(
    files: Mapping[str, bytes], errors: list[FileError], seconds: float, checks: FileChecks | None
) -> dict[str, FileFacts]:
    paths = [path for path in sorted(files) if path.endswith(".py")]
    read = each(_read_one, ((path, files[path], seconds, checks) for path in paths))
    errors += (found for found in read if isinstance(found, FileError))
    return {found.path: found for found in read if isinstance(found, FileFacts)}


def _read_one(
    path: str,
    data: bytes,
    seconds: float,
    checks: FileChecks | None,
    elsewhere: Elsewhere | None = None,
) -> FileFacts | FileError:
    def read() -> FileFacts:
        text = decode(data).text
        if checks is None or elsewhere is not None:
            return read_file(path, text, checks, elsewhere)
        return share(path, text, partial(read_file, path, text, checks))

    what = f"facts {checks is not None} {elsewhere is not None}"  # one suite asks for these
    try:
        with time_limit(seconds):
            return once(what, path, (data, elsewhere), read)
    except SourceError as error:
        return FileError(path, error.message, error.line)
    except (SyntaxError, RecursionError, MemoryError) as error:
        return FileError(path, *explain(error, decode(data).text))
    except OutOfTime:
        return FileError(path, took_too_long(seconds))


def _evidence(target: Target) -> Evidence:
    series = target.major, target.minor
    return Evidence(series, series)


def _settings(
    config: PytestConfig,
    files: Mapping[str, bytes],
    runs_on: Evidence | None = None,
    locked: Mapping[str, bytes] = MappingProxyType({}),
) -> Settings:
    """Read the settings of a suite; ``locked`` is what a workspace around it has locked."""
    test = loop_scope_option(config, "asyncio_default_test_loop_scope")
    fixture = loop_scope_option(config, "asyncio_default_fixture_loop_scope")
    mode = asyncio_mode(config)
    added = mode_is_added(config)
    unset = "asyncio_mode" not in config.options and not added and runs_on is None
    if unset and mode == "strict" and legacy_mode_floor(files):
        mode = "legacy"  # the default of the releases up to 0.18
    settings = Settings(
        mode=mode,
        mode_stays=added,
        test_default=test if isinstance(test, Scope) else None,
        fixture_default=fixture if isinstance(fixture, Scope) else None,
        fixture_scope=fixture == "fixture-scope",
        evidence=runs_on or installed({**locked, **files}),
        deprecations_fail=deprecations_are_errors(config),
        declared=declares_plugin(files)
        or any(option.startswith("asyncio_") for option in config.options),
        turned_off=turns_plugin_off(config),
        other_event_loop=other_event_loop(files),
    )
    return _with_mode_of_commands(settings, config, files)


_AUTO = re.compile(
    rb"^(?![ \t]*(?:#|rem\b)).*(?:--asyncio-mode[ \t=\"',]+"
    rb"|(?:-o|--override-ini)[ \t=\"',]*asyncio_mode=)auto\b",
    re.MULTILINE,
)


def _with_mode_of_commands(
    settings: Settings, config: PytestConfig, files: Mapping[str, bytes]
) -> Settings:
    """Take the mode auto that a command runs pytest in (Makefile, CI), where no option sets one.

    In strict mode the same tests run with less: what is unmarked does not.
    """
    if settings.mode != "strict" or settings.mode_stays or "asyncio_mode" in config.options:
        return settings
    for path in sorted(files):
        data = files[path]
        if (not path.endswith(".py") or basename(path) == "noxfile.py") and b"asyncio" in data:
            found = _AUTO.search(data)
            if found is not None:
                line = data.count(b"\n", 0, found.start()) + 1
                return replace(settings, mode="auto", mode_stays=True, command=(path, line))
    return settings
