"""The facts of files that several suites of a run read: the packages of a monorepo, say.

Each of its services reads them by another path. Nothing but the marks of a file know its path, and
the conditions of its hooks; and only of a conftest it matters where it is.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from posixpath import basename

from loopscope.analysis.file.facts import FileFacts
from loopscope.analysis.file.mark_facts import Mark

_MOST = 12_000_000  # characters of source; the facts of them take five times as much memory
_known: OrderedDict[str, FileFacts] = OrderedDict()
_size = 0


def share(path: str, text: str, read: Callable[[], FileFacts]) -> FileFacts:
    """Return the facts of a text that was read before, else read it.

    ``read`` looks for all that rules ask for, and knows nothing of other files; what it raises is
    raised.
    """
    if basename(path) == "conftest.py":
        return read()
    facts = _known.get(text)
    if facts is not None and (facts.path == path or not facts.hooks):
        _known.move_to_end(text)
        return facts if facts.path == path else _moved(facts, path)
    made = read()
    if facts is None:
        _keep(text, made)
    return made


def _keep(text: str, facts: FileFacts) -> None:
    global _size
    _known[text] = facts
    _size += len(text)
    while _size > _MOST:
        _size -= len(_known.popitem(last=False)[0])


def _moved(facts: FileFacts, path: str) -> FileFacts:
    """Return the facts of a file without hooks as they are at another path."""

    def moved(marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
        return tuple(replace(mark, path=path) for mark in marks)

    return replace(
        facts,
        path=path,
        functions=tuple(
            replace(item, marks=moved(item.marks)) if item.marks else item
            for item in facts.functions
        ),
        classes=tuple(
            replace(item, marks=moved(item.marks), subclass_marks=moved(item.subclass_marks))
            if item.marks or item.subclass_marks
            else item
            for item in facts.classes
        ),
        marks=moved(facts.marks),
        mark_variables={name: moved(marks) for name, marks in facts.mark_variables.items()},
    )
