"""``--only`` and ``--skip``: choose among the suites that were found."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fnmatch import fnmatchcase

from loopscope.discovery.walk import DiscoveredSuite
from loopscope.types import FileError

_SHOWN = 5


def choose(
    suites: Sequence[DiscoveredSuite], only: Sequence[str], skip: Sequence[str], working: str
) -> tuple[list[DiscoveredSuite], list[FileError]]:
    """Choose the suites that ``only`` names (all where it is empty) and ``skip`` does not.

    A glob stands for the path of a suite from the directory ``working``; one without a slash
    for the name of its folder, too.

    Returns:
        The suites, and an error for each glob of ``only`` that fits none.
    """
    if not only and not skip:
        return list(suites), []
    names = {found.root: os.path.relpath(found.root, working) for found in suites}
    chosen = [
        found
        for found in suites
        if (not only or any(_fits(found, names, glob) for glob in only))
        and not any(_fits(found, names, glob) for glob in skip)
    ]
    real = [names[found.root] for found in suites if found.is_suite]
    there = ", ".join(real[:_SHOWN]) + (", ..." if len(real) > _SHOWN else "")
    errors = [
        FileError(glob, f"no suite matches this --only; there are: {there or 'none'}")
        for glob in only
        if not any(_fits(found, names, glob) for found in suites)
    ]
    return chosen, errors


def _fits(found: DiscoveredSuite, names: dict[str, str], glob: str) -> bool:
    glob = os.path.normpath(glob).replace(os.sep, "/")
    name = names[found.root].replace(os.sep, "/")
    last = os.path.basename(found.root)
    return fnmatchcase(name, glob) or ("/" not in glob and fnmatchcase(last, glob))
