"""Product code that runs or keeps a loop, by a first glance, and the modules that lead to it.

A sync test that calls code which runs a loop of its own cannot become async, through however many
modules it is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from posixpath import basename, dirname

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
