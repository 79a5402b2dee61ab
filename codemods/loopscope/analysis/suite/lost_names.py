"""The names of its files that a suite still asks for, and that are gone after the edits."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from loopscope.analysis.file.facts import FileFacts
from loopscope.analysis.suite.index import SuiteIndex
from loopscope.analysis.suite.taken_names import TakenNames, bound_names
from loopscope.python_source.source import decode
from loopscope.python_source.syntax_tree import parse, walk


class LostName(NamedTuple):
    """A name of ``origin`` that ``path`` asks for at a line; ``exported``: in ``__all__``."""

    path: str
    line: int
    name: str
    origin: str
    exported: bool = False


def lost_names(
    before: Mapping[str, FileFacts],
    after: SuiteIndex,
    texts: Mapping[str, bytes],
    changed: Collection[str],
) -> Iterator[LostName]:
    """List what fails with an ImportError, an AttributeError or a NameError after edits.

    Args:
        before: The facts of the files as they were.
        after: The suite as the edits leave it.
        texts: Its files.
        changed: The files that were edited.
    """
    gone = {}
    for path in changed:
        if path in before and path in after.files:
            lost = bound_names(before[path]) - bound_names(after.files[path])
            if lost:
                gone[path] = lost
    if not gone:
        return
    taken_names = TakenNames(after, gone)
    for path in after.files:
        data = texts.get(path, b"")
        if path in gone:
            yield from _exported(path, data, gone[path])
        for line, name, origin in taken_names.of(path, data):
            if name in gone[origin]:
                yield LostName(path, line, name, origin)


def _exported(path: str, data: bytes, gone: Collection[str]) -> Iterator[LostName]:
    """Find the names in statements that have to do with ``__all__``."""
    if b"__all__" not in data:
        return
    for statement in parse(decode(data).text).body:
        nodes = list(walk(statement))
        if any(isinstance(node, ast.Name) and node.id == "__all__" for node in nodes):
            for node in nodes:
                if isinstance(node, ast.Constant) and node.value in gone:
                    yield LostName(path, node.lineno, str(node.value), path, exported=True)
