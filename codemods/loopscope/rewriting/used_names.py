"""The names that a file binds, uses, or uses undefined; and code that Python would not run."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from loopscope.python_source.global_names import ALWAYS, unbound_names
from loopscope.python_source.syntax_tree import DEFINITIONS, children, parse, walk

_WORD = re.compile(r"[^\W\d]\w*")
_LINE_END = re.compile(r"\r\n|\r|\n")
_TYPE_COMMENT = re.compile(r"#\s*type:(?!\s*ignore)([^#\n]*)")
# Calls whose string arguments name types or fixtures.
_NAMING_CALLS = frozenset(
    {"cast", "TypeVar", "NewType", "ForwardRef", "usefixtures", "getfixturevalue"}
)

_NAMING = (
    ast.arg, ast.FunctionDef, ast.AsyncFunctionDef, ast.AnnAssign, ast.Assign, ast.AugAssign,
    ast.Subscript, ast.Call,
)  # fmt: skip


def bound_names(tree: ast.Module) -> set[str]:
    """List the names that imports at module level bind; none under ``if``, ``try`` or ``def``."""
    return {
        bound_name(statement, alias)
        for statement in tree.body
        if isinstance(statement, (ast.Import, ast.ImportFrom))
        for alias in statement.names
    }


def bound_name(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> str:
    """Return the name that one part of an import binds: ``a`` for ``import a.b``."""
    if alias.asname is not None or isinstance(statement, ast.ImportFrom):
        return alias.asname or alias.name
    return alias.name.partition(".")[0]


@lru_cache(maxsize=4)
def used_names(text: str) -> frozenset[str]:
    """Collect every name that the file may use, also in strings.

    Variables, arguments (they name fixtures), ``__all__``, types in strings and in comments.

    Raises:
        SyntaxError: this Python cannot parse ``text``.
    """
    names: set[str] = set()
    for node in walk(parse(text)):
        if isinstance(node, ast.Name):  # most of them
            names.add(node.id)
        elif isinstance(node, _NAMING):
            names.update(_names_in(node))
    for comment in _TYPE_COMMENT.findall(text):
        names.update(_WORD.findall(comment))
    return frozenset(names)


def _names_in(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.arg):
        yield node.arg
        yield from _quoted(node.annotation)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield from _quoted(node.returns)
    elif isinstance(node, ast.AnnAssign):
        yield from _quoted(node.annotation)
        yield from _exported(node.target, node.value)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _exported(target, node.value)
    elif isinstance(node, ast.AugAssign):
        yield from _exported(node.target, node.value)
    elif isinstance(node, ast.Subscript):
        yield from _quoted(node.slice)
    elif isinstance(node, ast.Call):
        yield from _called(node)


def _called(node: ast.Call) -> Iterator[str]:
    func = node.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if name in _NAMING_CALLS:
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            yield from _quoted(argument)
    root = func.value if isinstance(func, ast.Attribute) else None  # __all__.extend([...])
    if isinstance(root, ast.Name):
        for argument in node.args:
            yield from _exported(root, argument)


def _exported(target: ast.expr, value: ast.expr | None) -> Iterator[str]:
    if isinstance(target, ast.Name) and target.id == "__all__":
        yield from _quoted(value)


def _quoted(node: ast.expr | None) -> Iterator[str]:
    """Collect the words of the strings below ``node``."""
    if node is None:
        return
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield from _WORD.findall(inner.value)


def broken_code(before: str, after: str) -> tuple[str, int] | None:
    """Find what an edit has broken: a name without a definition, or code that does not compile.

    Returns:
        What is wrong and its 1-based line, or None.

    Raises:
        SyntaxError: One of the texts is no Python.
        RecursionError: It is nested too deeply.
    """
    removed, added = _changed_statements(before, after)
    if _refused(added) and not what_compile_refuses(before):
        refused = what_compile_refuses(after)
        if refused is not None:
            return refused
    used, defined = used_names(after), module_names(after)
    suspects = (used & module_names(before)) | (used - used_names(before))
    gone = used & (_local_bindings(removed) - _local_bindings(added)).keys()
    if gone and "global " not in before:  # what is set in a function is used in that function
        gone &= _read_in(added)
    if gone:  # an argument that went while its function still uses it
        suspects, defined = suspects | gone, defined - gone
    if suspects <= defined | ALWAYS:  # nearly always; what follows takes longer
        return None
    if what_compile_refuses(before):  # where the compiler gives up, no table of names can be had
        return None
    known = undefined_names(before)
    for line, name in sorted((line, name) for name, line in undefined_names(after).items()):
        if name not in known:
            return f"{name} is used but nothing defines or imports it", line
    return None


def _changed_statements(before: str, after: str) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """List the statements at module level that only ``before`` has, and those of ``after``."""
    old, new = list(_statements(before)), list(_statements(after))
    return list(_only_in(old, new)), list(_only_in(new, old))


def _statements(text: str) -> Iterator[tuple[str, ast.stmt]]:
    lines = _LINE_END.split(text)
    for node in parse(text).body:
        decorators = getattr(node, "decorator_list", ())
        first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        yield "\n".join(lines[first - 1 : node.end_lineno]), node


def _only_in(
    here: Iterable[tuple[str, ast.stmt]], there: Iterable[tuple[str, ast.stmt]]
) -> Iterator[ast.stmt]:
    left = Counter(source for source, _ in there)
    for source, node in here:
        if left[source]:
            left[source] -= 1
        else:
            yield node


def _local_bindings(statements: Sequence[ast.stmt]) -> Counter[str]:
    """Count how often each name is an argument, or is assigned."""
    return Counter(
        node.arg if isinstance(node, ast.arg) else node.id
        for statement in statements
        for node in walk(statement)
        if isinstance(node, ast.arg)
        or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    )


def _read_in(statements: Sequence[ast.stmt]) -> set[str]:
    """Collect the names that some statements read."""
    return {
        node.id
        for statement in statements
        for node in walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def module_names(text: str) -> set[str]:
    """Collect what the statements of a module bind; also deeper, but not in functions."""
    found: set[str] = set()
    queue: list[ast.AST] = [*parse(text).body]
    while queue:
        node = queue.pop()
        if isinstance(node, DEFINITIONS):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update(bound_name(node, alias) for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        else:
            queue += children(node)
    return found


def undefined_names(source: str) -> dict[str, int]:
    """Each such name with the first line that uses it.

    With a star import all names count as defined.

    Raises:
        SyntaxError: ``source`` is no Python.
    """
    stars = (
        isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        for node in walk(parse(source))
    )
    return {} if any(stars) else unbound_names(source)


def what_compile_refuses(source: str) -> tuple[str, int] | None:
    """Find an error that only the compiler reports, such as ``await`` in a plain function.

    Returns:
        The reason and its 1-based line, or None. Nothing is run.

    Raises:
        SyntaxError: The parser refuses it, too.
        RecursionError: It is nested too deeply.
    """
    return _refused(parse(source).body)


def _refused(statements: list[ast.stmt]) -> tuple[str, int] | None:
    try:
        compile(ast.Module(statements, []), "<unknown>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.msg, error.lineno or 0
    return None
