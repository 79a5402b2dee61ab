"""Syntax trees of source text: parsed once while a file is worked on, walked, and numbered.

The number of a statement is its place among all statements of a file, in document order. ``ast``
and LibCST agree on this order, so a number found in one names the same statement in the other,
without the cost of LibCST's position metadata. Code is moved to another depth by its tree, too:
the lines inside of strings stay, for they are part of a value.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import lru_cache, partial
from typing import Any, TypeVar

from loopscope.frozen import frozen

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

# Characters, of one text and of all; a tree takes up to two hundred times the memory of its text.
_LONGEST_KEPT = 500_000
_MOST_KEPT = 200_000
_ALWAYS_KEPT = 4  # as many texts as the edits of one file look at, however long
_FUNCTIONS_KEPT = 500  # with their nodes; those of one file
_MOST_DOTS = 2000
_DOTTED = re.compile(r"[ \t\\\r\n]+(?:[.\w]+[ \t\\\r\n\f]*)+")
_Node = TypeVar("_Node", bound=ast.AST)
_kept: dict[str, ast.Module] = {}  # the last used are the last
# Fields that hold no nodes, or only contexts and operators.
_PLAIN = frozenset({
    "ctx", "op", "ops", "id", "attr", "module", "asname", "level", "kind", "type_comment",
    "conversion", "simple", "is_async", "type_ignores",
})  # fmt: skip
LEAVES = frozenset({ast.Name, ast.Constant, ast.alias, ast.Pass, ast.Break, ast.Continue})
NESTED = (*FUNCTIONS, ast.Lambda, ast.ClassDef)  # run later, or never
_NO_OWN_NODES = LEAVES.union(NESTED)
# Lists in which something else may stand among nodes: None, or names.
_MIXED = frozenset({"keys", "kw_defaults", "kwd_attrs", "names"})


def parse(text: str) -> ast.Module:
    """Parse ``text``; the tree may be shared, so nobody may change it.

    A file is read, its edits look at it as it was, edited and with its imports, and the result
    is read again.

    Raises:
        SyntaxError: this Python cannot parse ``text``.
        RecursionError, MemoryError: it is nested too deeply, or too large.
    """
    tree = _kept.pop(text, None)
    if tree is None:
        tree = parse_afresh(text)
        if len(text) >= _LONGEST_KEPT:
            return tree
        _make_room(len(text))
    _kept[text] = tree
    return tree


def forget_trees() -> None:
    """Forget all trees: another suite has other files."""
    _kept.clear()
    nodes_of.cache_clear()
    own_nodes.cache_clear()
    _own_by_class.cache_clear()


def parse_afresh(text: str) -> ast.Module:
    """Parse ``text`` into a tree of the caller's own.

    Python's parser keeps each beginning of a dotted name of an import: one of 200 kB takes all
    memory of a machine.

    Raises:
        SyntaxError, RecursionError, MemoryError: As with ``parse``.
    """
    if len(text) > _MOST_DOTS and any(map(partial(_has_many_dots, text), ("from", "import"))):
        raise MemoryError
    return ast.parse(text)


def _has_many_dots(text: str, word: str) -> bool:
    """Whether a name with more dots than any project has follows the word somewhere."""
    at = text.find(word)
    while at >= 0:
        at += len(word)
        name = _DOTTED.match(text, at)
        if name is not None:
            if name[0].count(".") > _MOST_DOTS:
                return True
            at = name.end()
        at = text.find(word, at)
    return False


def _make_room(size: int) -> None:
    """Forget the trees that were not used for the longest time."""
    left = sum(map(len, _kept)) + size - _MOST_KEPT
    for text in list(_kept)[: 1 - _ALWAYS_KEPT]:
        if left <= 0:
            return
        left -= len(text)
        _kept.pop(text, None)


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes from ``node`` down, in no order; contexts and operators may be missing.

    Four times as fast as ``ast.walk``.
    """
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        if node.__class__ not in LEAVES:
            stack += children(node)


@lru_cache(maxsize=_FUNCTIONS_KEPT)
def nodes_of(node: ast.AST) -> tuple[ast.AST, ...]:
    """Return what ``walk`` yields; many look at one function, one after the other."""
    if not isinstance(node, FUNCTIONS):
        return tuple(walk(node))
    found = [node, *own_nodes(node)]
    around = [node.args, *node.decorator_list, *([node.returns] if node.returns else [])]
    for part in around:
        found += walk(part)
    for nested in own_nodes(node):
        if nested.__class__ in NESTED:
            found += [below for child in children(nested) for below in walk(child)]
    return tuple(found)


@lru_cache(maxsize=_FUNCTIONS_KEPT)
def own_nodes(function: ast.AST) -> tuple[ast.AST, ...]:
    """Return the nodes that run with a function's own body: no nested functions or classes.

    They come in document order, without contexts and operators.
    """
    found: list[ast.AST] = []
    stack: list[ast.AST] = list(getattr(function, "body", ()))[::-1]
    while stack:
        node = stack.pop()
        found.append(node)
        if node.__class__ not in _NO_OWN_NODES:
            stack += children(node)[::-1]
    return tuple(found)


def own(function: ast.AST, kind: type[_Node]) -> Sequence[_Node]:
    """Return the own nodes of one class, in document order."""
    return _own_by_class(function).get(kind, ())


