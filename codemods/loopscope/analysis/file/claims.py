"""The mentions that are understood, each with the reason; all others are left unread.

A claim says which reader takes account of a mention, or why it means nothing for loops. What is
not claimed here is unread, so a form of code that nobody thought of is reported, not passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from loopscope.analysis.file.calls import CONSTRUCTORS, CURRENT_LOOP
from loopscope.analysis.file.class_reader import FACTORY
from loopscope.analysis.file.decorators import read_fixture, read_step
from loopscope.analysis.file.facts import Position
from loopscope.analysis.file.fixture_calls import FIXTURES
from loopscope.analysis.file.functions import arguments
from loopscope.analysis.file.mentions import (
    EVENT_LOOP,
    MAKES_FIXTURES,
    MAKES_TESTS,
    MODE_BY_CODE,
    SETS_MARKS,
    USES_MARK,
    Mention,
    Subject,
)
from loopscope.analysis.file.names import Names, dotted, is_call, is_getattr
from loopscope.analysis.file.text_claims import PLUGIN, unread_text
from loopscope.python_source.syntax_tree import FUNCTIONS, FunctionNode, own_nodes, walk

_MARK = "pytest.mark.asyncio"
# Modules whose decorators leave a function what it is to pytest.
_PLAIN = ("contextlib", "functools", "typing", "abc", "asyncio", "unittest", "pytest", "warnings")


class Claims:
    """Decides on the mentions of one file."""

    def __init__(
        self,
        names: Names,
        marked: Collection[int],
        hooks: Collection[int],
        appliers: Collection[int],
    ) -> None:
        """Take what the readers know.

        Args:
            names: The names that imports bind.
            marked: Lines where a reader found an asyncio mark.
            hooks: Lines of the hooks that mark tests, and of the marks that they add.
            appliers: Lines of functions that are read as what marks classes.
        """
        self._names = names
        self._marked = marked
        self._hooks = hooks
        self._appliers = appliers
        self._deciding = {
            Subject.ARGUMENT: self._argument,
            Subject.TEXT: lambda mention: unread_text(mention, names),
            Subject.ATTRIBUTE: self._attribute,
            Subject.MARK: self._mark,
            Subject.FIXTURE: lambda mention: unread_maker(mention, names),
            Subject.PLUGINS: lambda mention: unread_plugins(mention, names),
            Subject.MODE: self._mode,
            Subject.CORO: self._coroutine,
            Subject.VALUE: self._value,
        }

    def unread(self, mention: Mention) -> Iterator[Position]:
        """Yield the place of a mention that nobody claims, with what stands there."""
        detail = self._deciding[mention.subject](mention)
        if detail:
            node = mention.node
            assert isinstance(node, (ast.expr, ast.stmt, ast.arg))
            yield Position(node.lineno, node.col_offset + 1, detail)

    # -- arguments ----------------------------------------------------------------------

    def _argument(self, mention: Mention) -> str:
        """Claim the arguments of fixtures, tests, hooks, and of what only Python code calls."""
        function = mention.function
        if function is None or any(isinstance(one, ast.Lambda) for one in mention.around[-2:]):
            return ""
        outer = mention.around[: mention.around.index(function)]
        around = next((one for one in reversed(outer) if isinstance(one, FUNCTIONS)), None)
        if around is not None:
            if self._is_wrapper(function, around):
                return f"{function.name} asks for {EVENT_LOOP}, and {around.name} returns it"
            return ""  # called, or made a fixture, by the function around it
        if function.name.startswith(("test", "pytest_")):
            return ""
        if read_fixture(function, self._names) or read_step(function, self._names):
            return ""
        for decorator in function.decorator_list:
            func = decorator.func if isinstance(decorator, ast.Call) else decorator
            origin = self._names.resolve(func) or dotted(func) or ""
            plain = origin in ("staticmethod", "classmethod", "property")
            if not plain and origin.partition(".")[0] not in _PLAIN:
                return f"{function.name} asks for {EVENT_LOOP} under @{ast.unparse(decorator)}"
        return ""

    def _is_wrapper(self, function: FunctionNode, around: FunctionNode) -> bool:
        """Whether a function takes another and returns this one, so that pytest may ask for it."""
        if read_fixture(function, self._names) or read_fixture(around, self._names):
            return False
        taken = {argument.arg for argument in (*around.args.posonlyargs, *around.args.args)}
        called = any(isinstance(one, ast.Name) and one.id in taken for one in walk(function))
        return called and any(
            isinstance(one, ast.Return)
            and isinstance(one.value, ast.Name)
            and one.value.id == function.name
            for one in own_nodes(around)
        )

    # -- attributes ----------------------------------------------------------------------

    def _attribute(self, mention: Mention) -> str:
        """Report what stands in the plugin's place; attributes of objects mean nothing."""
        node = mention.node
        assert isinstance(node, ast.Attribute)
        origin = self._names.resolve(node.value) or ""
        if not isinstance(node.ctx, ast.Load):
            known = not origin or node.lineno in self._names.read
            return "" if known else f"{EVENT_LOOP} of {origin} is replaced"
        if origin.partition(".")[0] == PLUGIN:
            return f"{ast.unparse(node)} is used"
        return ""

    # -- marks --------------------------------------------------------------------------

    def _mark(self, mention: Mention) -> str:
        if not self._is_mark(mention):
            return ""
        function, node = mention.function, mention.node
        assert isinstance(node, ast.expr)
        if any(isinstance(one, FUNCTIONS) and one.lineno in self._hooks for one in mention.around):
            return ""
        if function is not None:
            if any(is_call(one, "add_marker") for one in mention.around):
                return f"{function.name} adds the asyncio mark"
            if function.lineno in self._appliers:
                return ""
            if _sets_pytestmark(function):
                return f"{function.name} {SETS_MARKS}"
        if node.lineno in self._marked:
            return ""
        decorated = isinstance(mention.parent, (*FUNCTIONS, ast.ClassDef))
        return "" if decorated else USES_MARK

    def _is_mark(self, mention: Mention) -> bool:
        node = mention.node
        if isinstance(node, ast.Constant):
            call = mention.parent
            return is_call(call, "add_marker") or (
                isinstance(call, ast.Call)
                and is_getattr(call)
                and (self._names.resolve(call) or "") == _MARK
            )
        assert isinstance(node, ast.Attribute)
        return self._names.resolve(node) == _MARK or (dotted(node.value) or "").endswith("mark")

    # -- modes, values, coroutines ------------------------------------------------------

    def _mode(self, mention: Mention) -> str:
        node = mention.node
        if isinstance(node, ast.Constant):
            parent = mention.parent
            stored = isinstance(parent, ast.Subscript) and not isinstance(parent.ctx, ast.Load)
            return MODE_BY_CODE if stored or is_call(parent, "setattr") else ""
        assert isinstance(node, (ast.Name, ast.Attribute))
        stored = isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
        return MODE_BY_CODE if stored else ""

    def _value(self, mention: Mention) -> str:
        """Report what takes the current loop when it is called, wherever that may be."""
        node = mention.node
        assert isinstance(node, (ast.Name, ast.Attribute))
        in_class = any(isinstance(one, ast.ClassDef) for one in mention.around)
        if in_class and mention.function is None and _is_factory(mention.parent):
            return ""  # read where an object of the class is made
        takes = (self._names.resolve(node) or "") in CURRENT_LOOP | CONSTRUCTORS
        return f"{ast.unparse(node)} takes the current loop where it is called" if takes else ""

    def _coroutine(self, mention: Mention) -> str:
        """Report async tests that a function makes and gives back."""
        node, outer = mention.node, mention.function
        assert isinstance(node, ast.AsyncFunctionDef)
        if outer is None or not any(self._marks_asyncio(item) for item in node.decorator_list):
            return ""
        returned = {
            dotted(item.value)
            for item in ast.walk(outer)
            if isinstance(item, ast.Return) and item.value is not None
        }
        return f"{outer.name} {MAKES_TESTS}" if node.name in returned else ""

    def _marks_asyncio(self, node: ast.expr) -> bool:
        func = node.func if isinstance(node, ast.Call) else node
        return self._names.resolve(func) == _MARK


