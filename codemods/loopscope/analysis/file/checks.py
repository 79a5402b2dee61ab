"""Find in one file what rules ask for, by checks that the rules bring along.

A check costs nothing in a file, and in a function, whose text lacks its words.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from loopscope.analysis.file.calls import Lines
from loopscope.analysis.file.facts import Hazard, Position
from loopscope.analysis.file.names import Names, imports_of, statements
from loopscope.frozen import frozen
from loopscope.python_source.syntax_tree import FUNCTIONS


def position(node: ast.expr | ast.stmt | ast.excepthandler, detail: str = "") -> Position:
    """Return the line and column of a node."""
    return Position(node.lineno, node.col_offset + 1, detail)


@frozen
class FileCheck:
    """Looks at one function, or with ``anywhere`` at each statement outside functions too.

    ``words``: the text must hold one word of each inner tuple, that of the file for
    ``file_words``, that of the function or statement for both, and that of a function for
    ``function_words``, too. ``local_imports``: what is found comes with the imports that its
    function makes for itself.
    """

    find: Callable[[Any, Names], Iterator[Position]]
    words: tuple[tuple[str, ...], ...] = ()
    file_words: tuple[tuple[str, ...], ...] = ()
    function_words: tuple[tuple[str, ...], ...] = ()
    anywhere: bool = False
    local_imports: bool = False


FileChecks = Mapping[str, FileCheck]
"""By the code of the rule that asks."""
NO_CHECKS: FileChecks = {}


def find_hazards(
    tree: ast.Module,
    text: str,
    names: Names,
    ordinals: Mapping[ast.AST, int],
    checks: FileChecks,
) -> tuple[Hazard, ...]:
    """Find the hazards of one file, in the order of their lines."""
    possible = [
        (code, check, lines, _lines_with(text, check.function_words))
        for code, check in checks.items()
        if all(any(word in text for word in either) for either in check.file_words)
        and all(lines := _lines_with(text, check.words))
    ]
    if not possible:
        return ()
    imports = Lines.with_words(("import",), text)
    found: set[Hazard] = set()
    for node, ordinal in _units(tree.body, None, ordinals):
        first, last = _first_line(node), getattr(node, "end_lineno", 0)
        function = isinstance(node, FUNCTIONS)
        wanted = [
            (code, check)
            for code, check, lines, function_lines in possible
            if (function or check.anywhere)
            and _all_in(lines, first, last)
            and not (function and not _all_in(function_lines, first, last))
        ]
        if not wanted:
            continue
        local = (
            [item for child in statements([node]) for item in imports_of(child)]
            if isinstance(node, FUNCTIONS) and imports.any_in(first, last)
            else []
        )
        known = names.with_local(local) if local else names
        for code, check in wanted:
            brought = tuple(local) if check.local_imports else ()
            found.update(
                Hazard(code, place.line, place.column, ordinal, place.detail, brought)
                for place in check.find(node, known)
            )
    return tuple(sorted(found, key=lambda hazard: (hazard.line, hazard.column, hazard.code)))


def is_script(node: ast.stmt) -> bool:
    """``if __name__ == "__main__":``."""
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _lines_with(text: str, words: Iterable[tuple[str, ...]]) -> list[Lines]:
    """Find the lines with one word of each inner tuple; once a file, and not in each function."""
    found: list[Lines] = []
    for either in words:
        found.append(Lines.with_words(either, text))
        if not found[-1]:
            break  # no part of the file holds them all
    return found


def _all_in(lines: Iterable[Lines], first: int, last: int) -> bool:
    return all(one.any_in(first, last) for one in lines)


def _first_line(node: ast.AST) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first: int = getattr(node, "lineno", 1)
    return min([first, *(item.lineno for item in decorators)])


def _units(
    body: Iterable[ast.stmt], owner: int | None, ordinals: Mapping[ast.AST, int]
) -> Iterator[tuple[ast.AST, int | None]]:
    """Functions outside other functions, and whatever else stands outside of them.

    Each comes with its own ordinal, or with that of the class around it. What runs only where
    the file is a script is one statement.
    """
    for node in body:
        if isinstance(node, FUNCTIONS):
            yield node, ordinals[node]
        elif isinstance(node, ast.ClassDef):
            yield from ((part, ordinals[node]) for part in (*node.decorator_list, *node.bases))
            yield from _units(node.body, ordinals[node], ordinals)
        elif is_script(node):
            yield node, owner
        elif isinstance(node, (ast.If, ast.For, ast.While, ast.With, ast.Try)):
            for field in ("test", "iter", "items"):
                part = getattr(node, field, None)
                if isinstance(part, ast.expr):
                    yield part, owner
                else:
                    yield from ((item.context_expr, owner) for item in part or ())
            for field in ("body", "orelse", "finalbody"):
                yield from _units(getattr(node, field, ()), owner, ordinals)
            for handler in getattr(node, "handlers", ()):
                yield from _units(handler.body, owner, ordinals)
        else:
            yield node, owner
