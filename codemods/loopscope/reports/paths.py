"""Where a file lies: as people call it, and as programs that read a report want it."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from loopscope.types import Finding


def join(label: str, path: str) -> str:
    """Join a suite and a file of it, as the user spells them; "." or "" mean the suite itself."""
    if path in ("", "."):
        return label or "."
    return path if label in ("", ".") else f"{label}/{path}"


def place_of(label: str, finding: Finding) -> str:
    """Return where a finding is, as editors and terminals understand it."""
    numbers = [number for number in (finding.line, finding.column) if number]
    return ":".join([join(label, finding.path), *map(str, numbers)])


def path_from(base: str, label: str, path: str) -> str:
    """Return the path to a file of a suite, with forward slashes.

    Args:
        base: The directory that paths of the report are relative to.
        label: The suite's path: absolute, or relative to the current directory; "" for none.
        path: Relative to the suite; "." or "" mean the suite itself.

    Returns:
        A path relative to ``base``, or an absolute one where the file does not lie below it.
    """
    absolute = os.path.abspath(os.path.join(label, path))
    try:
        way = os.path.relpath(absolute, base)
    except ValueError:  # another drive
        way = ".."
    outside = way.split(os.sep)[0] == ".."
    return (absolute if outside else way).replace(os.sep, "/")


def uri_from(base: str, label: str, path: str) -> str:
    """Return the path as a URI reference: all bytes but plain letters are percent-encoded."""
    way = path_from(base, label, path)
    return Path(way).as_uri() if os.path.isabs(way) else quote(os.fsencode(way))


def directory_uri(base: str) -> str:
    """Return a directory as a URI that references can be resolved against."""
    return Path(os.path.abspath(base)).as_uri().rstrip("/") + "/"


def base_directory() -> str:
    """Return the directory that programs look up the paths of a report from.

    GitHub and GitLab take them from the top of the checkout, also where a step runs below it.
    """
    working = os.getcwd()
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        checkout = os.environ.get(name)
        if checkout and f"{working}/".startswith(f"{checkout.rstrip('/')}/"):
            return checkout
    return working
