"""The patterns of a .gitignore file, as git reads them.

Not by pathspec: a pattern with a dozen stars is a regular expression there that takes years for a
name of a hundred letters, and each of many patterns is tried for each path. Here nothing is tried
twice, and patterns that cannot fit are not tried at all: they are found by a name, or by the
letters that names begin and end with.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

_GLOB = re.compile(r"[*?\[\\]")
_MORE = re.compile(r"[?\[\\]")  # than stars
_LONGEST = 255  # letters of a name, on any file system; stars match what is not there, too
_CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": " \t", "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "upper": "A-Z",
    "punct": "!-/:-@\\[-`{-~", "space": " \t\n\r\f\v", "xdigit": "0-9a-fA-F",
}  # fmt: skip


class _Pattern(NamedTuple):
    """One line: the names of a path that it is for, from the root or (one name) anywhere."""

    number: int
    ignores: bool
    folders_only: bool
    names: tuple[str, ...]


class IgnoreRules:
    """The rules of one file, or of a list of patterns, for the paths below its folder."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._anywhere = _Table()
        self._from_root = _Table()
        self._last_anywhere = functools.lru_cache(maxsize=10_000)(self._anywhere.last)
        for number, line in enumerate(lines):
            self._add(number, line)
        self._folders: dict[str, bool | None] = {}

    def __call__(self, path: str, *, directory: bool = False) -> bool | None:
        """Whether a path (relative, forward slashes) is ignored; None: no pattern is for it.

        What lies in an ignored folder is ignored, whatever other patterns say.
        """
        end = path.find("/")
        while end >= 0:
            folder = path[:end]
            if folder not in self._folders:
                self._folders[folder] = self._own(folder, directory=True)
            if self._folders[folder]:
                return True
            end = path.find("/", end + 1)
        return self._own(path, directory=directory)

    def _own(self, path: str, *, directory: bool) -> bool | None:
        names = tuple(path.split("/"))
        found = [
            pattern
            for pattern in (
                self._last_anywhere(names[-1], names[-1:], directory),
                self._from_root.last(names[0], names, directory),
            )
            if pattern is not None
        ]
        return max(found).ignores if found else None

    def _add(self, number: int, line: str) -> None:
        text = line.rstrip("\r")
        while text.endswith(" ") and not text.endswith("\\ "):
            text = text[:-1]
        if not text or text.startswith("#"):
            return
        ignores = not text.startswith("!")
        text = text.removeprefix("!")
        folders_only = text.endswith("/")
        text = text.removesuffix("/")
        anchored = "/" in text
        names = tuple(_without_doubles(text.removeprefix("/").split("/")))
        if not all(names) or not all(map(_can_match, names)):
            return
        pattern = _Pattern(number, ignores, folders_only, names)
        if not anchored:
            self._anywhere.add(names[0], pattern)
        elif len(names) == 2 and names[0] == "**" and names[1] != "**":
            self._anywhere.add(names[1], pattern._replace(names=names[1:]))
        else:
            self._from_root.add(names[0], pattern)


def _without_doubles(names: Iterable[str]) -> Iterator[str]:
    before = ""
    for name in names:
        if (before, name) != ("**", "**"):
            yield name
        before = name


class _Table:
    """Patterns by one of their names: whole, by its first letter, its last one, or neither."""

    def __init__(self) -> None:
        self._whole: dict[str, list[_Pattern]] = {}
        self._first: dict[str, list[_Pattern]] = {}
        self._last: dict[str, list[_Pattern]] = {}
        self._others: list[_Pattern] = []

    def add(self, name: str, pattern: _Pattern) -> None:
        if not _GLOB.search(name):
            self._whole.setdefault(name, []).append(pattern)
        elif name[0] not in "*?[\\":
            self._first.setdefault(name[0], []).append(pattern)
        elif name[-1] not in "*?]" and name[-2:-1] != "\\":
            self._last.setdefault(name[-1], []).append(pattern)
        else:
            self._others.append(pattern)

    def last(self, name: str, names: tuple[str, ...], directory: bool) -> _Pattern | None:
        """Return the last pattern that fits ``names``, of those that may fit ``name``."""
        best = None
        for patterns in (
            self._whole.get(name, ()),
            self._first.get(name[:1], ()),
            self._last.get(name[-1:], ()),
            self._others,
        ):
            for pattern in reversed(patterns):
                if best is not None and pattern.number < best.number:
                    break
                if (directory or not pattern.folders_only) and _fits(pattern.names, names):
                    best = pattern
                    break
        return best


