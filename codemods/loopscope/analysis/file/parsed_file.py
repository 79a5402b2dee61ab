"""One file as it is parsed: its tree, its lines, and what its names mean."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from loopscope.analysis.file.calls import Definition, Lines
from loopscope.analysis.file.constants import constants
from loopscope.analysis.file.facts import Elsewhere
from loopscope.analysis.file.mark_facts import Mark
from loopscope.analysis.file.marks import MarkReader
from loopscope.analysis.file.names import (
    Names,
    aliases,
    assigned_names,
    imports_of,
    last_name,
    module_imports,
    statements,
)
from loopscope.analysis.file.references import References
from loopscope.python_source.syntax_tree import DEFINITIONS, FUNCTIONS

_HIT = (
    "event_loop", "asyncio", "Future", "_future", "gather", "Task(", "StreamReader", "shield",
    "as_completed", "getfixturevalue", "patch", "setattr", ".run",
)  # fmt: skip


class ParsedFile:
    """What the readers of functions, classes and statements of one file have in common."""

    def __init__(self, path: str, text: str, tree: ast.Module, elsewhere: Elsewhere) -> None:
        self.path = path
        self.tree = tree
        self.lines = text.splitlines() if "\f" not in text else _lines(text)
        imports = module_imports(tree)
        self.imports = imports
        self.statements = list(statements(tree.body))
        self.constants = constants(tree.body)
        bound = [*imports, *aliases(tree.body, Names(imports))]
        self.names = Names(bound, self.constants, elsewhere)
        definitions = [node for node in self.statements if isinstance(node, Definition)]
        self.ordinals: dict[ast.AST, int] = {node: n for n, node in enumerate(definitions)}
        self.definitions = len(definitions)
        if "TYPE_CHECKING" in text:
            _drop_stubs(tree.body, dead=False)
        self.text = "\n".join(self.lines)
        self.hits = self.lines_with(*_HIT)
        self.defined = {
            item.name for item in tree.body if isinstance(item, (*FUNCTIONS, ast.ClassDef))
        }
        self.mark_reader = MarkReader(path, self.names)
        self.may_mark = "mark" in text
        self._references = References(
            self.names.origins,
            {
                *(node.name for node in definitions),
                *(
                    name
                    for node in statements(tree.body, inside=False)
                    for name in assigned_names(node)
                ),
                *(
                    name
                    for node in self.statements
                    if isinstance(node, ast.Global)
                    for name in node.names
                ),
            },
            starred=any(bound.attribute == "*" for bound in imports),
        )
        self._imported = self.lines_with("import ")

    def refers(self, node: ast.stmt, first: int) -> tuple[str, ...]:
        """List what the statement that begins in this line mentions."""
        last = node.end_lineno or node.lineno
        local: Mapping[str, str] = {}
        if isinstance(node, FUNCTIONS) and self._imported.any_in(first, last):
            local = Names(
                bound for item in statements([node]) for bound in imports_of(item)
            ).origins
        return self._references.found_in("\n".join(self.lines[first - 1 : last]), local)

    def lines_with(self, *words: str) -> Lines:
        """Find the lines that hold one of the words."""
        return Lines.with_words(words, self.text)

    def decorator_marks(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    ) -> Iterator[Mark]:
        """Read the marks of a definition's decorators, the closest (innermost) first."""
        for decorator in reversed(node.decorator_list):
            yield from self.mark_reader.marks_in(decorator, ordinal=self.ordinals[node])


def _drop_stubs(body: list[ast.stmt], *, dead: bool) -> None:
    """Drop the definitions that only type checkers see: no run of the file makes them."""
    for node in [*body]:
        if isinstance(node, ast.ClassDef) and not dead:
            _drop_stubs(node.body, dead=False)
        elif isinstance(node, DEFINITIONS) and dead:
            body.remove(node)
        elif isinstance(node, ast.If):
            _drop_stubs(node.body, dead=dead or _for_types(node.test))
            negated = isinstance(node.test, ast.UnaryOp) and _for_types(node.test.operand)
            _drop_stubs(node.orelse, dead=dead or negated)
            node.body = node.body or [ast.copy_location(ast.Pass(), node.test)]


def _for_types(test: ast.expr) -> bool:
    return last_name(test) == "TYPE_CHECKING"


def _lines(text: str) -> list[str]:
    return re.split(r"\r\n|\r|\n", text)
