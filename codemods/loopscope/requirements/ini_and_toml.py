"""setup.cfg, tox.ini, pyproject.toml, Pipfile and the TOML of Hatch, tox and pixi."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from posixpath import basename

from loopscope.config.formats import FormatError, IniOption, parse_ini, parse_toml
from loopscope.config.toml import Key, layout
from loopscope.frozen import frozen
from loopscope.requirements.compatibility import PLUGIN, WATCHED
from loopscope.requirements.pin import Kind, Pin, Style, normalised
from loopscope.requirements.source_text import SourceText, remote
from loopscope.requirements.tox import FACTORS, is_too_long

_BOM = "\N{BYTE ORDER MARK}"
_METADATA = frozenset({"install_requires", "tests_require", "setup_requires"})
_DEPENDENCIES = re.compile(r"(?:.*[-_])?deps|.*dependencies|.*requirements", re.IGNORECASE)

# Dotted paths of arrays of PEP 508 requirements.
_ARRAYS = re.compile(
    r"project\.(?:dependencies|optional-dependencies\..+)"
    r"|dependency-groups\..+"
    r"|tool\.pdm\.dev-dependencies\..+"
    r"|tool\.uv\.(?:dev|constraint|override)-dependencies"
    r"|tool\.hatch\.envs\..+\.(?:extra-)?dependencies"
    r"|tool\.flit\.metadata\.(?:requires|requires-extra\..+)"
    r"|tool\.tox\.(?:.+\.)?deps"
    r"|tool\.rye\.dev-dependencies"
    r"|tool\.cibuildwheel\.(?:.+\.)?test-requires"
    r"|tool\.briefcase\..+\.(?:test_)?requires"
    r"|tool\.pytest\.(?:ini_options\.)?required_plugins"
)
_OTHER_ARRAYS = {
    "hatch.toml": re.compile(r"envs\..+\.(?:extra-)?dependencies"),
    "tox.toml": re.compile(r"(?:.+\.)?deps"),
}
# Dotted paths of tables whose keys are packages.
_POETRY = re.compile(r"tool\.poetry\.(?:dev-|group\..+\.)?dependencies")
_PIXI = re.compile(r"(?:tool\.pixi\.)?(?:.+\.)?(?:pypi-)?dependencies")
_PIPFILE = re.compile(r"(?!(?:source|requires|scripts|pipenv)$)[^.]+")
_UV_SOURCES = "tool.uv.sources"

_STRING = re.compile(r"#[^\n]*|[{}]|\"\"\"|'''|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'")
_IN_TABLE = re.compile(r"""(?<![\w-])([\w-]+)\s*=\s*("[^"\n]*"|'[^'\n]*')""")
_TABLE = re.compile(r"\{[^{}]*\}")


def read_ini(source: SourceText) -> Iterator[Pin]:
    """Read the requirements of a package's metadata and of tox environments.

    Raises:
        FormatError: The text is no INI that pytest could read.
    """
    starts = _line_starts(source.text)
    metadata = basename(source.path) == "setup.cfg"
    for name, section in parse_ini(source.text).items():
        for option, value in section.options.items():
            where = f"{name}.{option}"
            _check_length(name, option, value)
            if metadata and where == "options.python_requires":
                yield from _python(source, value, starts)
            elif (
                (metadata and name == "options" and option in _METADATA)
                or (metadata and name == "options.extras_require")
                or _DEPENDENCIES.fullmatch(option)
            ):
                yield from _requirements(source, value, starts, where)
            elif option == "required_plugins":
                yield from _with_versions(_plugins(source, value, starts, where))


def _check_length(section: str, option: str, value: IniOption) -> None:
    """See that all environments of tox are read.

    Raises:
        FormatError: There are more of them, or of their factors, than tox itself could run.
    """
    lists = [section.removeprefix("testenv:")] if section.startswith("testenv:") else []
    if option in ("envlist", "env_list"):
        lists.append(value.value)
    elif option == "deps":
        lists += (found[0] for _, piece in value.pieces if (found := FACTORS.match(piece)))
    if any(map(is_too_long, lists)):
        message = f"{option} of [{section[:40]}] names more environments than can be read"
        raise FormatError(message, value.pieces[0][0] + 1)


