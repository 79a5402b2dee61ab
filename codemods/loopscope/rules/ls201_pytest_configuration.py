"""LS201: the configuration states the default loop scopes.

``asyncio_default_fixture_loop_scope`` exists since pytest-asyncio 0.24 (unset, it warns),
``asyncio_default_test_loop_scope`` since 0.26. Both get the same value: two different
defaults are a trap for the next fixture.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.loops.reading import Era
from loopscope.rules.base import Case, OptionEdit, Outcome, Rule, action
from loopscope.scopes import Scope

FIXTURE_OPTION = "asyncio_default_fixture_loop_scope"
TEST_OPTION = "asyncio_default_test_loop_scope"


def decide(case: Case) -> Iterator[Outcome]:
    if not case.reading.uses_plugin:
        return
    settings = case.reading.settings
    if case.reading.auto_by_hook:
        yield OptionEdit(
            "LS105", "asyncio_mode", "auto", "auto mode marks what a collection hook marked"
        )
    elif settings.mode == "legacy":
        yield OptionEdit(
            "LS201", "asyncio_mode", "strict", "legacy mode is gone; strict is closest to it"
        )
    if case.plan.era is Era.MODERN:
        if settings.fixture_default is None and not settings.fixture_scope:
            yield _unset(case)
        return
    default = case.plan.default
    wanted = [(FIXTURE_OPTION, settings.fixture_default)]
    if default is not Scope.FUNCTION or settings.test_default is not None:
        wanted.append((TEST_OPTION, settings.test_default))
    for name, present in wanted:
        if present is default:
            continue
        if present is not None:
            yield action(
                "LS201",
                case.config.path or "",
                1,
                f"{name} is {present.word} but the tests need {default.word}: change it by hand",
            )
        else:
            yield OptionEdit("LS201", name, default.word, f"{name} set to {default.word}")


def _unset(case: Case) -> OptionEdit:
    if case.options.target.has(1, 5):
        return OptionEdit(
            "LS201", FIXTURE_OPTION, "fixture-scope", "set explicitly to what unset means"
        )
    return OptionEdit(
        "LS201",
        FIXTURE_OPTION,
        "function",
        "set explicitly; wider fixtures name their own loop scope",
    )


RULE = Rule(
    "LS201",
    "pytest-configuration",
    "the configuration states the default loop scopes",
    "0.24",
    decide,
)
