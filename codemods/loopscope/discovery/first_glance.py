"""What a first glance at the bytes of a file tells, before anything is parsed.

Which files have to do with event loops, or may; which product code runs or keeps a loop, and the
modules that lead to it: a sync test that calls such code cannot become async, through however many
modules it is called; and which modules only hand on what others define, as does a package with
``from .fixtures import *``: nothing in their text shows that fixtures, base classes or marks come
through them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from posixpath import basename, dirname

from loopscope.config.collected_files import with_parents
from loopscope.config.pytest_config import is_test_file, source_roots
from loopscope.types import SOURCE_ROOTS, PytestConfig

# A clue first: plain substrings are much faster than the expression.
_CLUES = (b"sync", b"aio")
_WORDS = (
    b"Client", b"Session", b"engine", b"Engine", b"engine_from_config", b"Engine_from_config",
    b"pool", b"Pool", b"Connection", b"connect", b"Connector", b"Redis", b"from_url", b"Queue",
    b"channel", b"Database", b"Producer", b"Consumer", b"lasticsearch", b"OpenSearch", b"OpenAI",
    b"Anthropic", b"driver", b"Lock", b"Semaphore", b"Limiter", b"Broker", b"Cluster", b"Bot",
    b"Event", b"Condition", b"Barrier", b"NATS", b"get_running_loop", b"create_future",
)  # fmt: skip
# How a line begins that keeps what it makes, or hands it out.
_HEAD = re.compile(
    rb"(?:[ \t]*(?:self|cls)\.\w+|(?:[ ]{4}|\t)?[A-Za-z_]\w*)(?:[ ]*:[^=\n]+)?[ ]*=(?!=)"
    rb"|[ \t]*(?:return|yield)\b"
)
_IMPORT = re.compile(rb"(?m)^[ \t]*(?:from|import)\b(?:[^\n(]*\([^)]*\)?)?[^\n]*")
_WORD = re.compile(rb"\w+")
_GOES_ON = re.compile(rb"\w")
_BY_LOOP = re.compile(rb"(?m)^[ \t]*(?:self|cls)\.\w+[^\n]*=[ ]*\w*loop\b")


def keeps_loop(data: bytes) -> bool:
    """Whether a file may hold something that keeps the loop of its first use."""
    if not any(clue in data for clue in _CLUES):
        return False
    made = False
    for word in _WORDS:
        for at, head in _uses(data, word):
            made = True
            if at >= head:
                return True
    if b"get_running_loop" in data and _BY_LOOP.search(data):
        return True
    return made and b"global " in data


def _uses(data: bytes, word: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the word ends a name, and where the head of that line ends that keeps it.

    Each line is looked at once, however long it is.
    """
    never = len(data)
    last, head = 0, never
    at = data.find(word)
    while at >= 0:
        newline = data.rfind(b"\n", last, at)
        if newline >= 0 or last == 0:
            found = _HEAD.match(data, newline + 1)
            head = found.end() if found else never
        last = at + len(word)
        if not _GOES_ON.match(data, last):
            yield at, head
        at = data.find(word, last)


# Ways to run a loop that leave no trace of event loops in a file.
_RUNS = (
    b"asyncio.run", b"import run", b"Runner", b"run_forever", b"anyio.run", b"trio.run",
    b"uvloop.run", b"async_to_sync", b"AsyncToSync", b"run_app",
)  # fmt: skip
_DRIVES = (*_RUNS, b"run_until_complete")


def runs_loop(data: bytes) -> bool:
    """Whether a file may run a loop of its own, and has no other trace of one."""
    return any(word in data for word in _RUNS)


def leading_to(files: Mapping[str, bytes], others: Mapping[str, bytes]) -> Iterator[str]:
    """List those of the ``others`` that lead to a file that drives or keeps a loop, by imports."""
    wanted = {
        _name(path)
        for path, data in files.items()
        if any(word in data for word in _DRIVES) or keeps_loop(data)
    }
    left = {path: _imported(data) for path, data in others.items()} if wanted else {}
    known: set[bytes] = set()
    while left and (new := wanted - known):
        known |= new
        found = [path for path, names in left.items() if not new.isdisjoint(names)]
        for path in found:
            del left[path]
            wanted.add(_name(path))
            yield path


def _imported(data: bytes) -> set[bytes]:
    """Collect the words of all import statements; one too many does no harm."""
    return {word for text in _IMPORT.findall(data) for word in _WORD.findall(text)}


def _name(path: str) -> bytes:
    """Return the last part of the module's name."""
    file = basename(path).removesuffix(".py")
    return (basename(dirname(path)) if file == "__init__" else file).encode()