def _plugins(
    source: SourceText, option: IniOption, starts: list[int], where: str
) -> Iterator[Pin]:
    """Read a list with blanks between its items, of which pytest refuses to run without any."""
    for start, end in _places(source, option, starts):
        for word in re.finditer(r"\S+", source.text[start:end]):
            pin = source.requirement(start + word.start(), start + word.end(), where)
            if pin is not None:
                yield pin


def _requirements(
    source: SourceText, option: IniOption, starts: list[int], where: str
) -> Iterator[Pin]:
    for start, end in _places(source, option, starts):
        factors = FACTORS.match(source.text, start, end)
        pin = source.requirement(factors.end() if factors else start, end, where)
        if pin is not None:
            yield pin


def _python(source: SourceText, option: IniOption, starts: list[int]) -> Iterator[Pin]:
    for start, end in _places(source, option, starts):
        yield source.pin("python", start, end, "options.python_requires", Style.PEP440)


def _places(source: SourceText, option: IniOption, starts: list[int]) -> Iterator[tuple[int, int]]:
    for index, piece in option.pieces:
        end = starts[index] + len(source.text[starts[index] : starts[index + 1]].rstrip())
        yield end - len(piece), end


def _line_starts(text: str) -> list[int]:
    """List the offsets of lines, as ``parse_ini`` counts them; the end of the text last."""
    starts = [len(text) - len(text.removeprefix(_BOM))]
    for line in text.removeprefix(_BOM).splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def read_toml(source: SourceText) -> Iterator[Pin]:
    """Read the declarations, in every table that a known tool reads.

    Raises:
        FormatError: The text is no valid TOML.
    """
    parse_toml(source.text)
    yield from _Tables(source, layout(source.text).keys).pins()


