"""LS308: code that needs asyncio in tests that anyio's plugin also runs on trio.

Reported only where the suite itself names the trio backend.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.file.checks_ls308_ls309_ls311 import TRIO
from loopscope.analysis.file.facts import Hazard
from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.rules.context import Rule, RuleContext, RuleResult, note

_BACKEND = "anyio_backend"


def check(context: RuleContext) -> Iterator[RuleResult]:
    calls: dict[Key, Hazard] = {}
    named: set[Key] = set()  # what names trio: anyio_backend fixtures, parametrized tests
    for path, facts in context.files.items():
        for hazard in facts.hazards:
            if hazard.code == "LS308" and hazard.ordinal is not None:
                key = Key(path, hazard.ordinal)
                if hazard.detail == TRIO:
                    named.add(key)
                else:
                    calls[key] = hazard
    if not named or not calls:
        return
    reported: set[Key] = set()
    for test in context.model.tests:
        if not _runs_on_trio(context, test, named):
            continue
        fixtures = [
            item.key
            for item in context.model.closure(test).fixtures
            if item.function.is_async and item.fixture.origin == "pytest.fixture"
        ]
        for key in (test.key, *fixtures):
            if key in calls and key not in reported:
                reported.add(key)
                hazard = calls[key]
                yield note(
                    "LS308",
                    key.path,
                    hazard.line,
                    f"{hazard.detail} needs asyncio, but this code runs under trio too: use "
                    "anyio's counterpart, or parametrize anyio_backend with asyncio only",
                    hazard.column,
                )


def _runs_on_trio(context: RuleContext, test: Test, named: set[Key]) -> bool:
    asks = test.mark("anyio") or any(
        mark.name == "usefixtures" and _BACKEND in mark.strings for mark in test.marks
    )
    if not test.function.is_async or not asks or test.mark("asyncio") is not None:
        return False
    if _BACKEND in test.function.parametrized:
        return test.key in named
    for mark in test.marks:  # a class or module that chooses its own backends
        if mark.name == "parametrize" and any(_BACKEND in text for text in mark.strings[:1]):
            return False
    chain = context.model.closures.visible(test, _BACKEND)
    return bool(chain) and chain[-1].key in named


RULE = Rule(
    "LS308",
    "asyncio-under-trio",
    "asyncio calls in tests that run under anyio's trio backend",
    "any",
    check,
)
