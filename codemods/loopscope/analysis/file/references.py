"""What of the suite's own code a piece of source mentions, and whether it drives a loop.

A mention is enough, a call is not asked for: what is handed on (``runner.invoke(app.main)``) or
named in a nested function may run as well. So words are looked for, not syntax; one too many keeps
sync code sync, which is right in any case.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping

from loopscope.analysis.file.facts import Function

# Run a loop of their own, and refuse to where one runs already.
RUNNERS = frozenset(
    {
        "asyncio.run", "asyncio.Runner", "asyncio.runners.run", "asyncio.runners.Runner",
        "anyio.run", "trio.run", "uvloop.run", "curio.run", "aiorun.run", "uvicorn.run",
        "aiohttp.web.run_app",
        "asgiref.sync.async_to_sync", "asgiref.sync.AsyncToSync",
    }
)  # fmt: skip
# See the task that they run in, where they run in one.
LOOKERS = frozenset(
    {
        "asyncio.all_tasks",
        "asyncio.current_task",
        "asyncio.Task.all_tasks",
        "asyncio.tasks.all_tasks",
    }
)
# The mention of a loop that is driven: ``loop.run_until_complete``.
DRIVEN = "run_until_complete"
_ALWAYS = RUNNERS | LOOKERS
UNSET = "set_event_loop(None)"
# What leaves the thread without a current loop.
UNSETTING = frozenset(
    name for name in RUNNERS if name.startswith(("asyncio.", "uvloop.", "anyio."))
) | {UNSET}
_DOTTED = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.\w+)*")
_DRIVES = re.compile(r"\.run_(?:until_complete|forever)\b")
_FOREIGN = frozenset({"pytest", "pytest_asyncio", *sys.stdlib_module_names})
_OBJECT = ("self", "cls")


def drives(refers: Collection[str]) -> bool:
    """Whether what is mentioned there drives a loop."""
    return DRIVEN in refers or not RUNNERS.isdisjoint(refers)


def drives_itself(function: Function) -> bool:
    """Whether a function drives a loop by itself, other than the one that it got as argument."""
    return function.drives_loops or not RUNNERS.isdisjoint(function.refers)


class References:
    """Reads the mentions of one file, whose names are bound to ``origins``.

    ``defined`` are its own functions, classes and variables, ``starred`` says that more names
    may come from other files.
    """

    def __init__(
        self, origins: Mapping[str, str], defined: Collection[str], *, starred: bool
    ) -> None:
        self._origins = origins
        self._defined = defined
        self._starred = starred
        self._meanings: dict[str, str] = {}  # functions of one file use the same words

    def found_in(self, text: str, local: Mapping[str, str]) -> tuple[str, ...]:
        """List the dotted names in a text that may mean code of the suite, or drive a loop.

        ``local`` are the names that a function imports for itself. Members of the same object
        are ``self.name``.
        """
        words = dict.fromkeys(_DOTTED.findall(text))
        if local:
            names = [self._meaning(word, local) for word in words]
        else:
            names = [self._name(word) for word in words]
        found = dict.fromkeys(filter(None, names))
        if ".run_" in text and _DRIVES.search(text):
            found[DRIVEN] = None
        if UNSET in text:
            found[UNSET] = None
        return tuple(found)

    def _name(self, word: str) -> str:
        """Return what a dotted word of the file means, "" where it says nothing here."""
        meaning = self._meanings.get(word)
        if meaning is None:
            meaning = self._meanings[word] = self._meaning(word, {})
        return meaning

    def _meaning(self, word: str, local: Mapping[str, str]) -> str:
        first, _, rest = word.partition(".")
        if first in _OBJECT:
            return f"self.{rest.partition('.')[0]}" if rest else ""
        origin = local.get(first) or self._origins.get(first)
        if origin is not None:
            name = f"{origin}.{rest}" if rest else origin
            ours = name.partition(".")[0] not in _FOREIGN or name in _ALWAYS
            return name if ours else ""
        return word if first in self._defined or self._starred else ""