@frozen
class _Tables:
    source: SourceText
    keys: list[Key]

    def pins(self) -> Iterator[Pin]:
        name = basename(self.source.path)
        arrays = _OTHER_ARRAYS.get(name, _ARRAYS)
        for key in self.keys:
            dotted = ".".join(key.path)
            text = self.source.text[slice(*key.value)]
            if name != "Pipfile" and text.startswith("[") and arrays.fullmatch(dotted):
                found = self._array(key, dotted)
                yield from _with_versions(found) if "required_plugins" in dotted else found
            elif dotted == "project.requires-python":
                yield self._python(key, Style.PEP440)
            elif dotted == "tool.poetry.dependencies.python" and text[0] in "\"'":
                yield self._python(key, Style.POETRY)
            elif dotted == "tool.tox.legacy_tox_ini":
                yield from self._ini(key)
            else:
                yield from self._package(key, name)
                if dotted.startswith("tool.") and text.startswith("["):
                    yield from self._unknown(key, dotted)

    def _unknown(self, key: Key, where: str) -> Iterator[Pin]:
        """Report versions in the array of a tool that is not known: a person has to look."""
        for pin in _with_versions(self._array(key, where)):
            if pin.package == PLUGIN:
                yield replace(pin, kind=Kind.OTHER)

    def _array(self, key: Key, where: str) -> Iterator[Pin]:
        depth = 0
        for token in _STRING.finditer(self.source.text, *key.value):
            if token[0] in "{}":
                depth += 1 if token[0] == "{" else -1
            elif token[0][0] in "\"'" and not depth:
                pin = self.source.requirement(token.start() + 1, token.end() - 1, where)
                if pin is not None:
                    yield pin

    def _ini(self, key: Key) -> Iterator[Pin]:
        """Read the INI text in a multi-line string; blanks in front of it keep offsets right."""
        start, end = key.value
        quotes = self.source.text[start : start + 3]
        if quotes in ('"""', "'''"):
            above = re.sub(r"[^\r\n]", " ", self.source.text[: start + 3])
            ini = above + self.source.text[start + 3 : end - 3]
            yield from read_ini(SourceText(self.source.path, ini))

    def _python(self, key: Key, style: Style) -> Pin:
        start, end = key.value
        return self.source.pin("python", start + 1, end - 1, ".".join(key.path), style)

    def _package(self, key: Key, name: str) -> Iterator[Pin]:
        """Read the key of a package, or one of the keys in a table of its own."""
        for size in (len(key.path) - 1, len(key.path) - 2):
            if size < 1 or normalised(key.path[size]) not in WATCHED:
                continue
            where = ".".join(key.path[:size])
            style = _style(name, where)
            if style is not None:
                inner = key.path[size + 1 :]
                yield from (
                    self._inner(key, where, style) if inner else self._own(key, where, style)
                )

    def _own(self, key: Key, where: str, style: Style) -> Iterator[Pin]:
        """``package = "..."``, or an array of tables with one constraint each."""
        start, end = key.value
        package = normalised(key.path[-1])
        if self.source.text[start] in "\"'":
            yield self.source.pin(package, start + 1, end - 1, where, style)
        elif self.source.text[start] == "[":
            for table in _TABLE.finditer(self.source.text, start, end):
                values = {
                    found[1]: found
                    for found in _IN_TABLE.finditer(self.source.text, *table.span())
                }
                plain = {name: found[2][1:-1] for name, found in values.items()}
                if "version" in values:
                    first, last = values["version"].span(2)
                    marker = _marker(plain)
                    yield self.source.pin(package, first + 1, last - 1, where, style, marker)

    def _inner(self, key: Key, where: str, style: Style) -> Iterator[Pin]:
        """Read a key such as ``version`` in the package's table."""
        values = {
            other.path[-1]: self.source.text[slice(*other.value)][1:-1]
            for other in self.keys
            if other.path[:-1] == key.path[:-1]
        }
        start, end = key.value
        package, name = normalised(key.path[-2]), key.path[-1]
        if name == "version" and where != _UV_SOURCES:
            yield self.source.pin(package, start + 1, end - 1, where, style, _marker(values))
        elif name in ("git", "url", "path"):
            blank = self.source.pin(package, start, start, where, style)
            if name == "git":
                revision = values.get("tag") or values.get("rev") or values.get("branch")
                suffix = f"@{revision}" if revision else ""
                yield remote(blank, f"git+{values['git'].removeprefix('git+')}{suffix}")
            else:
                yield replace(blank, specifier=values[name], kind=Kind.URL)


def _with_versions(pins: Iterable[Pin]) -> Iterator[Pin]:
    return (pin for pin in pins if pin.kind is not Kind.ANY)


def _style(name: str, where: str) -> Style | None:
    """Return the style of versions in a table of packages; None for any other table."""
    if name == "Pipfile":
        return Style.POETRY if _PIPFILE.fullmatch(where) else None
    if name == "pixi.toml" or where.startswith("tool.pixi."):
        return Style.CONDA if _PIXI.fullmatch(where) else None
    if _POETRY.fullmatch(where):
        return Style.POETRY
    return Style.PEP440 if where == _UV_SOURCES else None


def _marker(values: dict[str, str]) -> str:
    """``markers`` and ``python`` of a package's table as one environment marker."""
    parts = [f"({values['markers']})"] if values.get("markers") else []
    for clause in re.split(r"(?:(?<!\s)\s+)?,\s*|(?<!\s)\s+(?=[<>=!])", values.get("python", "")):
        found = re.fullmatch(r"(===?|!=|<=?|>=?)?\s*(\d[\w.]*?)(?:\.\*)?", clause)
        if found:
            name = "python_version" if found[2].count(".") < 2 else "python_full_version"
            parts.append(f'{name} {found[1] or "=="} "{found[2]}"')
    return " and ".join(parts)
