"""LS201: the configuration states the default loop scopes.

``asyncio_default_fixture_loop_scope`` exists since pytest-asyncio 0.24 (unset, it warns),
``asyncio_default_test_loop_scope`` since 0.26. Both get the same value: two different
defaults are a trap for the next fixture.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from loopscope.analysis.file.checks import FileCheck
from loopscope.analysis.file.facts import Fixture
from loopscope.analysis.suite.classify import Settings, can_say_fixture_scope
from loopscope.config.pytest_config import asyncio_mode, loop_scope_option
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.requirements.compatibility import used_plugins
from loopscope.rules.context import (
    OptionEdit,
    Rule,
    RuleContext,
    RuleResult,
    action,
    first_of,
    note,
)
from loopscope.rules.debug_mode import VARIABLE, debug_mode, debug_modes
from loopscope.types import FileError, Finding, PytestConfig, Safety, Scope

FIXTURE_OPTION = "asyncio_default_fixture_loop_scope"
TEST_OPTION = "asyncio_default_test_loop_scope"
_SHARED = (
    "no configuration is written to the root, as pytest would read it for the projects below that"
    " have none of their own ({}). Tests and fixtures name their loop scopes instead"
)
_UNSET = "set explicitly to what unset means"
_AS_TESTS = "set to the default of the tests; each fixture names its loop scope"
_WARNS = "pytest-asyncio is installed, and warns at each run where it is unset"
_MOST = "the loop scope of most tests of the suite"
_MOST_COMMON = "the most common loop scope of the tests"
_OF_TESTS = "the default loop scope of the tests"
_USUAL = "the default of pytest-asyncio; what has another loop scope names it"
_OF_PLUGINS = "the loop scope of the fixtures of installed plugins"
_FEWEST = "the one for which the fewest lines name another"


def check(context: RuleContext) -> Iterator[RuleResult]:
    settings = context.model.settings
    if not context.model.uses_plugin:
        yield from _left_to_others(context)
        if context.config.path and context.model.own_tests and _would_warn(settings):
            yield OptionEdit("LS201", FIXTURE_OPTION, "function", _WARNS)
        return
    if context.config.passed_over:
        yield _both_tables(context)
    if _is_idle(context):
        return
    yield from _mode(context)
    if settings.command[0] and context.model.own_tests:
        yield note(
            "LS201",
            *settings.command,
            "pytest is run in the mode auto here, so that all async tests and fixtures count",
        )
    yield from debug_mode(context)
    others = _others_below(context)
    if others:
        yield note("LS201", others[0], 0, _SHARED.format(first_of(others, 1)))
    elif context.plan.suite_style is SuiteStyle.MODERN:
        if settings.fixture_option_unset and not _is_left_broken(context):
            yield _unset(context)
    else:
        yield from _defaults(context)


def _defaults(context: RuleContext) -> Iterator[RuleResult]:
    settings, default = context.model.settings, context.plan.default
    if settings.fixture_option_unset:
        yield OptionEdit("LS201", FIXTURE_OPTION, default.word, _why(context, default))
    elif settings.fixture_default is not context.plan.fixture_default is default:
        reason = "every async fixture runs with tests on that loop scope"
        yield OptionEdit("LS201", FIXTURE_OPTION, default.word, reason, Safety.ASSUMPTION)
    elif settings.fixture_default is not default:
        yield note(
            "LS201",
            context.config.path or "",
            1,
            f"{FIXTURE_OPTION} differs from the default of the tests, {default.word}, so "
            "fixtures that run with them name theirs: make both defaults the same some day",
        )
    if default is not Scope.FUNCTION and settings.test_default is None:
        yield OptionEdit("LS201", TEST_OPTION, default.word, _why(context, default))
        yield from _configured_above(context, default)


def _mode(context: RuleContext) -> Iterator[OptionEdit]:
    if context.model.auto_by_hook:
        yield OptionEdit(
            "LS105", "asyncio_mode", "auto", "auto mode marks what a collection hook marked"
        )
    elif context.model.settings.mode == "legacy":
        yield OptionEdit(
            "LS201", "asyncio_mode", "strict", "legacy mode is gone; strict is closest to it"
        )


def _others_below(context: RuleContext) -> list[str]:
    """List the projects below for which no configuration is written to the root.

    In a suite that is on loop scopes it would only be there to end a warning.
    """
    projects = context.model.cross_suite
    modern = context.plan.suite_style is SuiteStyle.MODERN
    if context.config.path is not None:
        return []
    return [*(projects.projects if modern else projects.bare)]


def _why(context: RuleContext, default: Scope) -> str:
    """Say what is true of a default."""
    own = {test.id for test in context.model.own_tests}
    counts = Counter(scope for id_, scope in context.plan.tests.items() if id_ in own)
    if 2 * counts[default] > counts.total():
        return _MOST
    others = [number for scope, number in counts.items() if scope is not default]
    if counts[default] > max(others, default=0):
        return _MOST_COMMON
    if context.model.settings.test_default is default:
        return _OF_TESTS
    if default is Scope.FUNCTION:
        return _USUAL
    return _OF_PLUGINS if context.model.trace_index.external else _FEWEST


def _left_to_others(context: RuleContext) -> Iterator[Finding]:
    """Say why a suite with an ``event_loop`` is left as it is, which its maintainer may doubt."""
    roles, settings = context.model.classify, context.model.settings
    other = settings.other_event_loop
    if not roles.names_plugin and not roles.uses_event_loop:
        return
    if settings.turned_off:
        yield note(
            "LS201", context.config.path or "", _line_of(context, "no:asyncio"),
            "-p no:asyncio keeps pytest from loading pytest-asyncio, so nothing of this suite is"
            " moved: take it out of addopts where pytest-asyncio is to run the tests",
        )  # fmt: skip
    elif other is not None:
        yield note(
            "LS201", other.path, other.line,
            f"{other.package} is required here, which runs async tests and has its own event_loop,"
            " and nothing names pytest-asyncio (no mark, no mode): event_loop is left to it. Mark"
            " the tests that pytest-asyncio is to run",
        )  # fmt: skip


def _line_of(context: RuleContext, word: str) -> int:
    """Return the first line of the configuration that has the word."""
    text = context.contents.get(context.config.path or "", b"")
    return text.count(b"\n", 0, max(text.find(word.encode()), 0)) + 1


def _both_tables(context: RuleContext) -> Finding:
    """Report options of a table that pytest passes over, and for which pytest 9 stops."""
    path, names = context.config.path or "", context.config.passed_over
    lines = context.contents.get(path, b"").decode("utf-8", "replace").splitlines()
    found = (
        n for n, line in enumerate(lines, 1) if re.match(r"\s*\[\s*tool\.pytest[\].\s]", line)
    )
    beside = (n for n in found if "ini_options" not in lines[n - 1])
    say = note if _held_below_9(context) else action
    return say(
        "LS201",
        path,
        next(beside, 1),
        f"[tool.pytest] ({', '.join(names)}) stands beside [tool.pytest.ini_options]: pytest"
        " before 9 has never read it, and pytest 9 stops at both together. Delete it, or move into"
        " ini_options what is meant to count: that changes the run",
    )


def _held_below_9(context: RuleContext) -> bool:
    """Whether all declarations of pytest exclude pytest 9, so that the run is right for now."""
    from loopscope.requirements import read_pins
    from loopscope.requirements.pin import highest, padded

    found = (read_pins(path, data) for path, data in context.contents.items())
    pins = [pin for one in found if not isinstance(one, FileError) for pin in one]
    caps = [highest(pin) for pin in pins if pin.package == "pytest"]
    return bool(caps) and max(caps) <= padded((9,))


def _would_warn(settings: Settings) -> bool:
    """Whether pytest-asyncio is there for sync tests only, and warns of the unset option."""
    warns = settings.declared and not settings.turned_off and settings.evidence.newest >= (0, 24)
    return warns and settings.fixture_option_unset


def _configured_above(context: RuleContext, default: Scope) -> Iterator[RuleResult]:
    """Report defaults that do not count where pytest runs in a folder above.

    Of two configurations pytest reads the one of the folder that it is started in
    (docs/loop-rules.md, Where pytest reads its configuration).
    """
    above = context.model.cross_suite.above
    if above is None or _never_ran(context, above):
        return
    if loop_scope_option(above, TEST_OPTION) is not default:
        yield action(
            "LS201",
            context.config.path or "",
            1,
            f"when pytest runs in a folder above, {above.path} there counts and not this file, so"
            f" the loop scope {default.word} is lost: state {TEST_OPTION} there, too, run this"
            " suite by itself, or migrate it with --style explicit",
        )


def _never_ran(context: RuleContext, above: PytestConfig) -> bool:
    """Whether the suite lives by a mode that the configuration above does not have."""
    if asyncio_mode(context.config) != "auto" or asyncio_mode(above) == "auto":
        return False
    return any(
        function.is_async and function.fixture and function.fixture.origin == "pytest.fixture"
        for _, function in context.functions()
    ) or any(
        test.function.is_async and not test.mark("asyncio") for test in context.model.own_tests
    )


def _is_idle(context: RuleContext) -> bool:
    """Whether a new configuration file would be for no test at all."""
    if context.config.path is not None or context.model.own_tests:
        return False
    below = context.model.cross_suite.below.items()
    by_themselves = tuple(prefix for prefix, suite in below if suite.cross_suite.loads_above)
    return not any(
        context.model.is_async_test(test) and not test.module.startswith(by_themselves)
        for test in context.model.tests
    )


def _is_left_broken(context: RuleContext) -> bool:
    """Whether LS315 sets the option, or what unset means is wrong and stays so."""
    if context.cure is not None:
        return context.cure.fixture_default is not None
    return context.plan.foreign.is_wrong


def _unset(context: RuleContext) -> OptionEdit:
    """State what unset means, without a newer release where ``function`` means the same.

    Where each fixture names its loop scope it is the default of the tests, for the next fixture.
    """
    asking = _unnamed(context)
    test_default = context.model.settings.test_default
    plugins = [
        plugin for plugin in used_plugins(context.contents) if plugin.scope > Scope.FUNCTION
    ]
    if plugins and not asking:
        word = max(plugin.scope for plugin in plugins).word
        return OptionEdit("LS201", FIXTURE_OPTION, word, f"as {plugins[0].package} needs it")
    if test_default is not None and not asking:
        return OptionEdit("LS201", FIXTURE_OPTION, test_default.word, _AS_TESTS)
    if not plugins and _same_as_function(context, asking):
        return OptionEdit("LS201", FIXTURE_OPTION, "function", _UNSET)
    if can_say_fixture_scope(context.model.settings, context.options):
        return OptionEdit("LS201", FIXTURE_OPTION, "fixture-scope", _UNSET)
    return OptionEdit(
        "LS201",
        FIXTURE_OPTION,
        "function",
        "set explicitly; wider fixtures name their own loop scope",
    )


def _same_as_function(context: RuleContext, asking: list[Fixture]) -> bool:
    """Whether every async fixture is function-scoped, in a suite whose pin may be below 1.5."""
    evidence = context.model.settings.evidence
    return (
        bool(evidence.place)
        and evidence.oldest < (1, 5)
        and not any(fixture.scope > Scope.FUNCTION for fixture in asking)
    )


def _unnamed(context: RuleContext) -> list[Fixture]:
    """List the async fixtures that name no loop scope."""
    return [
        function.fixture
        for _, function in context.functions()
        if function.fixture is not None
        and function.fixture.loop_scope is None
        and context.model.is_async_fixture(function)
    ]


RULE = Rule(
    "LS201",
    "pytest-configuration",
    "the configuration states the default loop scopes",
    "0.24",
    check,
    file_check=FileCheck(
        debug_modes,
        words=(("set_debug", VARIABLE, "set_event_loop_policy", "install"),),
        file_words=(("set_debug", VARIABLE),),
        anywhere=True,
    ),
)
