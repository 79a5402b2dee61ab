"""Tests that run loops of their own, where a policy takes the place of an override (LS101).

The override made one loop; ``asyncio.run()`` and the like ask the policy for theirs, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.file.loop_kinds import sets_policy
from loopscope.analysis.file.references import RUNNERS
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import Test
from loopscope.analysis.suite.mention_search import MentionSearch
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.planning.override_actions import ActionKind
from loopscope.rules.context import RuleContext, first_of, note
from loopscope.types import Finding

# Those that make their loops by the policy of asyncio.
_BY_POLICY = frozenset(
    name for name in RUNNERS if name.startswith(("asyncio.", "asgiref.", "aiohttp."))
)


def own_loops(context: RuleContext) -> Iterator[Finding]:
    """Say which tests below a policy may get loops of its kind where they make their own."""
    model = context.model
    for key, action in context.plan.overrides.items():
        function = model.index.function(key)
        body = function.override
        if action.kind is not ActionKind.POLICY or body is None:
            continue
        if not body.variants or sets_policy(body):  # a default policy, or all loops were of it
            continue
        names = [
            test.function.qualname
            for test in _running_their_own(model)
            if key in {item.key for item in model.closures.visible(test, EVENT_LOOP)}
        ]
        if names:
            yield note(
                "LS101", key.path, function.line,
                f"{first_of(list(dict.fromkeys(names)))}: loops that are made there, as by"
                " asyncio.run(), were plain ones, and are of this kind wherever the"
                " event_loop_policy is set meanwhile",
            )  # fmt: skip


def _running_their_own(model: SuiteModel) -> Iterator[Test]:
    graph = model.driven.graph
    search = MentionSearch(graph, lambda node: not _BY_POLICY.isdisjoint(graph.refers(node)))
    for test in model.index.tests:
        isolated = test.unittest and test.function.is_async
        if (
            isolated
            or not _BY_POLICY.isdisjoint(test.function.refers)
            or search.way(graph.mentioned_by(test.key, test.function))
            or search.way(graph.around(test))
        ):
            yield test