def _is_factory(parent: ast.AST) -> bool:
    return isinstance(parent, ast.keyword) or is_call(parent, FACTORY)


def _sets_pytestmark(function: ast.AST) -> bool:
    return any(
        (isinstance(child, ast.Attribute) and child.attr == "pytestmark")
        or (isinstance(child, ast.Name) and child.id == "pytestmark")
        for child in ast.walk(function)
    )


def unread_maker(mention: Mention, names: Names) -> str:
    """Claim decorators, and other names for them; a call that makes a fixture is unread."""
    node, around = mention.node, mention.around
    if not isinstance(node, (ast.Name, ast.Attribute)) or names.resolve(node) not in FIXTURES:
        return ""
    if _is_read(mention, names):
        return ""
    maker: ast.AST = node
    place = len(around) - 1
    if _is_call_of(around[place], node):
        maker, place = around[place], place - 1
    holder = around[place]
    if isinstance(holder, FUNCTIONS) and maker in holder.decorator_list:
        return _inner_fixture(mention, holder)
    match holder:
        case ast.Assign(targets=[target], value=value) if value is maker and maker is node:
            known = isinstance(target, ast.Name) and mention.function is None
            return "" if known else f"{ast.unparse(target)} {MAKES_FIXTURES}"
        case ast.Call(func=func) if func is maker:
            return _made(around[place - 1])
        case ast.Assign() | ast.AnnAssign() if isinstance(maker, ast.Call) and maker.args:
            return _made(holder)
        case ast.Expr():
            return ""
    statement = next(one for one in reversed(around) if isinstance(one, ast.stmt))
    if isinstance(statement, ast.Assign):
        return f"{ast.unparse(statement.targets[0])} {MAKES_FIXTURES}"
    inside = mention.function
    return f"{inside.name} {MAKES_FIXTURES}" if inside else f"{ast.unparse(node)} is handed on"


