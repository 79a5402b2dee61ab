"""One declaration of a package: its kind and place, what its version admits, and that raised."""

from __future__ import annotations

import enum
import re
from dataclasses import field

from loopscope.frozen import frozen
from loopscope.requirements.compatibility import Version

_COMMA = r"(?:(?<!\s)\s+)?,\s*"  # blanks are looked at from their start only
_SPLIT = re.compile(rf"{_COMMA}|(?<!\s)\s+(?=[<>=!~^])")
_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>|\^|~|=)?(\s*)([^\s=<>!~^,]+)(=[\w.*]+)?")
_EXACT = re.compile(r"(=*\s*)[^\s=]+(?:=[\w.*]+)?")
_SIZE = 4
ENDLESS: Version = (10**6,) * _SIZE


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


@frozen
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


def normal(specifier: str, style: Style) -> tuple[str, ...] | None:
    """Translate to alternatives of PEP 440 specifiers, or None where the text makes no sense."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    alternatives = (
        re.split(r"(?:(?<!\s)\s+)?\|\|?\s*", specifier)
        if style is not Style.PEP440
        else [specifier]
    )
    found = []
    for alternative in alternatives:
        clauses = [_normal_clause(clause, style) for clause in _clauses(alternative)]
        text = ",".join(clause for clause in clauses if clause)
        try:
            SpecifierSet(text)
        except InvalidSpecifier:
            return None
        found.append(text)
    return tuple(found)


def kind_of(versions: tuple[str, ...]) -> Kind:
    """Whether PEP 440 specifiers admit anything, a range or one version."""
    if not all(versions):
        return Kind.ANY
    single = len(versions) == 1 and re.fullmatch(r"===?[^,*]+", versions[0])
    return Kind.EXACT if single else Kind.RANGE


def lowest(pin: Pin) -> Version:
    """Return the oldest version that the pin admits, zeros where it has no lower bound."""
    return min(_low(alternative) for alternative in pin.versions)


def highest(pin: Pin) -> Version:
    """Return the first version above all that the pin admits, or ``ENDLESS``."""
    return max(_high(alternative) for alternative in pin.versions)


def padded(version: Version) -> Version:
    """Pad the version as ``lowest`` and ``highest`` do, to compare with them."""
    return (*version, *(0,) * _SIZE)[:_SIZE]


def numbers(version: str) -> Version:
    """Return the numbers that a version begins with; ``(0,)`` where there are none."""
    found = re.match(r"v?(?:\d+!)?(\d+(?:\.\d+)*)", version)
    return tuple(int(part) for part in found[1].split(".")) if found else (0,)


def admits(pin: Pin, *versions: str) -> bool:
    """Whether the pin admits any of these versions."""
    from packaging.specifiers import SpecifierSet

    return any(version in SpecifierSet(text) for text in pin.versions for version in versions)


def repinned(pin: Pin, exact: str) -> str:
    """Return the pin's text with another exact version."""
    found = _EXACT.match(pin.specifier)
    return f"{found[1] if found else '=='}{exact}"


def raised(pin: Pin, floor: str, top: Version, cap: str = "") -> str:
    """Return the pin's text with ``floor`` as its lower bound, spaced as before.

    Args:
        pin: A range, or a bare name.
        floor: The oldest version that it shall admit.
        top: A version that it must admit: upper bounds below it go, and so do exclusions
            of versions that are too old anyway.
        cap: An upper bound to set, such as ``"<9"``.
    """
    text = pin.specifier
    clauses = [] if pin.kind is Kind.ANY or len(pin.versions) > 1 else _clauses(text)
    gap = next((found[2] for clause in clauses if (found := _CLAUSE.match(clause))), "")
    comma = re.search(_COMMA, text)
    lower = f">={gap}{floor}"
    kept: list[str] = []
    for clause in clauses:
        operator, versions = _operator(clause), _normal_clause(clause, pin.style)
        if operator in ("^", "~=", "~"):
            moved = f"{operator}{gap}{floor}"
            high = _high(_normal_clause(moved, pin.style))
            if padded(top) < high:
                lower = moved
                cap = "" if high <= padded(numbers(cap.lstrip("<"))) else cap
        elif operator in ("<", "<=") and not cap:
            if padded(top) < _high(versions):
                kept.append(clause)
        elif operator == "!=" and _release(clause) >= padded(numbers(floor)):
            kept.append(clause)
    if cap:
        kept.append(cap.replace("<", f"<{gap}"))
    first = bool(clauses) and _operator(clauses[0]) in ("<", "<=") and clauses[0] in kept
    parts = [*kept, lower] if first else [lower, *kept]
    return (comma[0] if comma else ",").join(parts)


