"""What one file makes and keeps: in variables, on classes, on objects; one ``Making`` each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from loopscope.analysis.file.checks import position
from loopscope.analysis.file.facts import Hazard, Position
from loopscope.analysis.file.functions import arguments
from loopscope.analysis.file.names import Names, dotted, keeps_nothing, last_name
from loopscope.frozen import frozen
from loopscope.python_source.syntax_tree import FUNCTIONS, FunctionNode, children, own, walk

# Since Python 3.10 they take the loop of the first task that has to wait.
PRIMITIVES = frozenset(
    f"asyncio.{module}{name}"
    for module, names in {
        "": ("Lock", "Event", "Condition", "Semaphore", "BoundedSemaphore", "Barrier", "Queue",
             "PriorityQueue", "LifoQueue"),
        "locks.": ("Lock", "Event", "Condition", "Semaphore", "BoundedSemaphore", "Barrier"),
        "queues.": ("Queue", "PriorityQueue", "LifoQueue"),
    }.items()
    for name in names
)  # fmt: skip
LOOPS = frozenset(
    f"asyncio.{module}{name}"
    for module in ("", "events.")
    for name in ("get_running_loop", "get_event_loop")
)
FUTURES = ("create_future",)
_BY_NAME = frozenset(
    {
        "databases.Database", "nats.NATS", "nats.connect", "nats.aio.client.Client",
        "grpc.aio.insecure_channel", "grpc.aio.secure_channel", "discord.Client",
        "gql.Client", "tortoise.Tortoise",
    }
)  # fmt: skip
# Clients of asynchronous libraries: httpx.AsyncClient, redis.asyncio.from_url,
# sqlalchemy.ext.asyncio.create_async_engine, aiohttp.ClientSession, motor.motor_asyncio....
_LIBRARY = re.compile(r"(?i)(?:^|[._])(?:async|aio)")
_CONNECTED = re.compile(
    r"(?i)(?:client|session|engine|engine_from_config|pool|connection|connect|connector|redis|"
    r"from_url|queue|channel|database|producer|consumer|elasticsearch|opensearch|openai|anthropic|"
    r"driver|lock|semaphore|limiter|broker|cluster|bot)$"
)
_NONE = re.compile(r"(?i)mock|fake|dummy|stub|\bunittest\b|pytest")
# Run the application on a loop of their own, in a thread of their own.
TEST_CLIENTS = frozenset(
    {"fastapi.testclient.TestClient", "starlette.testclient.TestClient", "fastapi.TestClient"}
)
# Words that a file holds where it makes one of them.
WORDS = (
    "Client(", "Session(", "engine(", "engine_from_config(", "Engine(", "pool(", "Pool(",
    "Connection(", "connect(", "Connector(", "Redis(", "from_url(", "Queue", "channel(",
    "Database(", "Producer(", "Consumer(", "lasticsearch(", "OpenSearch(", "OpenAI(",
    "Anthropic(", "driver(", "Lock", "Semaphore", "Limiter(", "Broker(", "Cluster(", "Bot(",
    "Event", "Condition", "Barrier", "get_running_loop", "get_event_loop", "create_future",
    "NATS(",
)  # fmt: skip


def keeps(origin: str) -> bool:
    """Whether what a call of this dotted name makes keeps its first loop."""
    if origin in PRIMITIVES or origin in _BY_NAME:
        return True
    if _NONE.search(origin) or origin.startswith("asyncio."):
        return False
    return bool(_LIBRARY.search(origin) and _CONNECTED.search(origin))


LOOP = "a loop"  # stands for the running loop among the callees
_MAKERS = ("__init__", "__post_init__", "__new__")
CLASS_SET_UPS = ("setup_class", "setUpClass", "asyncSetUpClass")
_CACHES = ("functools.cache", "functools.lru_cache")
_ON_ITS_OBJECT = "functools.cached_property"
_TYPES = ("TypeVar", "NewType", "ParamSpec", "Union", "isinstance", "issubclass", "cast")
_RUNNERS = ("asyncio.run", "anyio.run", "trio.run", "uvloop.run")
_ADDING = ("append", "add", "insert", "setdefault")
_FIELDS = ("field", "Field", "attrib", "ib", "Factory")


@frozen
class Making:
    """A value that is made and kept.

    ``kind``: in a ``variable`` (of a module or class), a ``global`` one set by a function, on a
    ``class``, on an ``object`` that has its own, by a ``cached`` function, ``made`` by one, or
    ``joined`` to a variable by a call at module level. ``callees`` are dotted names.
    """

    kind: str
    name: str
    callees: tuple[str, ...]

    @classmethod
    def read(cls, hazard: Hazard) -> Making:
        kind, name, *callees = hazard.detail.split(" ")
        return cls(kind, name, tuple(item.replace("~", " ") for item in callees))

    def at(self, node: ast.expr | ast.stmt) -> Position:
        """Write it down for a place."""
        callees = (item.replace(" ", "~") for item in self.callees)
        return position(node, " ".join((self.kind, self.name, *callees)))


def makings(node: ast.AST, names: Names) -> Iterator[Position]:
    """Find what a function, or a statement outside of functions, makes and keeps."""
    if isinstance(node, FUNCTIONS):
        yield from _in_function(node, names)
    elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        callees = tuple(_callees(node.value, names))
        if callees:
            on_object = any(item.rpartition(".")[2] in _FIELDS for item in callees)
            kind = "object" if on_object else "variable"
            for name in _targets(node):
                yield Making(kind, name, callees).at(node)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        func = node.value.func
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
            values = [*node.value.args, *(item.value for item in node.value.keywords)]
            joined = [_name(item, names) for item in values if isinstance(item, _NAMED)]
            if joined:
                yield Making("joined", func.value.id, tuple(joined)).at(node)


_NAMED = (ast.Name, ast.Attribute)


def _in_function(node: FunctionNode, names: Names) -> Iterator[Position]:
    yield from _assigned(node, names)
    yield from _collected(node, names)
    calls = own(node, ast.Call)
    decorators = {names.resolve(_function(item)) for item in node.decorator_list}
    if not decorators.isdisjoint((*_CACHES, _ON_ITS_OBJECT)):
        callees = tuple(call for item in calls for call in _called(item, names))
        callees += (LOOP,) if any(_is_loop(item, names) for item in calls) else ()
        if callees:
            # A cache keeps one result for each object that it is asked with.
            first = [*node.args.posonlyargs, *node.args.args][:1]
            by_object = _ON_ITS_OBJECT in decorators or [item.arg for item in first] == ["self"]
            kind = "object" if by_object else "cached"
            yield Making(kind, node.name, callees).at(node)
    made = tuple(call for item in calls for call in _called(item, names) if call in PRIMITIVES)
    if made:
        yield Making("made", node.name, made).at(node)


def _assigned(node: FunctionNode, names: Names) -> Iterator[Position]:
    """Find what goes into a variable of the module, a class or an object."""
    kinds = _Kinds(node)
    loops: set[str] | None = None
    items: list[ast.Assign | ast.AnnAssign] = [*own(node, ast.Assign), *own(node, ast.AnnAssign)]
    for item in items:
        targets = item.targets if isinstance(item, ast.Assign) else [item.target]
        kept = [found for target in targets if (found := kinds.of(target))]
        if not kept or item.value is None:
            continue
        if loops is None:
            loops = _loop_variables(node, names)
        callees = tuple(_callees(item.value, names, loops))
        for kind, name in kept if callees else ():
            yield Making(kind, name, callees).at(item)


class _Kinds:
    """What the assignments of one function keep: a value for the module, a class or an object."""

    def __init__(self, node: FunctionNode) -> None:
        self._function = node
        self._globals = {name for item in own(node, ast.Global) for name in item.names}

    @cached_property
    def _once(self) -> bool:
        """``if self.ready: return ... self.ready = True``."""
        node = self._function
        set_here = {
            dotted(item) or ""
            for item in own(node, ast.Attribute)
            if isinstance(item.ctx, ast.Store)
        }
        conditions = (item for kind in _CONDITIONS for item in own(node, kind))
        return any(text in set_here for item in conditions for text in _tested(item))

    def of(self, target: ast.expr) -> tuple[str, str] | None:
        """Return the kind and name of a ``Making``; None for a value of the function alone."""
        text = dotted(target) or ""
        owner, _, name = text.rpartition(".")
        function = self._function.name
        if not owner:
            return ("global", name) if name in self._globals else None
        if owner == "cls":
            return ("class", name) if function in CLASS_SET_UPS or self._once else None
        if owner[:1].isupper():  # Clock.loop, in a method of Clock or elsewhere
            return ("class", text) if self._once else None
        if owner == "self":
            return ("object", name) if function in _MAKERS or self._once else None
        return None


def _collected(node: FunctionNode, names: Names) -> Iterator[Position]:
    """Find what goes into a list or dict of the module: ``pool.append(Connection())``."""
    local: frozenset[str] | None = None
    for item in (*own(node, ast.Call), *own(node, ast.Assign)):
        match item:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr), args=args):
                values = args if attr in _ADDING else []
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))], value=value):
                values = [value]
            case _:
                continue
        callees = tuple(call for value in values for call in _callees(value, names))
        if callees and local is None:
            local = arguments(node) | _stored(node)
        if callees and local is not None and name not in local:
            yield Making("global", name, callees).at(item)


def _stored(node: FunctionNode) -> frozenset[str]:
    """Name the variables that are set."""
    return frozenset(item.id for item in own(node, ast.Name) if isinstance(item.ctx, ast.Store))


def _function(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _targets(node: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        for part in target.elts if isinstance(target, ast.Tuple) else [target]:
            if isinstance(part, ast.Name):
                yield part.id


def _loop_variables(node: FunctionNode, names: Names) -> set[str]:
    """Name the local variables that hold the running loop."""
    return {
        target.id
        for item in own(node, ast.Assign)
        if _is_loop(item.value, names)
        for target in item.targets
        if isinstance(target, ast.Name)
    }


def _is_loop(node: ast.AST, names: Names) -> bool:
    return isinstance(node, ast.Call) and names.resolve(node.func) in LOOPS


_CONDITIONS = (ast.If, ast.IfExp, ast.BoolOp, ast.Try)


def _tested(node: ast.AST) -> Iterator[str]:
    """Yield what a condition asks for: what is set under it is set once, and kept."""
    match node:
        case ast.If(test=test) | ast.IfExp(test=test):
            parts: Sequence[ast.AST] = [test]
        case ast.BoolOp(values=values):
            parts = values
        case ast.Try(body=body):
            parts = body
        case _:
            return
    for part in parts:
        for child in walk(part):
            if isinstance(child, _NAMED):
                yield dotted(child) or ""
            elif isinstance(child, ast.Call) and last_name(child.func) in ("hasattr", "getattr"):
                match child.args:
                    case [owner, ast.Constant(value=name), *_]:
                        yield f"{dotted(owner)}.{name!s}"


def _callees(
    value: ast.expr,
    names: Names,
    loops: set[str] = frozenset(),  # type: ignore[assignment]
) -> Iterator[str]:
    """Yield what makes a value: what it calls, and what it hands on as a factory."""
    stack: list[ast.AST] = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name) and node.id in loops:
            yield LOOP
        if isinstance(node, ast.Call) and _runs(node, names):
            continue  # what a coroutine returns is not what it makes on the way
        yield from _called(node, names)
        if _is_loop(node, names) or (
            isinstance(node, ast.Call) and last_name(node.func) in FUTURES
        ):
            yield LOOP
        elif isinstance(node, ast.Call) and last_name(node.func) not in _TYPES:
            for argument in (*node.args, *(item.value for item in node.keywords)):
                if isinstance(argument, _NAMED) and keeps(names.resolve(argument) or ""):
                    yield names.resolve(argument) or ""
        if not isinstance(node, (ast.Lambda, *FUNCTIONS)):
            stack += children(node)


def _runs(node: ast.Call, names: Names) -> bool:
    """Whether a call runs a coroutine and gives what that returns."""
    return last_name(node.func) == "run_until_complete" or names.resolve(node.func) in _RUNNERS


def _called(node: ast.AST, names: Names) -> Iterator[str]:
    if isinstance(node, ast.Call) and not _is_loop(node, names) and not keeps_nothing(node):
        name = _name(node.func, names)
        if name:
            yield name


def _name(node: ast.expr, names: Names) -> str:
    """Return the dotted name, resolved where an import binds it."""
    found = names.resolve(node) or dotted(node) or ""
    return "" if " " in found or "()" in found else found
