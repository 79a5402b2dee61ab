"""The environments of a tox.ini: which lines of requirements each installs, on which Python.

A line under factors (``py37,py38: pytest<7``) counts in the environments that have them. What
belongs together is told by line numbers, as the pins of the file have them.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Mapping
from posixpath import basename

from loopscope.config.formats import FormatError, IniOption, IniSection, parse_ini
from loopscope.config.toml import layout
from loopscope.frozen import frozen
from loopscope.requirements.compatibility import Version
from loopscope.requirements.pin import normalised
from loopscope.types import PROJECT_FILES

FACTORS = re.compile(r"(?:[!\w.,{}-]|,[ \t]+)+:(?=\s|$)")
_NAME = re.compile(r"^[ \t]*name[ \t]*=[ \t]*[\"']?([A-Za-z0-9][\w.-]*)", re.MULTILINE)
_REFERENCE = re.compile(r"\{\[([^\][{}]+)\]([\w-]+)\}")
_BRACES = re.compile(r"\{([^{}]*)\}")
_SEPARATOR = re.compile(r"(?<![,\s])[,\s]+(?![^{}]*\})")
_LONGEST, _MOST = 10_000, 2_000  # letters of a list, and names that one item stands for
_RANGE = re.compile(r"(\d+)-(\d+)")
_PYTHON = re.compile(r"(?:py|pypy|python|cpython)?-?([23])\.?(\d{1,2})t?")
# What brings requirements from elsewhere: files and groups, and extras of the project.
_ELSEWHERE = re.compile(r"(?m)(?:^|\s)(?:-r|-c|--requirement|--constraint)\b|^-[rc]\S")
_WITH_EXTRAS = re.compile(
    r"(?<![\w.{/-])(?P<name>\.|\{(?:toxinidir|tox_root)\}/?|[A-Za-z0-9][\w.-]*)"
    r"\[(?P<extras>[\w., -]+)\]"
)


@frozen
class Environment:
    """One environment: its factors, the lines that it installs, and its Python if that is told.

    ``elsewhere`` says that it installs requirements of other files or of groups, too, and
    ``extras`` which extras of the project.
    """

    name: str
    lines: frozenset[int]  # 1-based
    python: Version | None
    elsewhere: bool
    extras: frozenset[str] = frozenset()


@frozen
class ToxFile:
    """The environments of a file, the line that lists them, and the lines under factors."""

    path: str
    environments: tuple[Environment, ...]
    listed_at: int
    conditional: Mapping[int, str]  # line -> its factors

    def installing(self, line: int) -> tuple[Environment, ...]:
        """Return the environments that install what stands in the line."""
        return tuple(one for one in self.environments if line in one.lines)


def own_names(files: Mapping[str, str]) -> frozenset[str]:
    """Return what may be the names of a project, normalised; tox may install it with an extra."""
    return frozenset(
        normalised(found[1])
        for path, text in files.items()
        if basename(path) in PROJECT_FILES
        for found in _NAME.finditer(text)
    )


def read_tox(path: str, text: str, own: frozenset[str] = frozenset()) -> ToxFile | None:
    """Read the environments; None where the file holds none, or cannot be read.

    ``own`` are the normalised names of the project, whose extras its environments may install.
    """
    name = basename(path)
    if name == "pyproject.toml":
        text = _embedded(text)
    elif name not in ("tox.ini", "setup.cfg"):
        return None
    if "testenv" not in text:
        return None
    try:
        sections = parse_ini(text)
    except FormatError:
        return None
    return _Reader(sections, own).read(path)


def _embedded(text: str) -> str:
    """Return the INI text in a pyproject.toml, with blank lines above it to keep its places."""
    if "legacy_tox_ini" not in text:
        return ""
    for key in layout(text).keys:
        if ".".join(key.path) == "tool.tox.legacy_tox_ini":
            start, end = key.value
            if text[start : start + 3] in ('"""', "'''"):
                return "\n" * text.count("\n", 0, start) + text[start + 3 : end - 3]
    return ""


@frozen
class _Line:
    """One line of requirements: its number, its factors ("" for none) and the rest of it."""

    number: int
    factors: str
    text: str


