"""The one list of files that may declare requirements, asked by all who look for them.

Lock files, and the commands and lists of other tools (CI, containers, make, scripts,
pre-commit), are read here, too: their grammars are not. In a command, a requirement with its
version is found as pip writes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from loopscope.config.declaring_names import grammar_of
from loopscope.requirements.compatibility import PLUGIN, WATCHED
from loopscope.requirements.ini_and_toml import read_ini, read_toml
from loopscope.requirements.pin import Kind, Pin, Style, normalised
from loopscope.requirements.pip_and_conda import read_conda, read_pip, read_recipe
from loopscope.requirements.python_files import read_python
from loopscope.requirements.source_text import CLAUSE, SourceText

_TOML = re.compile(r'^name = "pytest[-_.]asyncio"\r?\nversion = "([^"]+)"', re.MULTILINE)
_JSON = re.compile(r'"pytest[-_.]asyncio"\s*:\s*\{[^{}]*?"version"\s*:\s*"==([^"]+)"')
_YAML = re.compile(
    r"\bname: pytest[-_.]asyncio\r?\n\s+version: [\"']?(\d[\w.]*)"
    r"|/pytest[-_.]asyncio-(\d[\w.]*)-\w+\.(?:conda|tar\.bz2|whl)"
)


def read_lock(source: SourceText) -> Iterator[Pin]:
    """Find the locked versions of pytest-asyncio itself, several where they differ by Python."""
    pattern = _TOML
    if source.path.endswith("Pipfile.lock"):
        pattern = _JSON
    elif source.path.endswith(("pixi.lock", ".yml", ".yaml")):
        pattern = _YAML
    met: set[str] = set()
    for found in pattern.finditer(source.text):
        version = f"=={found[found.lastindex or 1]}"
        if version in met:
            continue  # for another platform
        met.add(version)
        line = source.line(found.start())
        yield Pin(
            source.path, line, PLUGIN, version, Kind.LOCK, versions=(version,), start=found.start()
        )


_NAMES = "|".join(re.escape(name).replace(r"\-", "[-_.]") for name in sorted(WATCHED)[::-1])
_NAME = re.compile(rf"(?<![\w./@:$\\-])({_NAMES})(\[[\w, -]*\])?(?![\w/.-])", re.IGNORECASE)
_CLOSE = re.compile(rf"{CLAUSE}(?:,{CLAUSE})*".replace(r"[ \t]*", ""))
_WIDE = re.compile(rf"[ \t]*({CLAUSE}(?:[ \t]*,[ \t]*{CLAUSE})*)[ \t]*")
_ENDS = re.compile(r"[\s\"',;\])&|\\]|$")
# What follows a name that has a version: an operator, an address, a variable, or, as the key of a
# matrix, a colon and numbers.
_ODD = re.compile(
    r"[ \t]*(?:[=<>~!]=|@[ \t]*\w+|[<>][ \t]*\d|=[ \t]*[\"']?[\d$])|[$%{]"
    r"|[\"']?[ \t]*:[ \t]*\[?[ \t]*[\"']?\d"
)
_COMMENT = re.compile(r"(?:^|\s)#")
_ITEM = re.compile(r"[ \t]*-[ \t]+")
_JOB = re.compile(r"^(?:  )?([\w.-]+):[ \t]*(?:#.*)?\r?$", re.MULTILINE)


def read_commands(source: SourceText) -> Iterator[Pin]:
    """Find the requirements with versions, comments left out."""
    text = source.text
    jobs = [(found.start(), found[1]) for found in _JOB.finditer(text)]
    for name in _NAME.finditer(text):
        start = text.rfind("\n", 0, name.start()) + 1
        if _COMMENT.search(text, start, name.start()):
            continue
        pin = _Word(source, name, start).pin(normalised(name[1]))
        if pin is not None:
            job = next((job for at, job in reversed(jobs) if at <= name.start()), "")
            yield replace(pin, where=f"job {job}" if job else "")


class _Word:
    """A package's name in such a text."""

    def __init__(self, source: SourceText, name: re.Match[str], line: int) -> None:
        self.source, self.text, self.name = source, source.text, name
        before = self.text[name.start() - 1 : name.start()]
        self.quote = before if before and before in "\"'" else ""
        item = _ITEM.fullmatch(self.text, line, name.start())
        self.item = item is not None

    def pin(self, package: str) -> Pin | None:
        found = self.specifier()
        if found is not None:
            pin = self.source.pin(package, *found, "", Style.PEP440)
            if pin.kind is Kind.EXACT or self.quote or self.item:
                return pin
        if package == PLUGIN and (found or _ODD.match(self.text, self.name.end())):
            end = self.name.end()
            line = self.text[end : self.text.find("\n", end)].split() or [""]
            odd = self.source.pin(package, end, end, "", Style.PEP440)
            return replace(odd, kind=Kind.OTHER, specifier=line[0])
        return None

    def specifier(self) -> tuple[int, int] | None:
        """Return the ends of the version, if it is certain where it ends."""
        end = self.name.end()
        if self.quote:
            found = _WIDE.match(self.text, end)
            certain = found and self.text[found.end() : found.end() + 1] in (self.quote, ";")
            return found.span(1) if found and certain else None
        found = (_WIDE if self.item else _CLOSE).match(self.text, end)
        if not found:
            return None
        if self.item:
            rest = self.text[found.end() :].partition("\n")[0].strip()
            return found.span(1) if not rest or rest.startswith(("#", ";")) else None
        return found.span() if _ENDS.match(self.text, found.end()) else None


Reader = Callable[[SourceText], Iterator[Pin]]

_READERS: dict[str, Reader] = {
    "toml": read_toml,
    "ini": read_ini,
    "python": read_python,
    "pip": read_pip,
    "conda": read_conda,
    "recipe": read_recipe,
    "lock": read_lock,
    "commands": read_commands,
}


def reader_of(path: str) -> Reader | None:
    """Return the reader for a file of this path (relative, forward slashes), if one is known."""
    grammar = grammar_of(path)
    return None if grammar is None else _READERS[grammar]


def is_requirements_list(path: str) -> bool:
    """Whether a file of this path is one that pip installs from, or that limits what it does."""
    return grammar_of(path) == "pip"
