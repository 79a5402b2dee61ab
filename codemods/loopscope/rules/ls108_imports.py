"""LS108: the names that new code needs are imported, and imports without use go.

No other rule is complete without it: ``asyncio.get_running_loop()`` wants ``asyncio``, and what
only a deleted override used would be a warning of every linter. Imports that were without use
before stay. Any release of pytest-asyncio makes this necessary.

An edit names what it needs and what it makes superfluous (``Edit.needs``, ``Edit.forget``);
``rewriting/change_set.py`` changes the imports once all edits of a file are made.
"""

from __future__ import annotations

from loopscope.rules.context import Rule

RULE = Rule(
    "LS108",
    "imports",
    "imports that an edit needs are added; those that only removed code used go",
    "any",
)
