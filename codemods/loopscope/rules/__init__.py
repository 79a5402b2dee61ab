"""The rules, in the order in which they are decided and applied."""

from __future__ import annotations

from loopscope.rules import (
    ls101_event_loop_override,
    ls102_event_loop_request,
    ls103_async_fixture_decorator,
    ls104_fixture_loop_scope,
    ls105_test_loop_scope,
    ls106_loop_policy,
    ls107_running_loop,
    ls109_ambient_loop,
    ls201_pytest_configuration,
    ls301_wider_than_its_loop,
    ls302_narrower_fixture,
    ls305_closed_loop,
    ls306_early_close,
    ls307_dead_loop,
    ls308_asyncio_under_trio,
    ls309_patched_loop,
    ls311_loop_policies,
    ls312_package_loops,
    ls313_awaited_by_the_plugin,
    ls314_swallowed_cancellation,
)
from loopscope.rules.context import Rule

ORDER: tuple[Rule, ...] = (
    ls101_event_loop_override.RULE,
    ls102_event_loop_request.RULE,
    ls103_async_fixture_decorator.RULE,
    ls104_fixture_loop_scope.RULE,
    ls105_test_loop_scope.RULE,
    ls106_loop_policy.RULE,
    ls107_running_loop.RULE,
    ls109_ambient_loop.RULE,
    ls201_pytest_configuration.RULE,
    ls301_wider_than_its_loop.RULE,
    ls302_narrower_fixture.RULE,
    ls305_closed_loop.RULE,
    ls306_early_close.RULE,
    ls307_dead_loop.RULE,
    ls308_asyncio_under_trio.RULE,
    ls309_patched_loop.RULE,
    ls311_loop_policies.RULE,
    ls312_package_loops.RULE,
    ls313_awaited_by_the_plugin.RULE,
    ls314_swallowed_cancellation.RULE,
)
