"""What an unset ``asyncio_default_fixture_loop_scope`` becomes in a suite on 1.x."""

from __future__ import annotations

from loopscope.analysis.suite.classify import Settings
from loopscope.types import Options


def can_say_fixture_scope(settings: Settings, options: Options) -> bool:
    """Whether the option may be ``fixture-scope``, which is known from 1.5 on.

    A suite that is pinned to, or locked at, an older release is not moved for that: its wider
    fixtures name their loop scope.
    """
    evidence = settings.evidence
    held = evidence.newest < (1, 5) or (0, 0) < evidence.locked < (1, 5)
    return options.target.has(1, 5) and not held
