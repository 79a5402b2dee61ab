"""The imports of functions that a file of the suite had, and has no longer after its edits."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from loopscope.analysis.file.facts import FileFacts
from loopscope.analysis.suite.index import SuiteIndex


class LostName(NamedTuple):
    """A name that is asked for at a line of ``path`` (0: in its ``__all__``), of ``origin``."""

    path: str
    line: int
    name: str
    origin: str


def lost_names(
    before: Mapping[str, FileFacts], after: SuiteIndex, changed: Collection[str]
) -> Iterator[LostName]:
    """List what fails with an ImportError, or a star import with an AttributeError, after edits.

    Args:
        before: The facts of the files as they were.
        after: The suite as the edits leave it.
        changed: The files that were edited.
    """
    gone = {}
    for path in changed:
        if path in before and path in after.files:
            lost = _functions(before[path]) - _names(after.files[path])
            if lost:
                gone[path] = lost
    for path, names in gone.items():
        for name in sorted(names.intersection(after.files[path].exported)):
            yield LostName(path, 0, name, path)
    for path, facts in after.files.items() if gone else ():
        for bound in facts.imports:
            origin = after.find(path, bound.module) if bound.attribute else None
            if origin in gone and bound.attribute in gone[origin]:
                yield LostName(path, bound.line, bound.attribute, origin)


def _functions(facts: FileFacts) -> set[str]:
    return {one.bound_name for one in facts.functions if not one.is_method}


def _names(facts: FileFacts) -> set[str]:
    """Collect the names that the statements of a file bind."""
    return {
        *_functions(facts),
        *(cls.name for cls in facts.classes if cls.parent is None),
        *(bound.name for bound in facts.bindings),
        *facts.variables,
    }
