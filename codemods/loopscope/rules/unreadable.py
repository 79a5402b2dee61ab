"""Say where the loop map cannot be trusted: overrides and marks that are beyond reading."""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.suite_model import SuiteStyle
from loopscope.analysis.trace import SHOWN
from loopscope.rules.context import RuleContext, RuleResult, action, note


def unreadable_overrides(context: RuleContext) -> Iterator[RuleResult]:
    """Fixtures named ``event_loop`` that no decorator of pytest shows to be one (LS101)."""
    index = context.model.index
    places = {*index.conftests, *index.test_modules, *index.plugins}
    for path, facts in context.files.items():
        if path not in places and not any(
            bound.module.partition(".")[0] in ("pytest", "pytest_asyncio")
            for bound in facts.imports
        ):
            continue  # no file for fixtures
        for hazard in facts.hazards:
            if hazard.code == "LS101":
                message = (
                    f"this event_loop cannot be read as a fixture: {hazard.detail}. "
                    f"{_traced(context, path) or _UNKNOWN}"
                )
                yield action("LS101", path, hazard.line, message, hazard.column)


_UNKNOWN = (
    "Nothing here allows for its scope: write it as a function under @pytest.fixture(scope=...), "
    "and run loopscope again"
)


def _traced(context: RuleContext, path: str) -> str:
    """Advise on an override whose scope the record of a run shows, "" where none does."""
    for known in context.model.trace_index.external:
        if known.fixture == EVENT_LOOP and path in (known.path, known.base_id):
            return (
                f"But its scope is {known.scope.word}, {SHOWN}, and the loop scopes allow for it: "
                "delete it"
            )
    return ""


def unreadable_marks(context: RuleContext) -> Iterator[RuleResult]:
    """Async tests of strict mode that an import or an unknown decorator may mark (LS105)."""
    model = context.model
    if model.mode == "auto" or model.suite_style is not SuiteStyle.LEGACY:
        return
    seen = set()
    for test in model.tests:
        function, path = test.function, test.key.path
        if not function.is_async or model.is_async_test(test) or test.key in seen:
            continue
        trace = model.trace_index.trace
        if test.id in trace.used and test.id not in trace.async_tests:
            continue
        if any(mark.name in ("anyio", "trio", "skip") for mark in test.marks):
            continue
        seen.add(test.key)
        if any(
            bound.name == "pytestmark" and model.index.find(test.module, bound.module) is None
            for bound in context.files[test.module].imports
        ):
            message = _MESSAGE.format(function.qualname, "may come with the imported pytestmark")
            yield action("LS105", path, function.line, message)
        elif not function.known_decorators:  # or one that runs the test itself
            message = _MESSAGE.format(function.qualname, "may come with its decorator")
            yield note("LS105", path, function.line, message)


_MESSAGE = (
    "no asyncio mark is read on {}; one {}. Its loop is not allowed for: write "
    "@pytest.mark.asyncio on the test itself, and run loopscope again"
)
