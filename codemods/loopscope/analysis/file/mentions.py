"""Every mention of what decides about loops, whether a reader understands it or not.

The scanner knows words and shapes alone: no import is resolved, and no context decides what is
found. Each mention must be claimed (``analysis/file/claims.py``); what nobody claims is an action
of rule LS318. So what is not read is said, whatever it is.
"""

from __future__ import annotations

import ast
import enum
import re
from collections.abc import Iterator, Mapping

from loopscope.analysis.file.calls import Lines
from loopscope.analysis.file.names import last_name
from loopscope.frozen import frozen
from loopscope.python_source.syntax_tree import FUNCTIONS, children

EVENT_LOOP = "event_loop"
MODE = "asyncio_mode"
MODE_BY_CODE = "asyncio_mode is set by code"  # what is unread about that
MAKES_FIXTURES = "makes fixtures"  # of whatever decorator, call or function
USES_MARK = "the asyncio mark is used here"
SETS_MARKS = "sets pytestmark"  # of a function
MAKES_TESTS = "makes async tests"  # what is unread about a function that gives them back
PLUGINS = "pytest_plugins"
_WORDS = (
    EVENT_LOOP, MODE, PLUGINS, "fixture", ".asyncio", "'asyncio'", '"asyncio"', " async def",
    "\tasync def", "factory", "Factory", "partial", "map(", "defaultdict",
)  # fmt: skip
_TAKERS = ("get_event_loop", "Future", "ensure_future", "StreamReader", "wrap_future", "shield")
_MAKERS = ("fixture", "yield_fixture")


class Subject(enum.Enum):
    """What a mention is about."""

    ARGUMENT = "an argument named event_loop"
    TEXT = 'the text "event_loop"'
    ATTRIBUTE = "an attribute or variable named event_loop"
    MARK = "the asyncio mark"
    FIXTURE = "what makes fixtures"
    PLUGINS = "pytest_plugins"
    MODE = "the mode of pytest-asyncio"
    CORO = "an async function inside another function"
    VALUE = "what takes the current loop, handed on as a value"


@frozen
class Mention:
    """One mention: its node and the nodes around it, the outermost first."""

    subject: Subject
    node: ast.AST
    around: tuple[ast.AST, ...]

    @property
    def parent(self) -> ast.AST:
        return self.around[-1]

    @property
    def function(self) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The innermost function around the mention, its own decorators not counted as inside."""
        for outer, inner in zip(self.around[::-1], (self.node, *self.around[::-1]), strict=False):
            if isinstance(outer, FUNCTIONS) and inner not in outer.decorator_list:
                return outer
        return None


class Scanner:
    """Finds the mentions of one file."""

    def __init__(self, text: str, constants: Mapping[str, ast.expr]) -> None:
        self._hits = Lines.with_words(_WORDS, text)
        self._names = {
            name: text.value
            for name, text in constants.items()
            if isinstance(text, ast.Constant) and isinstance(text.value, str)
        }
        self._names = {name: text for name, text in self._names.items() if EVENT_LOOP in text}

    def scan(self, tree: ast.Module) -> Iterator[Mention]:
        """Yield the mentions in the order in which they are found."""
        yield from self._below(tree, ())

    def _below(self, node: ast.AST, around: tuple[ast.AST, ...]) -> Iterator[Mention]:
        inside = (*around, node)
        for child in children(node):
            if isinstance(child, ast.stmt) and not self._names and not self._has_hit(child):
                continue
            subject = self._subject(child, inside)
            if subject is not None:
                yield Mention(subject, child, inside)
            yield from self._below(child, inside)

    def _has_hit(self, node: ast.stmt) -> bool:
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(item.lineno for item in decorators)])
        last = node.end_lineno or node.lineno
        return self._hits.any_in(first, last)

    def _subject(self, node: ast.AST, around: tuple[ast.AST, ...]) -> Subject | None:
        match node:
            case ast.arg(arg="event_loop"):
                return Subject.ARGUMENT
            case ast.Constant(value=str(text)):
                return _subject_of_text(text)
            case ast.Name(id=name) if name in self._names and isinstance(node.ctx, ast.Load):
                return Subject.TEXT
            case ast.Attribute(attr=name) | ast.Name(id=name):
                handed = name in _TAKERS and _is_handed_on(node, around[-1])
                return Subject.VALUE if handed else _subject_of_name(node, name)
            case ast.AsyncFunctionDef() if any(isinstance(one, FUNCTIONS) for one in around):
                return Subject.CORO
        return None


def _subject_of_text(text: str) -> Subject | None:
    if text == MODE:
        return Subject.MODE
    if EVENT_LOOP in text and (
        EVENT_LOOP in re.split(r"[\s,]+", text)
        or f"({EVENT_LOOP}" in text
        or f"{EVENT_LOOP})" in text
    ):
        return Subject.TEXT
    return Subject.MARK if text == "asyncio" else None


def _subject_of_name(node: ast.Attribute | ast.Name, name: str) -> Subject | None:
    if name in _MAKERS and isinstance(node.ctx, ast.Load):
        return Subject.FIXTURE
    if name == PLUGINS:
        return Subject.PLUGINS
    if name == MODE:
        return Subject.MODE
    if name == EVENT_LOOP and isinstance(node, ast.Attribute):
        return Subject.ATTRIBUTE
    if name == "asyncio" and isinstance(node, ast.Attribute):
        return Subject.MARK
    return None


def _is_handed_on(node: ast.AST, parent: ast.AST) -> bool:
    """``default_factory=asyncio.Future``, ``partial(asyncio.get_event_loop)`` and the like."""
    if isinstance(parent, ast.keyword):
        return (parent.arg or "").endswith("factory")
    if not isinstance(parent, ast.Call) or node not in parent.args:
        return False
    return last_name(parent.func) in ("partial", "map", "Factory", "defaultdict")
