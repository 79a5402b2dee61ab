"""LS318: something that decides about loops stands where no rule reads it.

The plan is made from what was read, and what was not read would count as absent: a request for the
loop that nobody answers, a fixture on another loop than its tests, a test that no mark reaches.
So each mention of such a thing that is not understood is an action at its place.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from loopscope.analysis.file.facts import Position
from loopscope.analysis.file.mentions import (
    MAKES_FIXTURES,
    MAKES_TESTS,
    MODE_BY_CODE,
    SETS_MARKS,
    USES_MARK,
)
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.config.collected_files import collects
from loopscope.config.pytest_config import CONFIGURATION_FILES, is_test_file
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.python_source.source import NEWER_PYTHON, NO_PYTHON
from loopscope.rules.context import Rule, RuleContext, RuleResult, action, first_of, note
from loopscope.rules.ls105_test_loop_scope.collection_hooks import keeps_added_marks
from loopscope.rules.ls305_closed_loop import needless_hooks
from loopscope.rules.ls318_unread.made_tests import made_classes, made_tests
from loopscope.rules.trace_notes import collected_differences
from loopscope.types import FileError, Finding, Scope, Suite


def check(context: RuleContext) -> Iterator[RuleResult]:
    model = context.model
    trace = model.trace_index.trace
    complete = trace.holds_all(model.index.test_modules)
    asked = any(one.dynamic for facts in model.files.values() for one in facts.functions)
    for path, place in unread_mentions(model):
        if complete and place.detail.endswith(MAKES_TESTS):
            continue  # pytest says which
        if complete and place.detail.endswith(MAKES_FIXTURES) and not asked:
            continue  # likewise, where none is asked for while tests run
        if place.detail.endswith((USES_MARK, SETS_MARKS)) and keeps_added_marks(context):
            continue  # likewise, of the tests that have it
        if trace.mode and place.detail == MODE_BY_CODE:
            yield note(
                "LS318", path, place.line,
                f"asyncio_mode is set by code: it is {trace.mode}, {trace.shown}",
            )  # fmt: skip
            continue
        yield action(
            "LS318", path, place.line,
            f"this was not read: {place.detail}. See which loop it needs, and change it"
            " by hand; a fixture, mark or argument written out plainly is read",
            place.column,
        )  # fmt: skip
    if _decides(model):
        yield from unseen_tests(context)
        yield from _other_modules(model)
        yield from collected_differences(context)
        if not complete:
            yield from made_tests(model, unread_mentions(model))
            yield from made_classes(model)
        for test in model.tests:
            yield from _asked_while_running(context, test)


# What Jinja fills in, also with comments around its statements.
_TEMPLATE = re.compile(rb"\{\{-?\s*[A-Za-z_][\w.]*|\{%-?\s*\w+|^[^\S\n]*# % \w+", re.MULTILINE)
_STATEMENT_IN_COMMENT = re.compile(rb"^[^\S\n]*#+[^\S\n]*\{%", re.MULTILINE)


def files_aside(suite: Suite, errors: list[FileError]) -> list[Finding]:
    """Take templates, and what is no Python and no test run reads, out of the errors.

    Returns:
        Notes that say so.
    """
    found = []
    for error in tuple(errors):
        path = f"{suite.label}/{error.path}"
        never = error.message.startswith(NO_PYTHON) and NEWER_PYTHON not in error.message
        data = suite.files.get(error.path, b"")
        if "{{" in path or "{%" in path or _is_filled(suite, error, data, never=never):
            why = "this is a template, and no file that a tool can read: it was not read"
        elif never and not collects(suite.config, error.path):
            why = "this is no Python, and pytest does not collect it: it was not read"
        else:
            continue
        if error.path in CONFIGURATION_FILES:
            why += ", and neither were the tests that it configures"
        errors.remove(error)
        found.append(note("LS318", error.path, error.line, why))
    return found


def _is_filled(suite: Suite, error: FileError, data: bytes, *, never: bool) -> bool:
    """Whether Jinja makes something of a file that can be read."""
    if error.path not in CONFIGURATION_FILES:
        tests = is_test_file(error.path, suite.config)
        return never and not tests and bool(_TEMPLATE.search(data))
    # Configurations hold templates of their tools as values, too.
    place = [line for number, line in enumerate(data.splitlines(), 1) if number == error.line]
    return any(map(_TEMPLATE.search, place)) or bool(_STATEMENT_IN_COMMENT.search(data))


def unread_mentions(model: SuiteModel) -> Iterator[tuple[str, Position]]:
    """Yield the mentions that nobody claims, in the files that pytest itself reads.

    In a suite that is on loop scopes already they decide about nothing, but for those that name
    the old fixture where there is none: they have lost what they work on.
    """
    decides = _decides(model)
    if not decides and not (model.uses_plugin and model.misses_event_loop):
        return
    index = model.index
    ended = list(needless_hooks(model))
    for path in (*index.conftests, *index.test_modules, *index.plugins):
        for place in model.files[path].unread:
            known = any(
                key.path == path and hook.first_line <= place.line <= hook.end_line
                for key, hook in ended
            )
            if (decides or EVENT_LOOP in place.detail) and not known:
                yield path, place
    if decides:
        yield from _in_decorators(model)


def _in_decorators(model: SuiteModel) -> Iterator[tuple[str, Position]]:
    """Yield the mentions in functions of other files that decorate what pytest reads."""
    index = model.index
    read = {*index.conftests, *index.test_modules, *index.plugins}
    if not any(facts.unread for path, facts in model.files.items() if path not in read):
        return  # nearly always; what follows looks every decorator up
    seen: set[Key] = set()
    for path in sorted(read):
        for name in {name for one in model.files[path].functions for name in one.decorators}:
            key, decorator = index.find_function(path, name) or (None, None)
            if key is None or decorator is None or key.path in read or key in seen:
                continue
            seen.add(key)
            for place in model.files[key.path].unread:
                if decorator.first_line <= place.line <= decorator.end_line:
                    yield key.path, place


def _decides(model: SuiteModel) -> bool:
    return model.suite_style is SuiteStyle.LEGACY and model.uses_plugin


def _asked_while_running(context: RuleContext, test: Test) -> Iterator[RuleResult]:
    """Report async tests that get a sync fixture which needs the loop by ``getfixturevalue``.

    No fixture can be set up on a loop that runs already.
    """
    function = test.function
    if not function.is_async:
        return
    for name in function.dynamic:
        if name in ("", EVENT_LOOP):
            continue
        for fixture in context.model.closures.visible(test, name)[-1:]:
            sync = not fixture.function.is_async  # LS317 reports the others
            if sync and EVENT_LOOP in fixture.function.parameters:
                yield action(
                    "LS318", test.key.path, function.line,
                    f"this was not read: {function.qualname} gets {name}, which needs the event"
                    " loop, by getfixturevalue while that loop runs. Make it an argument",
                )  # fmt: skip


RULE = Rule(
    "LS318",
    "unread",
    "something that decides about loops stands where no rule reads it",
    "any",
    check,
)


def unseen_tests(context: RuleContext) -> Iterator[RuleResult]:
    """Say of each module which tests pytest collects besides, and whether they keep their loop."""
    shown = context.model.trace_index.trace.shown
    kept: dict[str, list[Test]] = defaultdict(list)
    lost: dict[str, list[Test]] = defaultdict(list)
    for test in context.model.classify.made_tests:
        if _has_to_do_with_loops(context, test):
            (kept if _keeps_its_loop(context, test) else lost)[test.module].append(test)
    default = context.plan.default.word
    for module, tests in kept.items():
        yield note(
            "LS318", module, tests[0].function.line,
            f"{_names(tests)}: made while the module is imported, {shown}. The plan follows that:"
            " they keep the loop that they had",
        )  # fmt: skip
    for module, tests in lost.items():
        yield action(
            "LS318", module, tests[0].function.line,
            f"{_names(tests)}: made while the module is imported, {shown}, and the default loop"
            f" scope, {default}, does not give them the loop that they had. Write them out, and"
            " run loopscope again",
        )  # fmt: skip


def _other_modules(model: SuiteModel) -> Iterator[RuleResult]:
    """Report modules in which pytest alone sees tests: their fixtures are not known."""
    trace = model.trace_index.trace
    found: dict[str, list[str]] = defaultdict(list)
    for name in trace.lines:
        module = name.partition("::")[0]
        if module in model.files and module not in model.index.test_modules:
            found[module].append(name)
    for module, names in found.items():
        if any(name in trace.async_tests or name in trace.asking_for_loop for name in names):
            yield action(
                "LS318", module, trace.lines[names[0]] or 1,
                f"{len(names)} tests of this module are read by pytest alone, {trace.shown}: its"
                " name is none of python_files. Add it there, and run loopscope again",
            )  # fmt: skip


def _names(tests: list[Test]) -> str:
    return first_of([test.id.rpartition("::")[2] for test in tests])


def _has_to_do_with_loops(context: RuleContext, test: Test) -> bool:
    model = context.model
    closure = model.closure(test)
    return (
        test.function.is_async
        or bool(closure.requests)
        or any(model.is_async_fixture(item.function) for item in closure.fixtures)
    )


def _keeps_its_loop(context: RuleContext, test: Test) -> bool:
    """Whether the defaults alone put the test, and all of its async fixtures, on its old loop."""
    model, plan = context.model, context.plan
    closure = model.closure(test)
    if closure.unknown:
        return False
    if not test.function.is_async:
        return True  # it is with its fixtures, and with the bridge that it asks for
    if test.id not in model.trace_index.trace.bare_marks:
        return False
    if plan.made.get(test.id) is not plan.default:
        return False
    return all(
        _fixture_loop_scope(context, item.key) is plan.default
        for item in closure.fixtures
        if model.is_async_fixture(item.function)
    )


def _fixture_loop_scope(context: RuleContext, key: Key) -> Scope | None:
    plan = context.plan
    return plan.fixture_default if key.is_external else plan.fixtures.get(key)
