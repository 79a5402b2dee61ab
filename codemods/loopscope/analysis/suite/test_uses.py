"""Where code mentions the tests of a suite: other tests, subclasses and helpers call them.

What a test no longer takes must not be handed to it, and one that becomes async must be awaited.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from loopscope.analysis.file.facts import Function
from loopscope.analysis.file.names import dotted, is_call, last_name
from loopscope.analysis.suite.call_graph import CallGraph
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import Key
from loopscope.analysis.suite.index import SuiteIndex
from loopscope.frozen import frozen
from loopscope.python_source.source import SourceError, decode
from loopscope.python_source.syntax_tree import FUNCTIONS, children, own_nodes, parse, walk

_ANY = "*"
_LOOKUPS = (b"getattr(", b"globals()[", b"vars()[")
_LAMBDA = (*FUNCTIONS, ast.Lambda)
# What runs the coroutines that it gets on the loop that runs, or hands them on to what does.
_RUNS = tuple(
    f"asyncio.{name}" for name in ("create_task", "ensure_future", "gather", "shield", "wait_for")
)
_OF_LOOP = (f"{EVENT_LOOP}.run_until_complete", f"{EVENT_LOOP}.create_task")


@frozen
class TestUse:
    """A place that mentions a test."""

    __test__ = False

    path: str
    line: int
    caller: int | None  # the ordinal of the function that it stands in
    hands_loop: bool = False  # a call with the argument event_loop, which can go by itself
    straight: bool = False  # the coroutine runs on the loop that runs there, or on event_loop


@frozen
class _Mention:
    path: str
    name: str  # ANY: one that only a run tells
    node: ast.Name | ast.Attribute | ast.ImportFrom
    around: tuple[ast.AST, ...]  # the module first
    looked_up: bool = False  # by its name as a text


class TestUses:
    """Finds the mentions of tests by their names, in all files; each file is read once."""

    __test__ = False

    def __init__(
        self,
        index: SuiteIndex,
        texts: Mapping[str, bytes],
        call_graph: CallGraph,
        is_product: Callable[[str], bool],
    ) -> None:
        self._index = index
        self._texts = texts
        self._call_graph = call_graph
        self._is_product = is_product

    def of(self, key: Key) -> tuple[TestUse, ...]:
        """List the places that may mean this test."""
        function = self._index.function(key)
        mentions = (*self._mentions.get(function.name, ()), *self._mentions.get(_ANY, ()))
        return tuple(
            self._use(mention, function) for mention in mentions if self._means(mention, key)
        )

    @cached_property
    def _mentions(self) -> Mapping[str, list[_Mention]]:
        names = {test.function.name for test in self._index.tests}
        others = sorted(re.escape(name) for name in names if not name.startswith("test"))
        word = re.compile(rf"(?<!def )\b(?:{'|'.join(['test', *others])})\w*".encode())
        found: dict[str, list[_Mention]] = defaultdict(list)
        for path, data in self._texts.items():
            if path not in self._index.files:
                continue
            named = (text.decode("utf-8", "replace") for text in word.findall(data))
            # Product code looks its own methods up by names that are made.
            by_any = any(one in data for one in _LOOKUPS) and not self._is_product(path)
            if names.isdisjoint(named) and not by_any:
                continue
            for mention in _read(path, data):
                if mention.name in names or (by_any and mention.name == _ANY):
                    found[mention.name].append(mention)
        return found

    def _means(self, mention: _Mention, key: Key) -> bool:
        """Whether a mention may be that of a test; where nothing is known, it is."""
        node, path = mention.node, mention.path
        function = self._index.function(key)
        if isinstance(node, ast.ImportFrom):
            module = self._index.find(path, "." * node.level + (node.module or ""))
            return module is not None and self._is_named(module, mention.name, key)
        if isinstance(node, ast.Name):
            if function.is_method or _is_local(node.id, mention.around):
                return False
            return self._is_named(path, function.name if node.id == _ANY else node.id, key)
        cls = next((one for one in mention.around[::-1] if isinstance(one, ast.ClassDef)), None)
        if _is_own_object(node.value):
            above = isinstance(node.value, ast.Call)
            return function.is_method and (cls is None or self._is_of(path, cls, key, above))
        spelled = dotted(node)
        origin = self._origin(path, spelled) if spelled else None
        if origin is not None:
            return origin == key
        return mention.looked_up or _may_hand_loop(node, mention.around)

    def _is_named(self, path: str, name: str, key: Key) -> bool:
        """Whether a test is what a module has by a name."""
        found = self._index.module_functions(path).get(name)
        return found is not None and found[0] == key

    def _origin(self, path: str, spelled: str) -> Key | None:
        first, _, rest = spelled.partition(".")
        for bound in self._index.files[path].imports:
            if bound.name == first:
                joint = "" if bound.module.endswith(".") else "."
                own = f"{joint}{bound.attribute}" if bound.attribute else ""
                return self._call_graph.find(path, f"{bound.module}{own}.{rest}")
        return self._call_graph.find(path, spelled)

    def _is_of(self, path: str, node: ast.ClassDef, key: Key, above: bool) -> bool:
        """Whether an object with the methods of a class may have that test, or ``above`` it.

        What is above a class may be beside it, in one that inherits both.
        """
        owner = Key(key.path, self._index.function(key).class_ordinal or 0)
        for cls in self._index.files[path].classes:
            if cls.line == node.lineno:
                mine = Key(path, cls.ordinal)
                orders = [self._index.mro(mine), *self._orders]
                return not (above and owner == mine) and any(
                    mine in order and owner in order for order in orders
                )
        return True

    @cached_property
    def _orders(self) -> list[tuple[Key, ...]]:
        classes = {one for test in self._index.tests for one in test.classes}
        return [self._index.mro(one) for one in classes]

    def _use(self, mention: _Mention, function: Function) -> TestUse:
        line, caller = mention.node.lineno, self._caller(mention)
        ordinal = caller.ordinal if caller is not None else None
        if caller is None or mention.looked_up or not _is_own(mention):
            return TestUse(mention.path, line, ordinal)
        place = _hands(mention)
        known = place == EVENT_LOOP or (
            isinstance(place, int)
            and function.parameters[place : place + 1] == (EVENT_LOOP,)
            and (_is_own_object(getattr(mention.node, "value", None)) or not function.is_method)
        )
        straight = self._is_straight(mention, caller)
        return TestUse(mention.path, line, ordinal, known, straight)

    def _caller(self, mention: _Mention) -> Function | None:
        lines = {one.lineno for one in mention.around if isinstance(one, FUNCTIONS)}
        functions = self._index.files[mention.path].functions
        return next((one for one in functions if one.line in lines), None)

    def _is_straight(self, mention: _Mention, caller: Function) -> bool:
        """Follow what gets the coroutine, up to what runs it."""
        facts = self._index.files[mention.path]
        passing = {facts.spelling(name) for name in _RUNS}
        for outer in mention.around[-2::-1]:
            if isinstance(outer, ast.Await):
                return True
            name = dotted(outer.func) if isinstance(outer, ast.Call) else None
            if name in _OF_LOOP:
                return EVENT_LOOP in caller.parameters
            if name is None or name not in passing:
                return False
        return False


def _read(path: str, data: bytes) -> Iterator[_Mention]:
    try:
        tree = parse(decode(data).text)
    except (SourceError, SyntaxError, RecursionError, MemoryError):
        return  # said elsewhere
    stack: list[tuple[ast.AST, tuple[ast.AST, ...]]] = [(tree, ())]
    while stack:
        node, around = stack.pop()
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            yield _Mention(path, last_name(node), node, around)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                inside = any(isinstance(one, FUNCTIONS) for one in around)
                if inside or alias.asname not in (None, alias.name):
                    yield _Mention(path, alias.name, node, around)
        elif isinstance(node, (ast.Call, ast.Subscript)):
            found = _looked_up(node)
            if found is not None and (last_name(found) != _ANY or _gets_loop(node, around)):
                yield _Mention(path, last_name(found), found, around, looked_up=True)
        stack += [(child, (*around, node)) for child in reversed(children(node))]


def _looked_up(node: ast.Call | ast.Subscript) -> ast.Name | ast.Attribute | None:
    """Write ``owner.name`` for ``getattr(owner, "name")``, ``name`` for ``globals()["name"]``.

    Its name is that of any test where an expression gives it.
    """
    found: ast.Name | ast.Attribute
    match node:
        case ast.Call(func=ast.Name(id="getattr"), args=[owner, name, *_]):
            found = ast.Attribute(owner, _text(name), ast.Load())
        case ast.Subscript(value=ast.Call(func=ast.Name(id="globals" | "vars")), slice=name):
            found = ast.Name(_text(name), ast.Load())
        case ast.Call(args=[ast.Constant(value=str(text)), *_]) if is_call(node, "methodcaller"):
            found = ast.Attribute(node, text, ast.Load())
        case _:
            return None
    return ast.copy_location(found, node)


def _text(node: ast.expr) -> str:
    known = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return ast.literal_eval(node) if known else _ANY


def _is_local(name: str, around: Sequence[ast.AST]) -> bool:
    """Whether a function around a name binds it; an import there is a mention itself."""
    return any(
        name in (getattr(one, "name", None), getattr(one, "arg", None))
        or (isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Store))
        for function in around
        if isinstance(function, _LAMBDA)
        for one in (
            *walk(function.args),
            *(own_nodes(function) if isinstance(function, FUNCTIONS) else ()),
        )
    )


def _may_hand_loop(node: ast.AST, around: Sequence[ast.AST]) -> bool:
    """Whether a call of a node may get a loop: by a name that says so, or starred."""
    call = around[-1]
    if not isinstance(call, ast.Call) or call.func is not node:
        return False
    given = [*call.args, *(one.value for one in call.keywords)]
    return any(
        not isinstance(getattr(one.value, "elt", None), ast.Constant)  # *(None for … in …)
        if isinstance(one, ast.Starred)
        else "loop" in ast.unparse(one)
        for one in given
    )


def _gets_loop(node: ast.AST, around: Sequence[ast.AST]) -> bool:
    """Whether what is looked up may get a loop, there or by a variable of its function."""
    parent = around[-1]
    function = next((one for one in around[::-1] if isinstance(one, FUNCTIONS)), None)
    if not isinstance(parent, ast.Assign) or function is None:
        return _may_hand_loop(node, around)
    held = {target.id for target in parent.targets if isinstance(target, ast.Name)}
    return any(
        isinstance(one, ast.Call)
        and last_name(one.func) in held
        and _may_hand_loop(one.func, [one])
        for one in walk(function)
    )


def _is_own_object(node: ast.expr | None) -> bool:
    """``self``, ``cls`` or ``super()``."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "super"
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def _is_own(mention: _Mention) -> bool:
    """Whether it stands in the body of its function itself, in nothing that this defines."""
    inside = [one for one in mention.around if isinstance(one, _LAMBDA)]
    statement = mention.around[mention.around.index(inside[0]) + 1 :][:1] if inside else ()
    return len(inside) == 1 and any(one in getattr(inside[0], "body", ()) for one in statement)


def _hands(mention: _Mention) -> int | str | None:
    """Return the place or the keyword at which a call gets ``event_loop``, once."""
    call = mention.around[-1]
    if not isinstance(call, ast.Call) or call.func is not mention.node:
        return None
    if any(isinstance(one, ast.Starred) for one in call.args):
        return None
    given: list[tuple[int | str | None, ast.expr]] = [*enumerate(call.args)]
    given += [(one.arg, one.value) for one in call.keywords]
    if any(place is None for place, _ in given):
        return None
    found = [place for place, one in given if isinstance(one, ast.Name) and one.id == EVENT_LOOP]
    return found[0] if len(found) == 1 else None
