"""Doctests that ask for ``event_loop``: ``getfixture("event_loop")``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import visible_base_ids
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.rules.context import RuleContext, RuleResult, action

_ASKS = re.compile(rb">>>.*\bgetfixture\(\s*[\"']event_loop[\"']")

_TEXTS = (".rst", ".txt", ".md")  # collected by ``--doctest-glob``


def doctest_requests(context: RuleContext) -> Iterator[RuleResult]:
    """Report the doctests that nothing would answer; their text is not changed."""
    if context.plan.suite_style is not SuiteStyle.LEGACY or not context.model.uses_plugin:
        return
    texts = (path for path in context.contents if path.endswith(_TEXTS))
    for path in (*context.files, *texts):
        data = context.contents.get(path, b"")
        if b"getfixture" not in data or _answered(context, path):
            continue
        for number, line in enumerate(data.splitlines(), 1):
            if _ASKS.search(line):
                yield action(
                    "LS102", path, number,
                    "this doctest asks for event_loop, which is gone: let it run its coroutines by"
                    " asyncio.run, or define an async fixture of that name in a conftest above"
                    " that returns asyncio.get_running_loop()",
                )  # fmt: skip


def _answered(context: RuleContext, path: str) -> bool:
    """Whether a bridge stands there, or will."""
    registered = context.model.index.registered
    return any(
        EVENT_LOOP in registered.get(base_id, {})
        and not context.model.is_override(registered[base_id][EVENT_LOOP].function)
        for base_id in visible_base_ids(path)
    )
