"""Imports at module level: which names they bind, which the file uses, additions and removals."""

from __future__ import annotations

from loopscope.syntax.import_adding import add_imports
from loopscope.syntax.import_dropping import drop_names, drop_unused
from loopscope.syntax.names import bound_names, used_names

__all__ = ["add_imports", "bound_names", "drop_names", "drop_unused", "used_names"]