def _clauses(text: str) -> list[str]:
    return [clause for clause in _SPLIT.split(text.strip()) if clause]


def _operator(clause: str) -> str:
    found = _CLAUSE.fullmatch(clause)
    return (found[1] or "") if found else ""


def _normal_clause(clause: str, style: Style) -> str:
    """Write one clause as PEP 440 does; unchanged where it is not understood."""
    found = _CLAUSE.fullmatch(clause)
    if not found or style is Style.PEP440:
        return clause
    operator, version = found[1] or "", found[3]
    if version == "*":
        return ""
    if operator in ("^", "~"):
        parts = numbers(version)
        return f">={version},<{_text(_caret(parts) if operator == '^' else _next(parts[:2]))}"
    if operator == "=" and style is Style.CONDA:
        fuzzy = version.count(".") < 2 and not version.endswith("*")  # "=0.21" means any 0.21
        return f"=={version}.*" if fuzzy else f"=={version}"
    return f"{operator or '=='}{version}"


def _caret(parts: Version) -> Version:
    """Return the first incompatible version: the leftmost part that is not 0, plus one."""
    place = next((at for at, number in enumerate(parts) if number), len(parts) - 1)
    return _next(parts[: place + 1])


def _next(parts: Version) -> Version:
    return (*parts[:-1], parts[-1] + 1)


def _text(version: Version) -> str:
    return ".".join(map(str, version))


def _version(clause: str) -> str:
    found = _CLAUSE.fullmatch(clause)
    return found[3] if found else ""


def _release(clause: str) -> Version:
    return padded(numbers(_version(clause)))


def _low(specifier: str) -> Version:
    bounds = [padded((0,))]
    for clause in _clauses(specifier):
        if _operator(clause) in (">=", ">", "~=", "==", "==="):
            bounds.append(_release(clause))
    return max(bounds)


def _high(specifier: str) -> Version:
    bounds = [ENDLESS]
    for clause in _clauses(specifier):
        operator, written = _operator(clause), numbers(_version(clause))
        if operator == "<":
            bounds.append(padded(written))
        elif operator == "~=":
            bounds.append(padded(_next(written[:-1] or written)))
        elif operator == "==" and clause.endswith(".*"):
            bounds.append(padded(_next(written)))
        elif operator in ("<=", "==", "==="):
            bounds.append(_next(padded(written)))
    return min(bounds)


_KNOWN_PYTHONS: tuple[Version, ...] = tuple((3, minor) for minor in range(6, 16))
# Comparisons of anything else than the Python version: they are taken to hold.
_NOT_PYTHON = re.compile(
    r"""\b(?!python_(?:full_)?version\b)[a-z_]+\b\s*(?:[=<>!~]+|not\s+in|in)\s*("[^"]*"|'[^']*')"""
)


@frozen
class Pythons:
    """The minor versions of Python that a project supports; None where it does not say."""

    supported: tuple[Version, ...] | None

    @classmethod
    def of(cls, declared: Pin | None) -> Pythons:
        """Return the known Pythons that a declaration of the package ``python`` admits."""
        if declared is None:
            return cls(None)
        return cls(tuple(v for v in _KNOWN_PYTHONS if admits(declared, _full(v, 0), _full(v, 99))))

    def named_by(self, marker: str) -> tuple[Version, ...]:
        """Return the supported (else all known) Pythons that a marker admits."""
        known = _KNOWN_PYTHONS if self.supported is None else self.supported
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

    parsed = Marker(_NOT_PYTHON.sub('python_version > "0"', marker))
    short = ".".join(map(str, version))
    return any(
        parsed.evaluate({"python_version": short, "python_full_version": _full(version, patch)})
        for patch in (0, 99)
    )


def _full(version: Version, patch: int) -> str:
    return ".".join(map(str, (*version, patch)))
