"""New imports, in the group and the order that a file keeps."""

from __future__ import annotations

import ast
import sys
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from loopscope.python_source.source import split_lines
from loopscope.python_source.syntax_tree import parse
from loopscope.rewriting.assembler import kind_of
from loopscope.rewriting.comma_lists import import_list, with_import_list
from loopscope.rewriting.file_editor import FileEditor

Import = ast.Import | ast.ImportFrom
_STANDARD, _THIRD_PARTY, _LOCAL = range(3)


def add_imports(
    text: str,
    modules: Sequence[str],
    names: Sequence[tuple[str, str]] = (),
    newline: str = "\n",
) -> str:
    """Import ``modules`` and ``(module, name)`` pairs at module level, where they are not yet.

    An import under ``if TYPE_CHECKING``, in a ``try`` or a function does not count, nor one of
    a module that stands below its first use.

    Raises:
        SyntaxError: this Python cannot parse ``text``.
    """
    for module in modules:
        text = _add_module(text, module, newline)
    for module, name in names:
        text = _add_name(text, module, name, newline)
    return text


def _add_module(text: str, module: str, newline: str) -> str:
    tree = parse(text)
    if imported_in_time(tree, module):
        return text
    return _place(text, tree, f"import {module}", newline)


def _add_name(text: str, module: str, name: str, newline: str) -> str:
    tree = parse(text)
    froms = [
        statement
        for statement in tree.body
        if isinstance(statement, ast.ImportFrom)
        and "." * statement.level + (statement.module or "") == module
        and statement.names[0].name != "*"
    ]
    for statement in froms:
        if any(alias.name == name and alias.asname in (None, name) for alias in statement.names):
            return text
    if not froms:
        return _place(text, tree, f"from {module} import {name}", newline)
    editor = FileEditor(text, newline)
    editor.edit_statement(froms[0].lineno, lambda line: _joined(line, module, name))
    return editor.render()


def _joined(line: Any, module: str, name: str) -> Any:
    """Return the line with one more name in its ``from module import`` statement."""
    import libcst as cst

    body = list(line.body)
    for index, small in enumerate(body):
        if isinstance(small, cst.ImportFrom) and _module_of(small) == module:
            comma_list = import_list(small)
            present = [item.evaluated_name for item in comma_list.items]
            comma_list.insert(_position(present, name), cst.ImportAlias(cst.Name(name)))
            body[index] = with_import_list(small, comma_list)
            break
    return line.with_changes(body=body)


def _module_of(small: Any) -> str:
    import libcst as cst

    module = cst.Module([]).code_for_node(small.module) if small.module else ""
    return "." * len(small.relative) + module


