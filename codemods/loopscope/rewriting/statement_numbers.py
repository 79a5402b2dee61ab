"""The number of a statement: its place among all statements of a file, in document order.

``ast`` and LibCST agree on this order, so a number found in one names the same statement in
the other, without the cost of LibCST's position metadata.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BLOCKS = ("body", "handlers", "cases", "orelse", "finalbody")  # in document order


@dataclass(frozen=True, slots=True)
class StatementNumbers:
    """The statements of a file by number; ``ends[n]`` is the number after n's last child."""

    statements: list[ast.stmt] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, body: Sequence[ast.stmt]) -> StatementNumbers:
        """Assign a number to each statement in ``body`` and below."""
        numbering = cls()
        numbering._add(body)
        return numbering

    def _add(self, nodes: Sequence[ast.AST]) -> None:
        for node in nodes:
            number = len(self.statements)
            if isinstance(node, ast.stmt):
                self.statements.append(node)
                self.ends.append(0)
            for name in _BLOCKS:
                self._add(getattr(node, name, ()))
            if isinstance(node, ast.stmt):
                self.ends[number] = len(self.statements)
