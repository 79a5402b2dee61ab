"""What binds a name of a module to something of another module."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Import:
    """A name that an import, or an assignment such as ``db = helpers.db``, binds."""

    name: str
    module: str  # absolute dotted module, relative ones start with dots
    attribute: str | None  # None: the module itself; "*": everything
    line: int
