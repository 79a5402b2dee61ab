"""The lines of a file that only some versions of Python run, by ``sys.version_info``.

What stands there was written for those versions, and has its counterpart for the others.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from loopscope.frozen import frozen
from loopscope.python_source.syntax_tree import parse, walk
from loopscope.rules.context import RuleContext

_LISTS = ("body", "orelse", "finalbody")
_LEAVES = (ast.Return, ast.Raise, ast.Continue, ast.Break)


@frozen
class VersionBranches:
    """Line ranges under a condition on the version: all, and those for older versions only."""

    lines: tuple[range, ...] = ()
    older: tuple[range, ...] = ()

    @classmethod
    def of(cls, context: RuleContext, path: str) -> VersionBranches:
        text = context.contents.get(path, b"")
        if b"version_info" not in text:
            return cls()
        try:
            tree = parse(text.decode())
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return cls()  # what cannot be read is said elsewhere
        found = list(_branches(tree))
        return cls(
            tuple(lines for lines, _ in found), tuple(lines for lines, older in found if older)
        )

    def hold(self, line: int) -> bool:
        return any(line in lines for lines in self.lines)

    def hold_older(self, line: int) -> bool:
        return any(line in lines for lines in self.older)


def _branches(tree: ast.Module) -> Iterator[tuple[range, bool]]:
    """Yield the lines of each branch, and whether only older versions run it."""
    for block in (getattr(node, name, ()) for node in walk(tree) for name in _LISTS):
        if not isinstance(block, list):  # the body of a lambda
            continue
        for number, node in enumerate(block):
            if not isinstance(node, ast.If) or "version_info" not in ast.unparse(node.test):
                continue
            newer, older = _direction(node.test)
            yield from ((_lines(part), older) for part in [node.body] if part)
            yield from ((_lines(part), newer) for part in [node.orelse] if part)
            rest = block[number + 1 :]
            if rest and not node.orelse and isinstance(node.body[-1], _LEAVES):
                yield _lines(rest), newer


def _direction(test: ast.expr) -> tuple[bool, bool]:
    """Whether a condition holds for newer versions, and whether it does for older ones."""
    match test:
        case ast.Compare(left=left, ops=[op]) if "version_info" in ast.unparse(left):
            return isinstance(op, (ast.Gt, ast.GtE)), isinstance(op, (ast.Lt, ast.LtE))
    return False, False


def _lines(block: Sequence[ast.stmt]) -> range:
    return range(block[0].lineno, (block[-1].end_lineno or block[-1].lineno) + 1)
