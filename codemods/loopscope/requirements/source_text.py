"""The text of one file, and requirements found in it."""

from __future__ import annotations

import re
from dataclasses import replace

from loopscope.frozen import frozen
from loopscope.requirements.compatibility import PLUGIN, WATCHED
from loopscope.requirements.pin import Kind, Pin, Style, kind_of, normal, normalised

_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)([ \t]*\[[^\]]*\])?")
_OPERATOR = r"(?:===|==|~=|!=|<=|>=|<|>)"
CLAUSE = rf"{_OPERATOR}[ \t]*[A-Za-z0-9.*+!_-]+"
_SPECIFIER = re.compile(rf"[ \t]*(?:\([ \t]*)?({CLAUSE}(?:[ \t]*,[ \t]*{CLAUSE})*)[ \t]*\)?")
_MARKER = re.compile(r"[ \t]*;(.*?)(?=\s#|\s--|\\\s*\n|$)", re.DOTALL)
_LONGEST_MARKER = 2000
_END = re.compile(r"\s*(?:#.*|--.*|\\\r?\n.*)?", re.DOTALL)
_ODD = tuple("<>=!~@({$%")  # what may follow a name in a declaration, other than a specifier
_REVISION = re.compile(r"(?:git|hg|bzr|svn)\+[^#\s]*?(?:@([^@#/\s]+))?(?=#|\s|$)")


@frozen
class SourceText:
    """One file's path and decoded text."""

    path: str
    text: str

    def line(self, offset: int) -> int:
        """Return the 1-based line of an offset."""
        return self.text.count("\n", 0, offset) + 1

    def requirement(self, start: int, end: int, where: str = "") -> Pin | None:
        """Read the PEP 508 requirement at that place, if it is for a package that matters.

        A comment or pip's options may follow it.
        """
        name = _NAME.match(self.text, start, end)
        if not name or normalised(name[1]) not in WATCHED:
            return None
        found = _SPECIFIER.match(self.text, name.end(), end)
        first, last = found.span(1) if found else (name.end(), name.end())
        pin = self.pin(normalised(name[1]), first, last, where, Style.PEP440)
        rest = self.text[found.end() if found else last : end]
        marker = _MARKER.match(rest)
        if marker:
            rest = rest[marker.end() :]
            pin = replace(pin, marker=marker[1].strip())
        if pin.marker and not _is_marker(pin.marker):
            return self.odd(pin)
        if _END.fullmatch(rest):
            return replace(pin, kind=Kind.HASHED) if "--hash" in rest else pin
        if rest.lstrip().startswith("@"):
            return remote(pin, rest.lstrip()[1:].strip())
        return self.odd(pin) if rest.lstrip().startswith(_ODD) else None

    def pin(
        self, package: str, start: int, end: int, where: str, style: Style, marker: str = ""
    ) -> Pin:
        """Make the pin whose specifier is at that place."""
        specifier = self.text[start:end]
        versions = normal(specifier, style)
        return Pin(
            self.path,
            self.line(start),
            package,
            specifier,
            Kind.OTHER if versions is None else kind_of(versions),
            where,
            marker,
            ("",) if versions is None else versions,
            style,
            start,
            end,
        )

    def odd(self, pin: Pin) -> Pin | None:
        """Return the pin as one that is not understood, or None: only the plugin's own matters."""
        return replace(pin, kind=Kind.OTHER) if pin.package == PLUGIN else None


def remote(pin: Pin, address: str) -> Pin:
    """Return the pin of a package that comes from a repository or an address.

    The specifier is the revision (a repository without one gives ""), or the address.
    """
    found = _REVISION.match(address)
    if not found:
        return replace(pin, specifier=address.split()[0], kind=Kind.URL)
    return replace(pin, specifier=found[1] or "", kind=Kind.VCS)


def _is_marker(text: str) -> bool:
    from packaging.markers import InvalidMarker, Marker

    try:
        Marker(text)
    except (InvalidMarker, RecursionError):
        return False
    return len(text) <= _LONGEST_MARKER