def _by_type(name: str) -> tuple[int, str]:
    """Sort as isort does: constants, classes, the rest."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.casefold()


def _position(present: Sequence[str], name: str) -> int:
    """Find the position of ``name`` in the order of ``present``; the end, if it has none."""
    orders: tuple[Callable[[str], Any], ...] = (_by_type, str.casefold, str)
    for order in orders:
        keys = [order(one) for one in present]
        if keys == sorted(keys):
            return bisect(keys, order(name))
    return len(present)


# -- a new statement -------------------------------------------------------------------


def _place(text: str, tree: ast.Module, code: str, newline: str) -> str:
    """Put a new import statement in the section that it belongs to."""
    lines = split_lines(text)
    new = ast.parse(code).body[0]
    assert isinstance(new, (ast.Import, ast.ImportFrom))
    region = _region(tree)
    section = _section(new)
    peers = _peers(lines, [one for one in region if _section(one) == section], new)
    if peers:
        return _among(lines, peers, new, code + newline)
    editor = FileEditor(text, newline)
    above = [one for one in region if _section(one) < section]
    below = [one for one in region if _section(one) > section]
    if above:
        editor.insert_after(above[-1].end_lineno or above[-1].lineno, code)
    elif below:
        editor.insert_before(below[0].lineno, code)
    else:
        _first_import(editor, tree, code)
    return editor.render()


def _region(tree: ast.Module) -> list[Import]:
    """List the imports above the first definition, without those from ``__future__``."""
    region: list[Import] = []
    for statement in tree.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            break
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            region.append(statement)
    return [statement for statement in region if _module(statement) != "__future__"]


def _section(statement: Import) -> int:
    if isinstance(statement, ast.ImportFrom) and statement.level:
        return _LOCAL
    root = _module(statement).partition(".")[0]
    return _STANDARD if root in sys.stdlib_module_names else _THIRD_PARTY


def _module(statement: Import) -> str:
    if isinstance(statement, ast.ImportFrom):
        return statement.module or ""
    return statement.names[0].name


def _peers(lines: Sequence[str], same: Sequence[Import], new: Import) -> list[Import]:
    """List adjacent imports of one section: those around pytest, else the first."""
    groups: list[list[Import]] = []
    for statement in same:
        if groups and not _parted(lines, groups[-1][-1], statement):
            groups[-1].append(statement)
        else:
            groups.append([statement])
    for group in groups:
        if any(_module(one).partition(".")[0] in ("pytest", _module(new)) for one in group):
            return group
    return groups[0] if groups else []


def _parted(lines: Sequence[str], above: Import, below: Import) -> bool:
    between = lines[above.end_lineno or above.lineno : below.lineno - 1]
    return any(kind_of(line) == "blank" for line in between)


def _among(lines: list[str], peers: Sequence[Import], new: Import, line: str) -> str:
    """Put ``line`` among its peers: in order where they are sorted, else after the last."""
    mixed = [isinstance(one, ast.ImportFrom) for one in peers]
    if mixed == sorted(mixed):  # "import x" lines stand before "from x import" lines
        kind = isinstance(new, ast.ImportFrom)
        alike = [one for one in peers if isinstance(one, ast.ImportFrom) == kind]
        if not alike:
            return _spliced(lines, peers[-1 if kind else 0], line, after=kind)
        peers = alike
    keys = [_module(one).casefold() for one in peers]
    if keys != sorted(keys):
        pytest = [one for one in peers if _module(one) == "pytest"]
        return _spliced(lines, (pytest or peers)[-1], line, after=True)
    index = bisect(keys, _module(new).casefold())
    if index:
        return _spliced(lines, peers[index - 1], line, after=True)
    return _spliced(lines, peers[0], line, after=False)


def _spliced(lines: list[str], peer: Import, line: str, *, after: bool) -> str:
    index = (peer.end_lineno or peer.lineno) if after else peer.lineno - 1
    lines = list(lines)
    if index and not lines[index - 1].endswith(("\n", "\r")):  # the file has no final newline
        ending = line[len(line.rstrip("\r\n")) :]
        lines[index - 1] += ending
        line = line[: -len(ending)]
    return "".join([*lines[:index], line, *lines[index:]])


def _first_import(editor: FileEditor, tree: ast.Module, code: str) -> None:
    """Insert the first import: below the docstring and ``__future__``, above the code."""
    top = 0
    if ast.get_docstring(tree, clean=False) is not None:
        top = 1
    for index, statement in enumerate(tree.body):
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            top = index + 1
    if top:
        editor.insert_after(tree.body[top - 1].end_lineno or 1, code)
    elif tree.body:
        editor.insert_before(tree.body[0].lineno, code)
    else:
        editor.append(code)


_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def imported_in_time(tree: ast.Module, module: str) -> bool | None:
    """Whether ``import module`` stands above the first use; None where there is no such import.

    Only what runs while the file is imported is a use: decorators, defaults and class bodies,
    not the bodies of functions.
    """
    for number, statement in enumerate(tree.body):
        if isinstance(statement, ast.Import) and any(
            alias.asname is None and f"{alias.name}.".startswith(f"{module}.")
            for alias in statement.names
        ):
            first = statement.lineno
            return not any(
                name.id == module and name.lineno < first
                for item in tree.body[:number]
                for name in _run(item)
            )
    return None


def _run(statement: ast.stmt) -> Iterator[ast.Name]:
    """Yield the names that run with the statement itself."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name):
            yield node
        for field, value in ast.iter_fields(node):
            if field != "body" or not isinstance(node, _LATER):
                values = value if isinstance(value, list) else [value]
                stack += [child for child in values if isinstance(child, ast.AST)]