def _is_read(mention: Mention, names: Names) -> bool:
    """Whether a reader understood the statement at module level in which a mention stands."""
    outer = mention.around[1] if len(mention.around) > 1 else None
    name = getattr(outer, "name", None)
    return any(
        isinstance(one, ast.stmt) and one.lineno in names.read for one in mention.around
    ) or (isinstance(outer, ast.FunctionDef) and name in names.makers)


def _made(holder: ast.AST) -> str:
    if isinstance(holder, (ast.Assign, ast.AnnAssign)):
        target = holder.targets[0] if isinstance(holder, ast.Assign) else holder.target
        if dotted(target) == EVENT_LOOP:
            return ""  # an action of LS101
        return f"{ast.unparse(target)} is a fixture made by a call"
    return "a fixture is made by a call"


def _inner_fixture(mention: Mention, function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Report fixtures that a function makes, where they may need a loop."""
    outer = mention.function
    if outer is None:
        return ""
    if isinstance(function, ast.AsyncFunctionDef) or EVENT_LOOP in arguments(function):
        return f"{outer.name} makes the fixture {function.name}"
    return ""


def unread_plugins(mention: Mention, names: Names) -> str:
    """Claim what was understood of ``pytest_plugins``, and lists of names."""
    if _is_read(mention, names):
        return ""
    match mention.parent:
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            parts = value.elts if isinstance(value, (ast.List, ast.Tuple, ast.Set)) else [value]
            if all(isinstance(part, ast.Constant) for part in parts):
                return ""
            return "pytest_plugins is no list of names"
        case ast.AugAssign():
            return "plugins are added to pytest_plugins"
        case ast.Attribute(attr="append" | "extend" | "insert"):
            return "plugins are added to pytest_plugins"
    return ""


def _is_call_of(node: ast.AST, func: ast.AST) -> bool:
    return isinstance(node, ast.Call) and node.func is func
