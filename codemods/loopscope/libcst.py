"""The documented address of ``loopscope.integrations.libcst_codemods``."""

from __future__ import annotations

from loopscope.integrations.libcst_codemods import (
    AsyncFixtureDecorator,
    MarkScope,
    RuleCommand,
    RuleError,
    RunningLoop,
)

__all__ = ["AsyncFixtureDecorator", "MarkScope", "RuleCommand", "RuleError", "RunningLoop"]
