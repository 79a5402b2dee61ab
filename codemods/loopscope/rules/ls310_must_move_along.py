"""LS310: a plugin, a pytest or a Python that the declared pytest-asyncio does not run with.

Every release has its least pytest and Python, and plugins that build on pytest-asyncio break
with 1.0. What keeps such a declaration back cannot be known, so a person must move it along.

LS202 says so where it looks at the declarations.
"""

from __future__ import annotations

from loopscope.rules.context import Rule

RULE = Rule(
    "LS310",
    "must-move-along",
    "a plugin, a pin or a supported Python that the new pytest-asyncio does not run with",
    "1.0",
)
