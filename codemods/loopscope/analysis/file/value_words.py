"""The words that tell what belongs to an event loop, and what does not."""

from __future__ import annotations

import enum
import re
from typing import NamedTuple


class ValueKind(enum.Enum):
    """How much is known of a value that may belong to a loop."""

    BOUND = "bound"  # asyncio's own: a loop, a lock, a task
    NAMED = "named"  # its name says so: a client, a pool
    CALL = "call"  # what a function or class gives, by its dotted name
    ARGUMENT = "argument"  # an argument of the function, or something out of it
    UNKNOWN = "unknown"


class Value(NamedTuple):
    """One value, or a part of one; ``name`` says what it is."""

    kind: ValueKind
    name: str = ""


UNKNOWN = Value(ValueKind.UNKNOWN)

_ASYNCIO = {
    "get_running_loop": "loop", "get_event_loop": "loop", "new_event_loop": "loop",
    "Lock": "lock", "Event": "event", "Condition": "condition", "Semaphore": "semaphore",
    "BoundedSemaphore": "semaphore", "Barrier": "barrier", "Queue": "queue",
    "PriorityQueue": "queue", "LifoQueue": "queue", "Future": "future", "create_task": "task",
    "ensure_future": "task", "gather": "future", "shield": "future", "start_server": "server",
    "start_unix_server": "server", "open_connection": "connection",
    "open_unix_connection": "connection", "create_subprocess_exec": "process",
    "create_subprocess_shell": "process", "StreamReader": "stream", "TaskGroup": "task group",
    "AbstractEventLoop": "loop", "AbstractServer": "server", "Server": "server", "Task": "task",
    "StreamWriter": "stream", "Transport": "connection", "Runner": "loop",
    "current_task": "task", "wrap_future": "future", "Timeout": "timeout",
}  # fmt: skip
_METHODS = {
    "create_future": "future", "create_task": "task", "create_server": "server",
    "create_connection": "connection", "create_unix_server": "server", "get_loop": "loop",
    "create_datagram_endpoint": "connection", "run_in_executor": "future",
    "call_soon": "handle", "call_later": "handle",
}  # fmt: skip
# The last word of a name that says that its value is tied to the loop that made it.
_WORDS = {
    "client": "client", "session": "session", "pool": "pool", "connection": "connection",
    "conn": "connection", "connect": "connection", "server": "server", "stream": "stream",
    "channel": "channel", "lock": "lock", "queue": "queue", "task": "task", "future": "future",
    "loop": "loop", "websocket": "connection", "ws": "connection", "transport": "connection",
    "engine": "engine", "redis": "client", "connector": "connection", "producer": "client",
    "consumer": "client", "broker": "client", "cursor": "cursor", "transaction": "session",
}  # fmt: skip
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_PLAIN_TYPES = frozenset(
    {"None", "NoneType", "str", "int", "float", "bool", "bytes", "complex", "bytearray", "object",
     "Path", "PurePath", "PosixPath", "Decimal", "UUID", "datetime", "date", "time", "timedelta",
     "Enum", "Literal", "LiteralString", "SimpleCookie", "Namespace", "StrEnum", "IntEnum"}
) - {"object"}  # fmt: skip
_CONTAINERS = frozenset(
    {"dict", "list", "tuple", "set", "frozenset", "Dict", "List", "Tuple", "Set", "FrozenSet",
     "Mapping", "Sequence", "Iterable", "Collection", "Optional", "Union", "Annotated", "Final",
     "MutableMapping", "MutableSequence", "defaultdict", "OrderedDict", "deque"}
)  # fmt: skip
GENERATORS = frozenset(
    {"AsyncGenerator", "AsyncIterator", "AsyncIterable", "Generator", "Iterator", "Iterable",
     "Awaitable", "Coroutine"}
)  # fmt: skip
_PLAIN_MODULES = (
    "uuid.", "datetime.", "pathlib.", "os.", "json.", "time.", "random.", "secrets.", "string.",
    "tempfile.", "decimal.", "re.", "shutil.", "socket.gethost", "textwrap.",
    "logging.", "base64.", "hashlib.", "math.", "ipaddress.", "fractions.", "statistics.", "enum.",
    "platform.", "sys.", "hmac.",
)  # fmt: skip
# What these give belongs to a loop as far as what they are given does.
_HOLDERS = (
    "types.", "collections.", "copy.", "itertools.", "functools.", "unittest.mock.", "mock.",
    "contextlib.",
)  # fmt: skip
# What asyncio's functions give is what their first argument gives.
HANDS_ON = frozenset({"asyncio.wait_for", "asyncio.shield", "asyncio.run", "typing.cast"})
GIVES_NOTHING = frozenset({"asyncio.sleep", "asyncio.wait", "asyncio.to_thread"})
# Fixtures of pytest whose values belong to no loop.
PLAIN_FIXTURES = frozenset(
    {"tmp_path", "tmp_path_factory", "tmpdir", "tmpdir_factory", "monkeypatch", "request",
     "capsys", "capfd", "caplog", "recwarn", "worker_id", "pytestconfig", "record_property",
     "mocker", "faker", "unused_tcp_port", "unused_udp_port", "unused_tcp_port_factory",
     "testrun_uid", "free_port"}
)  # fmt: skip
BUILTINS = frozenset(
    {"str", "int", "float", "bool", "bytes", "len", "repr", "range", "sum", "min", "max", "id",
     "hash", "open", "print", "object", "type", "isinstance", "hasattr", "format", "chr", "ord",
     "abs", "round", "pow", "divmod", "any", "all", "callable", "bytearray", "complex", "input",
     "Exception", "ValueError", "RuntimeError", "iter"}
)  # fmt: skip
COLLECTIONS = frozenset(
    {"list", "tuple", "dict", "set", "frozenset", "sorted", "reversed", "zip", "enumerate",
     "map", "filter", "next", "vars", "getattr"}
)  # fmt: skip


def asyncio_word(dotted: str) -> str:
    """Return what a callable (or type) of asyncio makes that belongs to a loop; "" for others."""
    module, _, name = dotted.rpartition(".")
    return _ASYNCIO.get(name, "") if module.partition(".")[0] == "asyncio" else ""


def method_word(name: str) -> str:
    """Return what a method of this name makes on its loop: ``create_future``."""
    return _METHODS.get(name, "")


def word_of(name: str) -> str:
    """Return what the last word of a name says of its value; "" where it says nothing.

    ``AsyncClient``, ``create_pool``, ``db_conn``.
    """
    words = _WORD.findall(name.rpartition(".")[2])
    while words and words[-1].isdigit():
        words.pop()
    return _WORDS.get(words[-1].lower(), "") if words else ""


def is_plain_type(dotted: str) -> bool:
    """Whether values of a type belong to no loop."""
    return dotted.rpartition(".")[2] in _PLAIN_TYPES


def is_container_type(dotted: str) -> bool:
    """Whether a type only holds values of others."""
    return dotted.rpartition(".")[2] in _CONTAINERS


def is_plain_call(dotted: str) -> bool:
    """Whether what a callable of the standard library gives belongs to no loop."""
    return dotted.startswith(_PLAIN_MODULES)


def is_holder_call(dotted: str) -> bool:
    """Whether a callable of the standard library gives no more than it is given."""
    return dotted.startswith(_HOLDERS)