def _fits(patterns: tuple[str, ...], names: tuple[str, ...]) -> bool:
    """Whether the names of a path fit; ``**`` stands for any number of them, at the end for one.

    After a ``**`` the first place where the next ones fit is as good as any other.
    """
    at = place = 0
    star, start = -1, 0  # the last ``**``, and the first name after those that it stands for
    while place < len(names):
        if at < len(patterns) and patterns[at] == "**":
            if at == len(patterns) - 1:
                return True
            star, start = at, place
            at += 1
        elif at < len(patterns) and _matcher(patterns[at])(names[place]):
            at, place = at + 1, place + 1
        elif star >= 0:
            start += 1
            at, place = star + 1, start
        else:
            return False
    return at == len(patterns)


# -- one name ---------------------------------------------------------------------------


def _can_match(name: str) -> bool:
    """Whether any name can fit: an open bracket and a last backslash make no sense to git."""
    if not _GLOB.search(name):
        return True
    pieces = _pieces(name)
    return pieces is not None and sum(map(len, pieces)) <= _LONGEST


@functools.lru_cache(maxsize=100_000)
def _matcher(name: str) -> Callable[[str], object]:
    if not _GLOB.search(name):
        return name.__eq__
    if _MORE.search(name):
        literals = _MORE.split(name, maxsplit=1)[0].split("*")
        return lambda text: all(run in text for run in literals) and _compiled(name)(text)
    first, *middle, last = name.split("*")

    def fits(text: str) -> bool:
        at, end = len(first), len(text) - len(last)
        if end < at or not (text.startswith(first) and text.endswith(last)):
            return False
        for piece in middle:  # the first place where it is, is as good as any other
            at = text.find(piece, at, end) + len(piece)
            if at < len(piece):
                return False
        return True

    return fits


@functools.lru_cache(maxsize=10_000)
def _compiled(name: str) -> Callable[[str], object]:
    pieces = _pieces(name)
    assert pieces is not None, "the pattern was looked at before"
    first, *rest = ["".join(piece) for piece in pieces]
    if not rest:
        return re.compile(first, re.DOTALL).fullmatch
    # A piece between two stars is taken at the first place where it is, for good.
    middle = "".join(f"(?=(?P<p{n}>.*?{piece}))(?P=p{n})" for n, piece in enumerate(rest[:-1]))
    return re.compile(f"{first}{middle}.*{rest[-1]}", re.DOTALL).fullmatch


def _pieces(name: str) -> list[list[str]] | None:
    """Cut a pattern at its stars; each piece is a regular expression for each letter.

    Returns None where the pattern makes no sense.
    """
    pieces: list[list[str]] = [[]]
    at = 0
    while at < len(name):
        letter = name[at]
        at += 1
        if letter == "*":
            if pieces[-1] or len(pieces) == 1:
                pieces.append([])
        elif letter == "?":
            pieces[-1].append(".")
        elif letter == "[":
            found = _class(name, at)
            if found is None:
                return None
            pieces[-1].append(found[0])
            at = found[1]
        elif letter == "\\":
            if at == len(name):
                return None
            pieces[-1].append(re.escape(name[at]))
            at += 1
        else:
            pieces[-1].append(re.escape(letter))
    return pieces


def _class(name: str, at: int) -> tuple[str, int] | None:
    """Read the letters in brackets; also where they end. None: the bracket is open."""
    negated = name[at : at + 1] in ("!", "^")
    at += negated
    items: list[str] = []
    start = at
    while at < len(name) and (name[at] != "]" or at == start):
        if name.startswith("[:", at) and (end := name.find(":]", at + 2)) > 0:
            if name[at + 2 : end] not in _CLASSES:
                return None
            items.append(_CLASSES[name[at + 2 : end]])
            at = end + 2
            continue
        low, at = _letter(name, at)
        if name[at : at + 1] == "-" and name[at + 1 : at + 2] not in ("", "]"):
            high, at = _letter(name, at + 1)
            if low <= high:
                items.append(f"{re.escape(low)}-{re.escape(high)}")
            else:
                items.append(re.escape(low) if low == high else "")
        else:
            items.append(re.escape(low))
    if at >= len(name):
        return None
    text = "".join(items)
    if not text:
        return ("." if negated else "(?!)"), at + 1
    return f"[{'^' * negated}{text}]", at + 1


def _letter(name: str, at: int) -> tuple[str, int]:
    if name[at] == "\\" and at + 1 < len(name):
        at += 1
    return name[at], at + 1
