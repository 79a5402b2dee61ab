"""The Pythons that a declaration is for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from loopscope.requirements.compatibility import Version
from loopscope.requirements.pin import Pin
from loopscope.requirements.specifiers import admits

_KNOWN: tuple[Version, ...] = tuple((3, minor) for minor in range(6, 16))
# Comparisons of anything else than the Python version: they are taken to hold.
_ELSEWHERE = re.compile(
    r"""\b(?!python_(?:full_)?version\b)[a-z_]+\b\s*(?:[=<>!~]+|not\s+in|in)\s*("[^"]*"|'[^']*')"""
)


@dataclass(frozen=True, slots=True)
class Pythons:
    """The minor versions of Python that a project supports; None where it does not say."""

    supported: tuple[Version, ...] | None

    @classmethod
    def of(cls, declared: Pin | None) -> Pythons:
        """Return the known Pythons that a declaration of the package ``python`` admits."""
        if declared is None:
            return cls(None)
        return cls(tuple(v for v in _KNOWN if admits(declared, _full(v, 0), _full(v, 99))))

    def named_by(self, marker: str) -> tuple[Version, ...]:
        """Return the supported (else all known) Pythons that a marker admits."""
        known = _KNOWN if self.supported is None else self.supported
        return tuple(version for version in known if _holds(marker, version))

    def missed(self, marker: str, oldest: Version) -> tuple[Version, ...]:
        """Return the supported Pythons below ``oldest``; none where no support is declared."""
        if self.supported is None:
            return ()
        return tuple(version for version in self.named_by(marker) if version < oldest)

    def all_missed(self, marker: str, oldest: Version) -> bool:
        """Whether a marker leaves only Pythons below ``oldest``, supported ones or not."""
        named = self.named_by(marker) or Pythons(None).named_by(marker)
        return bool(named) and all(version < oldest for version in named)


def _holds(marker: str, version: Version) -> bool:
    """Whether a marker can be true on this Python; what it says of platforms is not asked."""
    if "python_" not in marker:
        return True
    from packaging.markers import Marker

    parsed = Marker(_ELSEWHERE.sub('python_version > "0"', marker))
    short = ".".join(map(str, version))
    return any(
        parsed.evaluate({"python_version": short, "python_full_version": _full(version, patch)})
        for patch in (0, 99)
    )


def _full(version: Version, patch: int) -> str:
    return ".".join(map(str, (*version, patch)))
