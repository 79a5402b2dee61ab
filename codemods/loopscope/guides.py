"""The migration guides: where they lie, and their text."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_NAME = "migration_guides"
INDEX = "README"


class GuidesMissing(RuntimeError):
    """The guides are not where this installation should have them; the message says where."""


@cache
def folder() -> Path:
    """Find the folder of the guides: beside this file in a wheel, else in the working copy.

    Raises:
        GuidesMissing: It is in neither place.
    """
    package = Path(__file__).parent
    places = (package / _NAME, package.parents[1] / _NAME)
    for place in places:
        if (place / f"{INDEX}.md").is_file():
            return place
    raise GuidesMissing(f"no migration guides in {places[0]} or {places[1]}: install again")


def names() -> tuple[str, ...]:
    """List the guides that are no rule's page, by file name without ``.md``, the index first."""
    found = sorted(path.stem for path in folder().glob("*.md"))
    return tuple(sorted(found, key=lambda name: name != INDEX))


def path_of(name: str) -> Path:
    """Return the path of a page: ``get-running-loop``, or ``rules/LS105``."""
    return folder() / f"{name}.md"


def text(name: str) -> str:
    """Read a page as Markdown."""
    return path_of(name).read_text(encoding="utf-8")


def title(name: str) -> str:
    """Its first heading."""
    return text(name).split("\n", 1)[0].lstrip("# ")
