"""Read the result again and hold it against the original: nothing may be wrong silently."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from loopscope.analysis.file.facts import Function
from loopscope.analysis.suite.closure import EVENT_LOOP, RequestKind
from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.analysis.suite.lost_names import lost_names
from loopscope.loop_map.build_model import build_model, rebuild_model
from loopscope.loop_map.goal import misses
from loopscope.loop_map.model import Cause, Difference, LoopMap, differences
from loopscope.loop_map.other_plugins import is_of_another_plugin
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.planning.override_actions import ActionKind
from loopscope.planning.planner import make_plan
from loopscope.python_source.source import SourceError, decode
from loopscope.rewriting.used_names import broken_code
from loopscope.rules.context import RuleContext, action, note
from loopscope.rules.ls101_event_loop_override.ordinary import said_of_ordinary
from loopscope.rules.registry import FILE_CHECKS
from loopscope.types import Change, CrossSuiteFiles, FileError, Finding, Level, Options, Suite

_TAKE_RULES = "Take the rules that were left out, too, or change it by hand"
_TAKE_THEM = "Take the hunks that were left out, too, or change it by hand"


def lost_loops(
    before: LoopMap,
    original: SuiteModel,
    after: SuiteModel,
    left_out: Collection[str] = (),
    told: Collection[Finding] = (),
) -> Iterator[Finding]:
    """Yield LS390 for tests whose modern loops differ from their legacy ones, by cause.

    Args:
        before: The loop map that the result must have.
        original: Tells where the tests stood.
        after: The model of the result.
        left_out: Codes of rules that would have changed more, and were not selected.
        told: The findings so far; who is told to make loops of a kind by hand knows of the kind.
    """
    if left_out:
        codes = ", ".join(sorted(left_out))
        one = len(left_out) == 1
        belong, them = ("belongs", "it") if one else ("belong", "them")
        hint = f"--select or --ignore leaves out {codes}, which {belong} to this: take {them}, too"
    else:
        hint = "Settle the other actions of this suite first; where there are none, report it"
    places = _places(original, after)
    actions = {(one.path, one.line) for one in told if one.level is Level.ACTION}

    def is_told(found: Difference) -> bool:
        override = original.override_of(places[found.test])
        return (
            found.cause is Cause.KIND
            and override is not None
            and (override.key.path, override.function.line) in actions
        )

    yield from _by_cause(
        [
            (places[found.test], found)
            for found in misses(before, original, after)
            if places[found.test].key.path not in after.cross_suite
            and not is_told(found)
            and not _runs_elsewhere(original, places[found.test])
        ],
        hint,
    )


def _runs_elsewhere(model: SuiteModel, test: Test) -> bool:
    """Whether anyio or trio runs the test: its fixtures are theirs, in whatever scope."""
    return not model.is_async_test(test) and is_of_another_plugin(model, test)


def _by_cause(found: Sequence[tuple[Test, Difference]], hint: str) -> Iterator[Finding]:
    """Yield one LS390 for all tests of one cause, at the first of them."""
    alike: dict[tuple[Cause, str], list[Test]] = defaultdict(list)
    for test, difference in found:
        alike[difference.cause, difference.names].append(test)
    for (cause, names), tests in alike.items():
        first, number = tests[0], len(tests)
        name = first.function.qualname
        text = (
            f"{name}: {cause.of_one(names)}"
            if number == 1
            else f"{number} tests {cause.of_several(names)} ({name} is the first)"
        )
        yield action("LS390", first.key.path, first.function.line, f"{text}. {hint}")


def lost_imports(
    before: SuiteModel, after: SuiteModel, changes: Collection[Change]
) -> Iterator[Finding]:
    """Yield LS390 for names that files of the suite still ask for, and that edits took away."""
    changed = {change.path for change in changes}
    for lost in lost_names(before.files, after.index, after.texts, changed):
        if lost.path in after.cross_suite:
            continue
        how = f"exports {lost.name}" if lost.exported else f"takes {lost.name} from {lost.origin}"
        text = f"after the edits this file still {how}, which is gone: take that out first"
        yield action("LS390", lost.path, lost.line, text)


def lost_below(before: LoopMap, original: SuiteModel, after: SuiteModel) -> Iterator[Finding]:
    """LS390 for tests of the suites below: one finding for what is alike in one of them."""
    places = _places(original, after)
    alike: dict[tuple[str, Cause, str], list[Test]] = defaultdict(list)
    for difference in (*differences(before, after.modern_map), *_narrower(before, after)):
        test = places[difference.test]
        for prefix, suite in after.cross_suite.below.items():
            if suite.cross_suite.loads_above and after.index.config.path is None:
                continue  # nothing says that it is run but by itself
            if test.key.path.startswith(prefix):
                alike[prefix, difference.cause, difference.names].append(test)
    for (prefix, cause, names), tests in alike.items():
        name = tests[0].function.qualname
        what = (
            f"1 test: {cause.of_one(names)}"
            if len(tests) == 1
            else (f"{len(tests)} tests {cause.of_several(names)}")
        )
        yield action(
            "LS390",
            tests[0].key.path,
            tests[0].function.line,
            f"when pytest runs in the folder above, as configured there, {what} ({name} is the"
            f" first). Run {prefix} by itself, or migrate it with --style explicit",
        )


def _narrower(before: LoopMap, after: SuiteModel) -> Iterator[Difference]:
    """List the tests with a fixture of a wider scope than the default gives its loop."""
    for test in after.tests:
        for item in after.closure(test).fixtures if test.id in before else ():
            if not after.is_async_fixture(item.function) or item.key.is_external:
                continue
            if after.modern.fixture_loop_scope(item.function) < item.fixture.scope:
                yield Difference(test.id, Cause.NARROWER, f"fixture {item.fixture.name}")


def region_of_differences(
    before: LoopMap, original: SuiteModel, after: SuiteModel
) -> frozenset[str]:
    """List the files of the tests whose loops differ, and of their fixtures."""
    places = _places(original, after)
    tests = [places[found.test] for found in misses(before, original, after)]
    keys = [item.key for test in tests for item in original.closure(test).fixtures]
    overrides = filter(None, map(original.override_of, tests))
    keys += [item.key for item in overrides]
    return frozenset({*(test.module for test in tests), *(key.path for key in keys)})


def torn_loops(before: LoopMap, original: SuiteModel, after: SuiteModel) -> Iterator[Finding]:
    """Yield LS390 for changes of which a person left some out, one finding for each cause."""
    places = _places(original, after)
    found = [(places[one.test], one) for one in misses(before, original, after)]
    yield from _by_cause(found, _TAKE_THEM)


def _places(original: SuiteModel, after: SuiteModel) -> dict[str, Test]:
    return {test.id: test for test in (*after.tests, *original.tests)}


def unresolved_requests(after: SuiteModel, config_line: int) -> Iterator[Finding]:
    """LS102: requests for ``event_loop`` that no fixture of the result answers.

    ``config_line`` is that of the option ``usefixtures``.
    """
    answered: set[Key] = set()
    reported: set[Key] = set()
    configured = False
    for test in after.index.tests:
        for request in after.closures.of(test).requests:
            key = request.requester.key if request.requester else test.key
            if request.target is not None:
                answered.add(key)
            elif request.kind is RequestKind.CONFIGURED:
                configured = True
            elif key not in reported:
                reported.add(key)
                yield _missing(after, key, test)
    if configured:
        yield action(
            "LS102",
            after.index.config.path or "",
            config_line,
            "usefixtures asks for event_loop in every test, and pytest-asyncio no longer has it: "
            "take the name out. Sync tests that need a loop ask for a fixture of their own",
        )
    met = answered | reported
    called = {other for key in met for other in after.closures.call_graph.of(key)}
    yield from _without_tests(after, met | called)


def _without_tests(after: SuiteModel, met: Collection[Key]) -> Iterator[Finding]:
    """LS102 for fixtures and helpers that no test of the suite is seen to use."""
    places: dict[Key, list[str]] = defaultdict(list)
    for base_id, fixtures in after.index.registered.items():
        for item in fixtures.values():
            places[item.key].append(base_id)
    for path, facts in after.files.items():
        for function in facts.functions:
            key = Key(path, function.ordinal)
            asks = function.fixture is not None and EVENT_LOOP in function.parameters
            helps = EVENT_LOOP in function.dynamic and not function.is_async
            if not (asks or helps) or key in met:
                continue
            if function.fixture is not None and key not in places:
                yield _unregistered(after, key, function)
            elif not all(
                after.index.seen_from(place, EVENT_LOOP) for place in places.get(key, (path,))
            ):
                yield _missing(after, key, None)


def _unregistered(after: SuiteModel, key: Key, function: Function) -> Finding:
    """Report a fixture that pytest does not register here: a bridge would be seen by nobody."""
    assert function.fixture is not None
    name = function.fixture.name
    known = any(name in fixtures for fixtures in after.index.registered.values())
    asked = any(name in _asked(after, test) for test in after.index.tests)
    place = ("LS102", key.path, function.line)
    if asked and not known:
        return action(
            *place,
            f"{function.qualname} asks for event_loop, which pytest-asyncio no longer has, and"
            " nothing is seen to register it for the tests that use it: name this module in"
            " pytest_plugins of their conftest, or import the fixture there, and run loopscope"
            " again",
        )
    return note(
        *place,
        f"{function.qualname} asks for event_loop, which pytest-asyncio no longer has; no test"
        " that pytest collects here gets it. Where pytest is given this file by name, add it to"
        " python_files, and run loopscope again",
    )


def _asked(after: SuiteModel, test: Test) -> Iterator[str]:
    """List the names that a test and its fixtures ask for."""
    yield from test.function.parameters
    yield from (name for mark in test.marks if mark.name == "usefixtures" for name in mark.strings)
    for item in after.closures.of(test).fixtures:
        yield from item.function.parameters


def _missing(after: SuiteModel, key: Key, test: Test | None) -> Finding:
    function = after.index.function(key)
    if test is not None and test.unittest:
        advice = "A unittest.TestCase cannot ask for a loop: use IsolatedAsyncioTestCase"
    else:
        advice = "Take the loop from asyncio.get_running_loop() in async code"
    return action(
        "LS102",
        key.path,
        function.line,
        f"{function.qualname} asks for event_loop, which pytest-asyncio no longer has. {advice}",
    )


def line_of_usefixtures(suite: Suite) -> int:
    """Find the line of ``usefixtures`` in the configuration, 1 where there is none."""
    lines = suite.files.get(suite.config.path or "", b"").splitlines()
    found = (n for n, line in enumerate(lines, 1) if line.strip().startswith(b"usefixtures"))
    return next(found, 1)


# -- a part of the changes ----------------------------------------------------------------


def unawaited_fixtures(
    original: SuiteModel, result: SuiteModel, hint: str = _TAKE_RULES
) -> Iterator[Finding]:
    """Yield LS390 for fixtures that have become async below a decorator that awaits none."""
    if result.settings.mode != "strict":
        return
    awaited = {
        (path, function.qualname)
        for path, facts in original.files.items()
        for function in facts.functions
        if function.fixture and (not function.is_async or original.settings.mode != "strict")
    }
    for path, facts in result.files.items():
        for function in facts.functions:
            plain = function.fixture and function.fixture.origin != "pytest_asyncio.fixture"
            if not plain or not result.is_async_fixture(function):
                continue
            if (path, function.qualname) in awaited:
                text = (
                    f"as it was left, {function.qualname} is async, and in strict mode nothing"
                    " awaits it but pytest_asyncio.fixture"
                )
                yield action("LS390", path, function.line, f"{text}. {hint}")


def left_overrides(
    result: SuiteModel, files: Mapping[str, bytes], options: Options, hint: str = _TAKE_RULES
) -> Iterator[Finding]:
    """Yield LS390 for overrides that were left in a suite which names loop scopes now.

    Sync tests drive their loops, with what async fixtures have made on others.
    """
    if result.suite_style is not SuiteStyle.MODERN:
        return
    plan = make_plan(result, options)
    context = RuleContext(result, plan, result.index.config, options, files)
    for key, override_action in plan.overrides.items():
        if override_action.kind is ActionKind.ORDINARY:
            said = said_of_ordinary(context, key, result.index.function(key))
            if said.level is Level.ACTION:
                text = f"as it was left, {said.message.partition('. ')[0]}. {hint}"
                yield action("LS390", said.path, said.line, text)


def recheck(suite: Suite, changes: Sequence[Change], options: Options) -> tuple[Finding, ...]:
    """List the differences that remain when only ``changes``, some of a migration's, are made."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="<unknown>")
        alone = CrossSuiteFiles(own_names=suite.cross_suite.own_names)
        return tuple(_recheck(replace(suite, cross_suite=alone), changes, options))