@lru_cache(maxsize=_FUNCTIONS_KEPT)
def _own_by_class(function: ast.AST) -> Mapping[type[ast.AST], list[Any]]:
    found: defaultdict[type[ast.AST], list[ast.AST]] = defaultdict(list)
    for node in own_nodes(function):
        found[node.__class__].append(node)
    return found


def children(node: ast.AST) -> list[ast.AST]:
    """List the nodes right below one, in document order, without contexts and operators."""
    known = _CHILDREN.get(node.__class__)
    if known is not None:
        return known(node)
    found: list[ast.AST] = []
    fields = _FIELDS.get(node.__class__)
    if fields is None:
        fields = _FIELDS[node.__class__] = _fields(node.__class__)
    for name in fields:
        value = getattr(node, name, None)
        if not value:
            continue
        if value.__class__ is not list:
            if isinstance(value, ast.AST):
                found.append(value)
        elif name in _MIXED:
            found += [item for item in value if isinstance(item, ast.AST)]
        else:
            found += value
    return found


def _fields(node_class: type[ast.AST]) -> tuple[str, ...]:
    """Name the fields of a class in which other nodes may be."""
    return tuple(name for name in node_class._fields if name not in _PLAIN)


_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}  # of the classes met so far
# Of the classes that most nodes have: in a third of the time.
_CHILDREN: dict[type[ast.AST], Callable[[Any], list[ast.AST]]] = {
    ast.Constant: lambda node: [],
    ast.Name: lambda node: [],
    ast.Attribute: lambda node: [node.value],
    ast.Call: lambda node: [node.func, *node.args, *node.keywords],
    ast.keyword: lambda node: [node.value],
    ast.Expr: lambda node: [node.value],
    ast.Await: lambda node: [node.value],
    ast.Return: lambda node: [node.value] if node.value else [],
    ast.Assign: lambda node: [*node.targets, node.value],
    ast.Subscript: lambda node: [node.value, node.slice],
    ast.Compare: lambda node: [node.left, *node.comparators],
    ast.Assert: lambda node: [node.test, node.msg] if node.msg else [node.test],
    ast.arg: lambda node: [node.annotation] if node.annotation else [],
    ast.BinOp: lambda node: [node.left, node.right],
    ast.JoinedStr: lambda node: node.values,
    ast.Tuple: lambda node: node.elts,
    ast.List: lambda node: node.elts,
}


def blocks(node: ast.AST) -> Iterator[ast.stmt]:
    """Yield the statements right below a node, in document order, also those of its branches."""
    for name in _BLOCKS if node.__class__ not in _SIMPLE else ():
        for child in getattr(node, name, ()):
            if isinstance(child, ast.stmt):
                yield child
            else:  # an except handler or a match case
                yield from child.body


def depth(text: str) -> int:
    """Count the levels of LibCST's syntax tree: an expression of N terms has about N.

    So has a chain of ``and``, which is one level for Python.

    Raises:
        SyntaxError: this Python cannot parse ``text``.
        RecursionError, MemoryError: there are more levels than it can count.
    """
    level: list[ast.AST] = [parse_afresh(text)]
    count = 0
    while level:
        count += max(
            (len(node.values) for node in level if isinstance(node, ast.BoolOp)), default=1
        )
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return count


def is_docstring(node: ast.stmt) -> bool:
    """Whether a statement is a constant, which does nothing wherever it stands."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_SIMPLE = frozenset({
    ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Return, ast.Assert, ast.Import,
    ast.ImportFrom, ast.Pass, ast.Raise, ast.Delete, ast.Global,
})  # fmt: skip
_BLOCKS = ("body", "handlers", "cases", "orelse", "finalbody")  # in document order


@frozen
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


def dedented(lines: Sequence[str], node: ast.stmt) -> str:
    """Return the source of a statement, without its indentation or a final line end.

    ``lines`` are those of the file, without line ends.
    """
    first, last = node.lineno, node.end_lineno or node.lineno
    text = lines[first - 1]
    return _without(lines[first - 1 : last], _margin(text), _inside(node, first))


def with_comments(lines: Sequence[str], node: ast.stmt) -> str:
    """Return ``dedented`` below the comments that stand right above the statement."""
    above: list[str] = []
    for line in reversed(lines[: node.lineno - 1]):
        comment = line.strip()
        if not comment.startswith("#") or _margin(line) != _margin(lines[node.lineno - 1]):
            break
        above.insert(0, comment)
    return "\n".join([*above, dedented(lines, node)])


def body_of(code: str) -> str:
    """Return the body of the only function in ``code``, on its own lines and dedented."""
    tree = ast.parse(code)
    lines = code.rstrip().split("\n")[1:]
    return _without(lines, _margin(next(line for line in lines if line.strip())), _inside(tree, 2))


def indented(code: str) -> str:
    """``code`` by four spaces deeper."""
    inside = _inside(ast.parse(code), 1)
    return "\n".join(
        line if number in inside or not line.strip() else f"    {line}"
        for number, line in enumerate(code.split("\n"))
    )


def _without(lines: Sequence[str], margin: int, inside: set[int]) -> str:
    return "\n".join(
        line if number in inside else line[min(margin, _margin(line)) :]
        for number, line in enumerate(lines)
    ).rstrip()


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _inside(tree: ast.AST, first: int) -> set[int]:
    """Find the indexes, from line ``first`` on, of the lines that start inside of a string."""
    return {
        line - first
        for node in walk(tree)
        if isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)))
        for line in range(node.lineno + 1, (node.end_lineno or 0) + 1)
    }
