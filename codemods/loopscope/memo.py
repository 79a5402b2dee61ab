"""What came out of a file last time, for a process that looks at a suite again and again.

A server does, at each key, and most files are as they were. The same inputs give the same result,
so nothing but time depends on it. Other commands remember the facts of texts alone, see
``analysis/file/shared_facts.py``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

_MOST = 20_000  # results; a file has a few of them

T = TypeVar("T")
_kept: OrderedDict[tuple[str, str], tuple[object, Any]] | None = None


def remember() -> None:
    """Keep results from now on."""
    global _kept
    if _kept is None:
        _kept = OrderedDict()


def once(what: str, path: str, inputs: object, make: Callable[[], T]) -> T:
    """Return the last result for a file if its inputs were equal, else make it.

    Args:
        what: Which of the results of a file.
        path: The file.
        inputs: All that the result depends on, to be compared.
        make: What it raises is raised, and nothing is kept.
    """
    if _kept is None:
        return make()
    known = _kept.get((what, path))
    if known is not None and known[0] == inputs:
        _kept.move_to_end((what, path))
        return known[1]  # type: ignore[no-any-return]
    made = make()
    _kept[what, path] = inputs, made
    if len(_kept) > _MOST:
        _kept.popitem(last=False)
    return made
