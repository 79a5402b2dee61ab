"""Edits on the statements of one fragment of a file, each named by its number."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import libcst as cst

from loopscope.python_source.source import SourceError
from loopscope.python_source.syntax_tree import depth
from loopscope.rewriting.assembler import (
    Kind,
    close_gap,
    kind_of,
    split_attached,
    split_leading_blanks,
    split_trailing_blanks,
)

# Takes a statement, returns what stands in its place; None deletes it.
StatementEdit = Callable[[Any], "cst.CSTNode | None"]

# Python's recursion limit does not let LibCST print more than some 300 levels; several thousand
# take minutes, or crash the process.
_DEEPEST = 500

_CONTAINERS = (
    cst.Module, cst.IndentedBlock, cst.Else, cst.Finally, cst.ExceptHandler,
    cst.ExceptStarHandler, cst.MatchCase,
)  # fmt: skip


def parse_fragment(text: str, newline: str = "\n", indent: str | None = None) -> cst.Module:
    """Parse whole statements; ``newline`` and ``indent`` are what new code will use.

    Raises:
        SourceError: LibCST cannot parse this text, or would not print it unchanged.
    """
    if depth(text) > _DEEPEST:
        raise SourceError("cannot be rewritten: it is nested too deeply", 1)
    try:
        module = cst.parse_module(text, _config(newline, indent))
    except cst.ParserSyntaxError as error:
        raise SourceError(f"cannot be rewritten: {error.message}", error.raw_line) from error
    if module.code != text:
        raise SourceError("cannot be rewritten: a form feed or line end of an unusual kind", 1)
    return module


def edit_fragment(
    module: cst.Module, first: int, ends: Sequence[int], edits: Mapping[int, list[StatementEdit]]
) -> cst.Module:
    """Run ``edits`` on ``module``, whose first statement has the number ``first``.

    ``ends`` is that of the file's ``StatementNumbers``. Inner statements are edited before those
    around them. A module without any statement left comes back with an empty body.

    Raises:
        SourceError: an edit names a statement that does not begin a logical line.
    """
    editor = _FragmentEditor(first, ends, edits)
    result = module.visit(editor)
    if editor.missed:
        raise SourceError("cannot be rewritten: a statement continues a line with a backslash")
    return result


class _FragmentEditor(cst.CSTTransformer):
    def __init__(
        self, first: int, ends: Sequence[int], edits: Mapping[int, list[StatementEdit]]
    ) -> None:
        super().__init__()
        self.missed = set(edits)
        self._next = first
        self._ends = ends
        self._edits = edits
        self._edited = sorted(edits)
        self._open: list[int] = []
        self._doomed: dict[int, cst.CSTNode] = {}  # by id; the node is kept alive with it

    def on_visit(self, node: cst.CSTNode) -> bool:
        number = self._next
        if isinstance(node, (cst.SimpleStatementLine, cst.SimpleStatementSuite)):
            self._open.append(number)
            self._next += len(node.body)
            return False
        if isinstance(node, cst.BaseCompoundStatement):
            self._open.append(number)
            end = self._ends[number]
            if bisect_right(self._edited, number) == bisect_left(self._edited, end):
                self._next = self._ends[number]
                return False
            self._next += 1
            return True
        return isinstance(node, _CONTAINERS)

    def on_leave(self, original: cst.CSTNode, updated: Any) -> Any:
        if isinstance(updated, cst.SimpleStatementSuite):
            return self._edit_suite(updated, self._open.pop())
        if isinstance(updated, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            return self._edit(updated, self._open.pop())
        if isinstance(updated, cst.IndentedBlock):
            body, footer = self._close(updated.body, updated.footer)
            if not body:
                body = [cst.SimpleStatementLine([cst.Pass()], leading_lines=footer)]
                footer = []
            return updated.with_changes(body=body, footer=footer)
        if isinstance(updated, cst.Module):
            return updated.with_changes(body=self._close(updated.body, ())[0])
        return updated

    def _edit(self, node: cst.CSTNode, number: int) -> cst.CSTNode:
        self.missed.discard(number)
        for apply in self._edits.get(number, ()):
            result = apply(node)
            if result is None:
                self._doomed[id(node)] = node
                break
            node = result
        return node

    def _edit_suite(self, suite: cst.SimpleStatementSuite, number: int) -> cst.CSTNode:
        if number not in self._edits:
            return suite
        line = self._edit(cst.SimpleStatementLine(suite.body), number)
        if id(line) in self._doomed or not isinstance(line, cst.SimpleStatementLine):
            return suite.with_changes(body=[cst.Pass()])
        return suite.with_changes(body=line.body)

    def _close(
        self, body: Sequence[Any], footer: Sequence[cst.EmptyLine]
    ) -> tuple[list[Any], list[cst.EmptyLine]]:
        """Take the doomed statements out of a block, and close the gaps that they leave."""
        kept: list[Any] = []
        pending: list[cst.EmptyLine] | None = None
        for index, statement in enumerate(body):
            gap = list(statement.leading_lines)
            if pending is not None:
                gap = _join(pending, gap, at_start=not kept)
            if id(statement) not in self._doomed:
                if pending is not None:
                    statement = statement.with_changes(leading_lines=gap)
                kept.append(statement)
                pending = None
                continue
            pending, attached = split_attached(gap, line_kind)
            if _heads_group(statement, body[index + 1 : index + 2]):
                pending += attached
        if pending is None:
            return kept, list(footer)
        rest = _join(pending, footer, at_start=not kept)
        return kept, rest if footer else split_trailing_blanks(rest, line_kind)[0]


def _heads_group(statement: cst.CSTNode, following: Sequence[Any]) -> bool:
    """Whether comments above a simple statement speak of the lines below it, too."""
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and bool(following)
        and isinstance(following[0], cst.SimpleStatementLine)
        and not following[0].leading_lines
    )


def _join(
    above: Sequence[cst.EmptyLine], below: Sequence[cst.EmptyLine], *, at_start: bool
) -> list[cst.EmptyLine]:
    if at_start and not split_trailing_blanks(above, line_kind)[0]:
        return [*above, *split_leading_blanks(below, line_kind)[1]]
    return close_gap(above, below, line_kind)


def line_kind(line: cst.EmptyLine) -> Kind:
    """Say what a line above a statement is."""
    return "comment" if line.comment else kind_of(line.whitespace.value)


def _config(newline: str, indent: str | None) -> cst.PartialParserConfig:
    if indent is None:
        return cst.PartialParserConfig(default_newline=newline)
    return cst.PartialParserConfig(default_newline=newline, default_indent=indent)
