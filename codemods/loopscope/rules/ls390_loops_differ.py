"""LS390: the loops of the result are not those of the original.

The result is read again, and its modern loop map has to be the legacy one of the original,
whatever release of pytest-asyncio it is for. Where it is not, the suite is beyond what the rules
know, or they are wrong, and nothing but this tells.

``pipeline_check.py`` compares; its ``recheck`` says what no longer fits together where
only some hunks were taken.
"""

from __future__ import annotations

from loopscope.rules.context import Rule

RULE = Rule(
    "LS390",
    "loops-differ",
    "the loop map of the result differs from the legacy one: a suite beyond the rules, or a "
    "bug of loopscope. Look at the test and its fixtures by hand",
    "any",
)
