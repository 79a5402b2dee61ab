"""LS317: async code of a suite that nothing runs, or that cannot be run where it stands.

In strict mode an async test without the asyncio mark was skipped up to pytest 8.3, and fails from
pytest 8.4 on, which pytest-asyncio 1.4 needs. pytest and unittest call set-up methods and do not
await them. An async fixture needs its loop for itself: a running coroutine cannot request it.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.rules.context import Rule, RuleContext, RuleResult
from loopscope.rules.ls317_never_run.late_requests import late_requests
from loopscope.rules.ls317_never_run.unmarked_tests import tests_of_test_cases, unmarked_tests
from loopscope.rules.ls317_never_run.xunit_methods import xunit_methods


def check(context: RuleContext) -> Iterator[RuleResult]:
    if context.model.uses_plugin or context.model.settings.declared:
        yield from unmarked_tests(context)
    if context.model.uses_plugin:
        yield from tests_of_test_cases(context)
        yield from xunit_methods(context)
        yield from late_requests(context)


RULE = Rule("LS317", "never-run", "async tests and set-up methods that nothing runs", "any", check)