# Traces of pytest-asyncio and of every way to ask for a loop (get_event_loop, new_event_loop,
# AbstractEventLoopPolicy, event_loop_policy, ...). Plain substrings: five times as fast as one
# regular expression with alternatives. Most files hold none, so what several have in common is
# looked for first.
_TRACES = (
    (b"run_until_complete", (b"run_until_complete",)),
    (b"oop", (b"event_loop", b"EventLoop", b"forbid_global_loop", b"accept_global_loop")),
    (b"asyncio", (b"pytest_asyncio", b"mark.asyncio", b"asyncio_mode")),
)
# Modules that tests may take fixtures, base classes, hooks or decorators from, and what makes
# an object of the current loop without asking for it.
_SUPPORT = (
    b"fixture", b"pytest", b"def test", b"wraps", b"Future(", b"actory=asyncio.",
    b"actory=Future", b"actory(asyncio.",
    b"async def set", b"async def tear", b"async def asyncSetUp", b"async def asyncTearDown",
)  # fmt: skip
_SCRIPTS = ("setup.py", "noxfile.py")


def has_trace(data: bytes) -> bool:
    """Whether a file has a trace of pytest-asyncio or of event loops."""
    for common, traces in _TRACES:
        if common in data and any(trace in data for trace in traces):
            return True
    return False


def matters(path: str, data: bytes, config: PytestConfig) -> bool:
    """Whether a Python file of a suite with event loops may say something about them."""
    return (
        has_trace(data)
        or path in _SCRIPTS
        or is_test_file(path, config)
        or any(word in data for word in _SUPPORT)
        or runs_loop(data)
        or keeps_loop(data)
    )


def mentions_asyncio(config: PytestConfig) -> bool:
    """Whether the configuration of pytest speaks of asyncio."""
    return any("asyncio" in f"{name} {value}" for name, value in config.options.items())


_FROM = re.compile(
    rb"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]*(?:\(([^)]*)\)|([^\n#]*))", re.MULTILINE
)
_ALL_OR_TESTS = re.compile(rb"\A\*|\b[tT]est")
_SCOPE = re.compile(rb"scope[ ]?=[ ]?[A-Za-z_]|fixture\(\s*\*\*")
_FROM_IMPORT = re.compile(rb"^import[ \t]+([\w., \t]+)", re.MULTILINE)
_NAME = re.compile(rb"\w+|\*")


def reexports(
    files: Mapping[str, bytes],
    others: Mapping[str, bytes],
    config: PytestConfig,
    own_names: Sequence[str] = (),
) -> Iterator[str]:
    """List those of the ``others`` that import, directly or not, from a module for tests."""
    from loopscope.analysis.suite.imports import find_module  # not for a tree without suites

    support = {path for path, data in files.items() if path.endswith(".py") and _defines(data)}
    folders = {folder for path in support for folder in with_parents(dirname(path))}
    tests = {dirname(path) for path in files if is_test_file(path, config)} - {""}
    left: dict[str, list[str]] = {}
    for path, data in others.items() if support else ():
        folder = dirname(path)
        # Where product code is by itself, nothing hands on what tests use.
        if folder in folders or not tests.isdisjoint(with_parents(folder)):
            left[path] = list(_handed_on(data))
    while left:
        found = {
            path
            for path, modules in left.items()
            if any(find_module(support, path, name, SOURCE_ROOTS, own_names) for name in modules)
        }
        if not found:
            return
        yield from sorted(found)
        support = found
        left = {path: modules for path, modules in left.items() if path not in found}


def drawn_on(
    files: Mapping[str, bytes],
    others: Mapping[str, bytes],
    config: PytestConfig,
    own_names: Sequence[str] = (),
) -> Iterator[str]:
    """List those of the ``others`` of which a file takes, directly or not, what its text lacks.

    All names, of which nothing is known then, tests, or what may be the scope of a fixture.
    """
    from loopscope.analysis.suite.imports import find_module  # not for a tree without suites

    roots = (*source_roots(config), *SOURCE_ROOTS)
    seen: set[str] = set()
    queue = [(path, data) for path, data in files.items() if path.endswith(".py")]
    while queue:
        importer, data = queue.pop()
        for module in _drawn_on_by(data):
            path = find_module(others, importer, module, roots, own_names)
            if path is not None and path not in seen:
                seen.add(path)
                queue.append((path, others[path]))
                yield path


def _drawn_on_by(data: bytes) -> Iterator[str]:
    for module, *names in _FROM.findall(data):
        if any(map(_ALL_OR_TESTS.search, names)):
            yield module.decode("ascii", "ignore")
    if b"pytest" in data and _SCOPE.search(data):
        yield from _handed_on(data)


def _defines(data: bytes) -> bool:
    """Whether a file holds what tests take from others: fixtures, tests of a base class, marks."""
    return b"def test" in data or (b"pytest" in data and (b"fixture" in data or b"mark." in data))


def _handed_on(data: bytes) -> Iterator[str]:
    """Yield the modules that the text of a file may import from."""
    for module, inside, plain in _FROM.findall(data):
        name = module.decode("ascii", "ignore")
        yield name
        joint = "" if name.endswith(".") else "."
        for attribute in _NAME.findall(inside or plain):
            yield f"{name}{joint}{attribute.decode('ascii', 'ignore')}"
    for names in _FROM_IMPORT.findall(data):
        yield from (part.strip().split()[0].decode() for part in names.split(b",") if part.strip())
