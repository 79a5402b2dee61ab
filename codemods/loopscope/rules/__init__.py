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
    ls313_awaited_by_the_plugin,
)
from loopscope.rules.base import Rule

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
    ls313_awaited_by_the_plugin.RULE,
)
