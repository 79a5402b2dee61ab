"""Taking imports out of a file, in the layout that it has."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial

import libcst as cst

from loopscope.python_source.source import split_lines
from loopscope.python_source.syntax_tree import StatementNumbers, parse
from loopscope.rewriting.comma_lists import (
    display_list,
    import_list,
    with_display_list,
    with_import_list,
)
from loopscope.rewriting.file_editor import FileEditor
from loopscope.rewriting.used_names import bound_name, module_names, used_names

Import = ast.Import | ast.ImportFrom
# A bare noqa, or one that lists a pyflakes code such as F401 (unused) or F811 (redefined).
_NOQA = re.compile(r"#\s*noqa(?:\s*$|\s*(?!:)\W|\s*:\s*(?:[A-Z]+\d*[,\s]+)*F\d*)", re.IGNORECASE)


def drop_unused(
    text: str, candidates: Collection[str], keep: Collection[str] = (), newline: str = "\n"
) -> str:
    """Drop imported names that are in ``candidates`` and used nowhere in the file.

    Looked at are imports at module level and under ``if TYPE_CHECKING:``. ``# noqa``,
    explicit re-exports (``import a as a``), star and ``__future__`` imports, imports in a
    ``try``, and names in ``keep`` stay.

    Raises:
        SyntaxError: this Python cannot parse ``text``.
    """
    wanted = set(candidates) - set(keep)
    while unused := wanted - used_names(text):
        done = _drop(text, partial(_is_unused, unused, split_lines(text)), newline)
        if done == text:
            break
        text = done  # what only the dropped lines used may go now, too
    return text


def drop_names(
    text: str,
    names: Collection[str],
    modules: Collection[str] | None = None,
    newline: str = "\n",
) -> str:
    """Drop ``from … import`` names even if they are used, and their ``__all__`` entries.

    Those in a ``try`` or ``with`` go, too, unless nothing else stands there. ``names`` are the
    names in the module they come from; ``modules``, spelled with their leading dots, limits this
    to imports from these modules.

    Raises:
        SyntaxError: this Python cannot parse ``text``.
    """
    gone: set[str] = set()

    def goes(statement: Import, alias: ast.alias) -> bool:
        if not isinstance(statement, ast.ImportFrom) or alias.name not in names:
            return False
        module = "." * statement.level + (statement.module or "")
        if modules is not None and module not in modules:
            return False
        gone.add(alias.asname or alias.name)
        return True

    text = _drop(text, goes, newline, deep=True)
    gone |= set(names) - module_names(text)  # a function of this file that went
    return _drop_exports(text, gone, newline)


def _drop(
    text: str, goes: Callable[[Import, ast.alias], bool], newline: str, *, deep: bool = False
) -> str:
    tree = parse(text)
    numbers = {
        node: number for number, node in enumerate(StatementNumbers.of(tree.body).statements)
    }
    editor = FileEditor(text, newline)
    for owner, block in _blocks(tree, deep=deep):
        lines = [[(node, _doomed(node, goes)) for node in line] for line in _logical_lines(block)]
        if owner is not None and all(_all_gone(*one) for line in lines for one in line):
            if not isinstance(owner, ast.If):
                continue  # it may be what the block is for
            if not owner.orelse:
                editor.edit_number(numbers[owner], lambda _: None)
        for line in lines:
            doomed = [found for _, found in line]
            if any(doomed):
                editor.edit_number(numbers[line[0][0]], partial(_without, doomed=doomed))
    return editor.render()


def _blocks(tree: ast.Module, *, deep: bool) -> Iterator[tuple[ast.stmt | None, list[ast.stmt]]]:
    """Yield the blocks that are searched: the module, and those under ``if TYPE_CHECKING:``.

    With ``deep`` those of ``try`` and ``with``, too: whatever else may depend on a condition.
    """
    yield None, tree.body
    queue = list(tree.body)
    while queue:
        statement = queue.pop(0)
        if isinstance(statement, ast.If) and _is_type_checking(statement.test):
            yield statement, statement.body
        elif deep and isinstance(statement, (ast.Try, ast.With)):
            yield statement, statement.body
            queue += statement.body


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _logical_lines(block: Sequence[ast.stmt]) -> list[list[ast.stmt]]:
    """Group the statements of a block, those that share a line together."""
    groups: list[list[ast.stmt]] = []
    for node in block:
        if groups and node.lineno <= (groups[-1][-1].end_lineno or 0):
            groups[-1].append(node)
        else:
            groups.append([node])
    return groups


def _doomed(node: ast.stmt, goes: Callable[[Import, ast.alias], bool]) -> set[int]:
    """Find the positions of the names to remove from an import statement."""
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        return set()
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return set()
    aliases = enumerate(node.names)
    return {index for index, alias in aliases if alias.name != "*" and goes(node, alias)}


def _all_gone(node: ast.stmt, doomed: set[int]) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom)) and len(doomed) == len(node.names)


def _without(
    line: cst.SimpleStatementLine, doomed: Sequence[set[int]]
) -> cst.SimpleStatementLine | None:
    body = [_shortened(*pair) for pair in zip(line.body, doomed, strict=True)]
    kept = [small for small in body if small is not None]
    if not kept:
        return None
    if body[-1] is None:
        kept[-1] = kept[-1].with_changes(semicolon=line.body[-1].semicolon)
    return line.with_changes(body=kept)


def _shortened(small: cst.BaseSmallStatement, doomed: set[int]) -> cst.BaseSmallStatement | None:
    if not isinstance(small, (cst.Import, cst.ImportFrom)) or not doomed:
        return small
    if isinstance(small.names, cst.ImportStar):
        return small
    comma_list = import_list(small)
    for index in sorted(doomed, reverse=True):
        comma_list.remove(index)
    return with_import_list(small, comma_list) if comma_list.items else None


def _is_unused(
    unused: Collection[str], lines: Sequence[str], statement: Import, alias: ast.alias
) -> bool:
    if alias.asname is not None and alias.asname == alias.name:
        return False
    return bound_name(statement, alias) in unused and not _noqa(lines, statement, alias)


def _noqa(lines: Sequence[str], statement: Import, alias: ast.alias) -> bool:
    """Whether the line of the name, or the first of the statement, asks to keep it."""
    return any(
        _NOQA.search(lines[number - 1].rstrip()) for number in {statement.lineno, alias.lineno}
    )


def _drop_exports(text: str, names: Collection[str], newline: str) -> str:
    """Take ``names`` out of a literal ``__all__``."""
    editor = FileEditor(text, newline)
    for node in parse(text).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            editor.edit_statement(node.lineno, partial(_without_exports, names=names))
    return editor.render()


def _without_exports(
    line: cst.SimpleStatementLine, names: Collection[str]
) -> cst.SimpleStatementLine:
    body = list(line.body)
    for index, small in enumerate(body):
        if isinstance(small, cst.Assign) and isinstance(small.value, (cst.List, cst.Tuple)):
            comma_list = display_list(small.value)
            for position in reversed(range(len(comma_list.items))):
                value = comma_list.items[position].value
                if isinstance(value, cst.SimpleString) and value.evaluated_value in names:
                    comma_list.remove(position)
            body[index] = small.with_changes(value=with_display_list(small.value, comma_list))
    return line.with_changes(body=body)
