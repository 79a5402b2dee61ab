"""One declaration of a package: its version, kind and place."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field


class PinsError(ValueError):
    """The pins cannot be written into this file without changing something else."""


class Kind(enum.Enum):
    """The kind of version that a declaration gives a package."""

    ANY = "any"  # nothing, or "*"
    RANGE = "range"
    EXACT = "exact"
    HASHED = "hashed"  # a pip requirement with --hash
    LOCK = "lock"  # in a lock file, or in one that pip-compile or uv wrote
    VCS = "vcs"
    URL = "url"
    OTHER = "other"  # put together at run time, or in a syntax that is not known

    @property
    def editable(self) -> bool:
        """Whether ``set_pins`` can give such a declaration another specifier."""
        return self in (Kind.ANY, Kind.RANGE, Kind.EXACT)


class Style(enum.Enum):
    """How version specifiers are written."""

    PEP440 = "pep440"
    POETRY = "poetry"  # "^1.1", "~1.1", "1.1.0" and "*" besides; Pipfile too
    CONDA = "conda"  # "=1.1" and "1.1.*" besides


@dataclass(frozen=True, slots=True)
class Pin:
    """One declaration of a package.

    ``specifier`` is what the file says, ``versions`` the same as PEP 440 specifiers, several
    where alternatives are joined by ``||``. ``marker`` is an environment marker or "".
    ``start`` and ``end`` are the specifier's offsets in the decoded text.
    """

    path: str
    line: int  # 1-based
    package: str  # normalised
    specifier: str
    kind: Kind
    where: str = ""  # such as "project.optional-dependencies.test"
    marker: str = ""
    versions: tuple[str, ...] = ("",)
    style: Style = Style.PEP440
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


def normalised(name: str) -> str:
    """Return a package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