def _recheck(suite: Suite, changes: Sequence[Change], options: Options) -> Iterator[Finding]:
    seconds = options.time_limit
    model = build_model(suite, [], seconds, FILE_CHECKS, options.runs_on)
    before = model.legacy_map if model.suite_style is SuiteStyle.LEGACY else model.modern_map
    errors: list[FileError] = []
    result = rebuild_model(suite, model, changes, errors, seconds, options.target)
    for error in errors:
        yield action("LS390", error.path, error.line, f"as it was left, {error.message}")
    for change in changes:
        if change.path.endswith(".py"):
            yield from _torn_code(suite.files.get(change.path, b""), change)
    yield from torn_loops(before, model, result)
    yield from unresolved_requests(result, line_of_usefixtures(suite))
    files = {**suite.files, **{change.path: change.after for change in changes}}
    yield from left_overrides(result, files, options, _TAKE_THEM)
    yield from unawaited_fixtures(model, result, _TAKE_THEM)


def _torn_code(data: bytes, change: Change) -> Iterator[Finding]:
    """Report code that is broken because its other half is in a hunk that was left out."""
    try:
        broken = broken_code(decode(data).text, decode(change.after).text)
        if broken is not None:
            message, line = broken
            text = f"as it was left, this is wrong: {message}. {_TAKE_THEM}"
            yield action("LS390", change.path, line, text)
    except (SourceError, SyntaxError, RecursionError, MemoryError):
        return  # said elsewhere
