"""A file under edit: only the statements that change are parsed by LibCST and spliced back."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cached_property

from loopscope.frozen import frozen
from loopscope.python_source.source import SourceError, split_lines
from loopscope.python_source.syntax_tree import DEFINITIONS, StatementNumbers, parse
from loopscope.rewriting.assembler import Assembler, Piece
from loopscope.rewriting.fragment import StatementEdit, edit_fragment, parse_fragment
from loopscope.rewriting.parameters import join_heads, line_length, three_line_heads, wrap_heads


@frozen
class _Unit:
    """A top-level statement, or several that share a line: whole lines of the file."""

    start: int  # index of its first line
    stop: int  # index after its last line
    first: int  # number of its first statement
    end: int  # number after its last statement
    definition: bool


class FileEditor:
    """Collects edits on one file; ``render`` applies them all to the original text.

    Lines are those of the original text, 1-based. Every byte outside the statements that an
    edit changes stays as it is.
    """

    def __init__(self, text: str, newline: str = "\n", longest: int = 0) -> None:
        """Read ``text``; ``newline`` ends the lines that are added.

        ``longest`` is the length that the project allows a line, 0 where it is not known.

        Raises:
            SyntaxError: this Python cannot parse ``text``.
        """
        self._newline = newline
        self._longest = longest
        self._text = text
        tree = parse(text)
        self._numbering = StatementNumbers.of(tree.body)
        self._definitions = [
            number
            for number, node in enumerate(self._numbering.statements)
            if isinstance(node, DEFINITIONS)
        ]
        self._lines = split_lines(text)
        self._open_end = bool(self._lines) and not text.endswith(("\n", "\r"))
        if self._open_end:
            self._lines[-1] += newline
        self._units = self._split(tree.body)
        self._indent = _indent_of(self._lines, tree.body)
        self._edits: defaultdict[int, list[StatementEdit]] = defaultdict(list)
        self._before: defaultdict[int, list[str]] = defaultdict(list)
        self._after: defaultdict[int, list[str]] = defaultdict(list)
        self._appended: list[str] = []

    # -- edits -------------------------------------------------------------------------

    def edit_definition(self, ordinal: int, apply: StatementEdit) -> None:
        """Edit the def or class statement with this 0-based number, all levels counted.

        ``apply`` returns the new node, or None to delete the definition. Several edits run
        in the order given; a deletion drops those after it and all those inside.

        Raises:
            IndexError: the file has no such definition.
        """
        self._edits[self._definition(ordinal)].append(apply)

    def edit_statement(self, line: int, apply: StatementEdit) -> None:
        """Edit the simple statement that starts on ``line``, else the compound one.

        Statements that share the line come along in the ``SimpleStatementLine``.

        Raises:
            ValueError: no statement starts on this line.
        """
        numbered = enumerate(self._numbering.statements)
        here = [(number, node) for number, node in numbered if node.lineno == line]
        if not here:
            raise ValueError(f"no statement starts on line {line}")
        simple = [number for number, node in here if not hasattr(node, "body")]
        self._edits[simple[0] if simple else here[0][0]].append(apply)

    def edit_number(self, number: int, apply: StatementEdit) -> None:
        """Edit the statement with this number in ``StatementNumbers.of`` the file."""
        self._edits[number].append(apply)

    def insert_before(self, line: int, code: str) -> None:
        """Put top-level code before the top-level statement that covers ``line``.

        Raises:
            ValueError: there is no statement on or after this line.
        """
        for index, unit in enumerate(self._units):
            if unit.stop >= line:
                self._before[index].append(code)
                return
        raise ValueError(f"no statement on or after line {line}")

    def insert_after(self, line: int, code: str) -> None:
        """Put top-level code after the top-level statement that covers ``line``.

        Raises:
            ValueError: there is no statement on or before this line.
        """
        for index in reversed(range(len(self._units))):
            if self._units[index].start < line:
                self._after[index].append(code)
                return
        raise ValueError(f"no statement on or before line {line}")

    def insert_after_imports(self, code: str) -> None:
        """Put top-level code below the last import above all definitions.

        Without one it comes below the last import, else first, below the docstring.
        """
        top: ast.stmt | None = None
        last: ast.stmt | None = None
        above = True
        for node in self._numbering.statements:
            if node.col_offset:
                continue
            above = above and not isinstance(node, DEFINITIONS)
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                last = node
                top = node if above else top
        first = self._numbering.statements[0] if self._units else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            last = last or first
        top = top or last
        if top is not None:
            self.insert_after(top.lineno, code)
        elif self._units:
            self.insert_before(1, code)
        else:
            self.append(code)

    def insert_in_class(self, ordinal: int, code: str) -> None:
        """Put a member (dedented code) first in the body of a class, after its docstring.

        Raises:
            IndexError: the file has no such definition.
        """
        from loopscope.rewriting.bodies import insert_member

        ended = code.strip("\n") + "\n"
        self._edits[self._definition(ordinal)].append(lambda node: insert_member(node, ended))

    def append(self, code: str) -> None:
        """Put top-level code at the end of the file."""
        self._appended.append(code)

    # -- the result --------------------------------------------------------------------

    def render(self) -> str:
        """Render the text with all edits applied.

        Raises:
            SourceError: LibCST cannot rewrite one of the statements; with its line.
        """
        assembler = Assembler(self._newline)
        gap = self._lines[: self._units[0].start] if self._units else self._lines
        assembler.gap = list(gap)
        for index, unit in enumerate(self._units):
            for code in self._before[index]:
                assembler.insert(code, below=unit.definition)
            lines = self._render_unit(unit)
            following = self._units[index + 1 : index + 2]
            below = self._lines[unit.stop : following[0].start if following else None]
            next_is = following[0].definition if following else None
            if lines is not None:
                assembler.add(Piece(lines, unit.definition, unit.definition), below)
                for code in self._after[index]:
                    assembler.insert_after(code, below=next_is)
                continue
            for code in self._after[index]:  # takes the place of what goes
                assembler.insert(code, below=bool(next_is))
            assembler.delete(below, heads_group=self._heads_group(unit, following, below))
        text = assembler.finish(self._appended)
        return text[: -len(self._newline)] if self._strips_end(text) else text

    def _strips_end(self, text: str) -> bool:
        return self._open_end and text.endswith(self._newline)

    def _render_unit(self, unit: _Unit) -> list[str] | None:
        numbers = range(unit.first, unit.end)
        edits = {number: self._edits[number] for number in numbers if number in self._edits}
        lines = self._lines[unit.start : unit.stop]
        if not edits:
            return lines
        text = "".join(lines)
        code = text.lstrip("\f")
        prefix = text[: len(text) - len(code)]
        carriage = "\r" in code and "\n" not in code  # LibCST does not know these line ends
        if carriage:
            code = code.replace("\r", "\n")
        try:
            newline = "\n" if carriage else self._newline
            module = parse_fragment(code, newline, self._indent_in(unit))
            module = edit_fragment(module, unit.first, self._numbering.ends, edits)
        except SourceError as error:
            raise SourceError(error.message, unit.start + max(error.line, 1)) from error
        if not module.body:
            return None
        result = module.code.replace("\n", "\r") if carriage else module.code
        rendered = split_lines(prefix + result)
        if self._longest:
            rendered = wrap_heads(lines, rendered, self._longest)
        heads = three_line_heads(lines)
        return join_heads(heads, rendered, self._line_length) if heads else rendered

    @cached_property
    def _line_length(self) -> int:
        return self._longest or line_length(self._lines)

    # -- reading -----------------------------------------------------------------------

    def _definition(self, ordinal: int) -> int:
        if not 0 <= ordinal < len(self._definitions):
            raise IndexError(f"the file has no definition number {ordinal}")
        return self._definitions[ordinal]

    def _split(self, body: list[ast.stmt]) -> list[_Unit]:
        units: list[_Unit] = []
        number = 0
        for node in body:
            end = self._numbering.ends[number]
            stop = self._stop(node)
            if units and node.lineno <= units[-1].stop:  # shares a line with the one before
                last = units.pop()
                unit = _Unit(last.start, max(stop, last.stop), last.first, end, last.definition)
            else:
                start = self._start(units[-1].stop if units else 0)
                unit = _Unit(start, stop, number, end, isinstance(node, DEFINITIONS))
            units.append(unit)
            number = end
        return units

    def _start(self, after: int) -> int:
        """Find the first line of code from ``after`` on; ``ast`` places no decorator's @."""
        while self._lines[after].strip(" \t\f\r\n\\")[:1] in ("", "#"):
            after += 1
        return after

    def _stop(self, node: ast.stmt) -> int:
        stop = node.end_lineno or node.lineno
        while self._lines[stop - 1].rstrip("\r\n").endswith("\\") and stop < len(self._lines):
            stop += 1
        if not hasattr(node, "body"):
            return stop
        for index in range(stop, len(self._lines)):  # indented comments end the last block
            line = self._lines[index]
            if line[:1] in (" ", "\t") and line.lstrip(" \t\f").startswith("#"):
                stop = index + 1
            elif line.strip(" \t\f\r\n"):
                break
        return stop

    def _heads_group(self, unit: _Unit, following: list[_Unit], below: list[str]) -> bool:
        """Whether the comments above a simple statement speak of those below it, too."""
        numbered = self._numbering.statements
        return (
            bool(following)
            and not below
            and not hasattr(numbered[unit.first], "body")
            and not hasattr(numbered[following[0].first], "body")
        )

    def _indent_in(self, unit: _Unit) -> str:
        statements = self._numbering.statements[unit.first : unit.end]
        return _indent_of(self._lines, statements) or self._indent or "    "


def _indent_of(lines: list[str], statements: list[ast.stmt]) -> str | None:
    """Return the indentation of the first block that is indented."""
    for node in statements:
        body = getattr(node, "body", None)
        if body and body[0].lineno > node.lineno:
            inner, outer = (
                _leading(lines[number - 1]) for number in (body[0].lineno, node.lineno)
            )
            if inner.startswith(outer) and inner != outer:
                return inner[len(outer) :]
    return None


def _leading(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]