class _Reader:
    def __init__(self, sections: Mapping[str, IniSection], own: frozenset[str]) -> None:
        self.sections = sections
        self.own = own

    def read(self, path: str) -> ToxFile | None:
        main = self.sections.get("tox") or self.sections.get("tox:tox")
        option = _option(main, "envlist", "env_list")
        names = dict.fromkeys(expand(option.value)) if option else {}
        conditional: dict[int, str] = {}
        for section, content in self.sections.items():
            kind, _, own = section.partition(":")
            if kind != "testenv":
                continue
            if own:
                names |= dict.fromkeys(expand(own))
            if deps := content.options.get("deps"):
                for line in self.lines(deps, frozenset()):
                    if line.factors:
                        conditional[line.number] = line.factors
        environments = [self.environment(name) for name in itertools.islice(names, _MOST)]
        met = {number for one in environments for number in one.lines}
        for number, factors in sorted(conditional.items()):
            if number not in met:  # asked for by hand: tox -e py37-plain
                more = (name for name in expand(factors) if "!" not in name)
                environments += [self.environment(name) for name in more if name not in names]
                names |= dict.fromkeys(expand(factors))
        if not environments:
            environments = [self.environment("python")]
        at = option.pieces[0][0] if option else main.line if main else 0
        return ToxFile(path, tuple(environments), at + 1, conditional)

    def environment(self, name: str) -> Environment:
        own, base = self.own_section(name), self.sections.get("testenv")
        factors = frozenset(name.split("-"))
        deps = _option(own, "deps") or _option(base, "deps")
        lines = [
            line
            for line in (self.lines(deps, frozenset()) if deps else ())
            if holds(line.factors, factors)
        ]
        texts = [line.text for line in lines]
        for option in ("commands_pre", "commands"):
            command = _option(own, option) or _option(base, option)
            if command is not None and " install " in f" {command.value} ":
                texts.append(command.value)
        asked = _option(own, "extras") or _option(base, "extras")
        extras = [asked.value] if asked else []
        extras += [found for text in texts for found in self.own_extras(text)]
        groups = _option(own, "dependency_groups") or _option(base, "dependency_groups")
        python = _option(own, "basepython", "base_python")
        return Environment(
            name,
            frozenset(line.number for line in lines),
            python_of(python.value) if python else python_of(name),
            groups is not None or any(_ELSEWHERE.search(text) for text in texts),
            frozenset(normalised(extra) for text in extras for extra in expand(text)),
        )

    def own_extras(self, text: str) -> Iterator[str]:
        """Yield the extras behind the project's own name or folder."""
        for found in _WITH_EXTRAS.finditer(text):
            if found["name"][0] in ".{" or normalised(found["name"]) in self.own:
                yield found["extras"]

    def own_section(self, name: str) -> IniSection | None:
        for section, content in self.sections.items():
            kind, _, own = section.partition(":")
            if kind == "testenv" and own and name in expand(own):
                return content
        return None

    def lines(self, option: IniOption, around: frozenset[str]) -> Iterator[_Line]:
        """Yield the lines of an option, and those of the options that it refers to."""
        for index, piece in option.pieces:
            text = piece
            if not text or text.startswith("#"):
                continue
            condition = FACTORS.match(text)
            factors = condition[0][:-1] if condition else ""
            rest = text[condition.end() :].strip() if condition else text
            yield _Line(index + 1, factors, rest)
            for section, name in _REFERENCE.findall(rest):
                other = _option(self.sections.get(section), name)
                place = f"{section}.{name}"
                if other is None or place in around:
                    continue
                for line in self.lines(other, around | {place}):
                    both = _both(factors, line.factors)
                    yield _Line(line.number, both, line.text)


def _option(section: IniSection | None, *names: str) -> IniOption | None:
    found = (section.options.get(name) for name in names) if section is not None else ()
    return next((one for one in found if one is not None), None)


def _both(outer: str, inner: str) -> str:
    if not outer or not inner:
        return outer or inner
    pairs = itertools.islice(itertools.product(expand(outer), expand(inner)), _MOST)
    return ",".join(f"{one}-{other}" for one, other in pairs)


def is_too_long(text: str) -> bool:
    """Whether a list of environments, or the factors of a line, are more than ``expand`` gives."""
    return len(text) > _LONGEST or len(expand(text)) >= _MOST


@functools.lru_cache(maxsize=10_000)
def expand(text: str) -> tuple[str, ...]:
    """List what names with braces stand for: ``py{38,39}-a, lint``, lines and commas alike."""
    names: list[str] = []
    if len(text) > _LONGEST:
        return ()
    outside = re.sub(r"\{[^{}]*\}", lambda found: re.sub(r"\s", "", found[0]), text)
    lines = (line.partition("#")[0] for line in outside.splitlines())
    for part in _SEPARATOR.split("\n".join(lines)):
        if part:
            names += itertools.islice(_alternatives(part), _MOST)
    return tuple(dict.fromkeys(names))


def _alternatives(text: str) -> Iterator[str]:
    found = _BRACES.search(text)
    if not found:
        yield text
        return
    parts: list[str] = []
    for part in found[1].split(","):
        numbers = _RANGE.fullmatch(part)
        if numbers:
            low, high = sorted((int(numbers[1]), int(numbers[2])))
            parts += map(str, range(low, min(high, low + 99) + 1))
        else:
            parts.append(part)
    before, after = text[: found.start()], text[found.end() :]
    for part in parts:
        yield from _alternatives(f"{before}{part}{after}")


def holds(condition: str, factors: frozenset[str]) -> bool:
    """Whether an environment with these factors meets the condition of a line."""
    return not condition or any(
        all(
            (part[1:] not in factors) if part.startswith("!") else part in factors
            for part in alternative.split("-")
        )
        for alternative in expand(condition)
    )


def python_of(name: str) -> Version | None:
    """Return the Python that an environment of this name runs on, if its name tells."""
    for factor in name.strip().split("-"):
        found = _PYTHON.fullmatch(factor)
        if found:
            return int(found[1]), int(found[2])
    return None
