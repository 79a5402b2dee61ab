"""Which declarations are installed into one environment: groups, extras, files, tox factors.

A pytest that is capped where pytest-asyncio is never installed is nobody's business here.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from posixpath import basename, dirname, join, normpath

from loopscope.config.formats import FormatError, parse_toml
from loopscope.requirements.compatibility import PLUGIN, Version
from loopscope.requirements.pin import Pin, normalised
from loopscope.requirements.tox import Environment, ToxFile
from loopscope.types import PROJECT_FILES

Place = tuple[str, str]  # a file, and a list of requirements in it ("" for the whole file)

# Lists that go with whatever else is installed of the project, or that only limit the others.
_ALWAYS = re.compile(
    r"project\.dependencies|tool\.poetry\.dependencies|tool\.flit\.metadata\.requires"
    r"|tool\.uv\.(?:constraint|override)-dependencies"
    r"|options\.install_requires|install_requires"
    r"|(?:tool\.pixi\.)?(?:pypi-)?dependencies"
)
_LIST = re.compile(r"(.*?)(?:\.(?:pypi-|extra-)?dependencies|\.deps)")
_FOR_TESTS = re.compile(r"(?:.*[-_.])?(?:dev|develop|tests?|testing|ci|all|pytest)(?:[-_.].*)?")
_FOR_DOCS = re.compile(r"(?:.*[-_.])?(?:docs?|documentation|sphinx|lint(?:ing)?)(?:[-_.].*)?")
_EXTRA = re.compile(r"(?:project\.optional-dependencies|(?:options\.)?extras_require)\.")
_INCLUDED = re.compile(r"^[ \t]*(?:-r|--requirement)[ =]*([^\s#]+)", re.MULTILINE)


_LIMITS = "constraint"  # in the name of a file or list


def is_limit(pin: Pin) -> bool:
    """Whether the declaration only limits what others install, and may forbid it."""
    return _LIMITS in pin.path or _LIMITS in pin.where


class Share(enum.Enum):
    """How many of the environments that install something install pytest-asyncio, too."""

    NONE = "none"
    SOME = "some"
    ALL = "all"


class Installations:
    """The lists of a project's requirements, and what is installed with what."""

    def __init__(
        self, files: Mapping[str, str], pins: Iterable[Pin], tox: Mapping[str, ToxFile]
    ) -> None:
        self._files = files
        self._pins = tuple(pins)
        self._tox = tox
        self._plugin = tuple(pin for pin in self._pins if pin.package == PLUGIN)

    def share(self, pin: Pin) -> Share:
        """Tell how many of the environments that install the pin install pytest-asyncio."""
        environments = self._environments(pin)
        if not environments:
            met = any(self._together(pin, one) for one in self._plugin)
            return Share.ALL if met else Share.NONE
        count = sum(self._installs_plugin(pin.path, one) for one in environments)
        if not count:
            return Share.NONE
        return Share.ALL if count == len(environments) else Share.SOME

    def condition(self, pin: Pin) -> str:
        """Return the factors of tox under which the pin stands, "" for none."""
        tox = self._tox.get(pin.path)
        return tox.conditional.get(pin.line, "") if tox else ""

    def pythons(self, pin: Pin) -> tuple[Version, ...] | None:
        """Return the Pythons of the environments of tox that install the pin, if all tell them."""
        environments = self._environments(pin)
        told = [one.python for one in environments if one.python is not None]
        if not environments or len(told) < len(environments):
            return None
        return tuple(sorted(set(told)))

    def plugin_environments(self) -> Iterator[tuple[ToxFile, Environment]]:
        """Yield the environments of tox that install pytest-asyncio."""
        for path, tox in self._tox.items():
            for environment in tox.environments:
                if self._installs_plugin(path, environment):
                    yield tox, environment

    # -- tox --------------------------------------------------------------------------------

    def _environments(self, pin: Pin) -> tuple[Environment, ...]:
        tox = self._tox.get(pin.path)
        if tox is None or pin.where.startswith(("options.", "project.")):
            return ()
        return tox.installing(pin.line)

    def _installs_plugin(self, path: str, environment: Environment) -> bool:
        for pin in self._plugin:
            if pin.path == path and self._environments(pin):
                if pin.line in environment.lines:
                    return True
            elif self._is_always(_place(pin)) or self._brings(environment, pin):
                return True
        return False

    def _brings(self, environment: Environment, pin: Pin) -> bool:
        """Whether the environment installs a list outside of tox that may have the pin."""
        return environment.elsewhere or self._is_in(environment.extras, pin)

    def _is_in(self, extras: frozenset[str], pin: Pin) -> bool:
        """Whether one of the extras has the pin, or may have it.

        Lists of a setup.py are loose, and a project may read its extras from a file.
        """
        place = _place(pin)
        if not _EXTRA.match(place[1]):
            name = basename(pin.path)
            read = (text for path, text in self._files.items() if basename(path) in PROJECT_FILES)
            return bool(extras) and (
                name == "setup.py"
                or (name not in PROJECT_FILES and any(name in text for text in read))
            )
        return any(
            place in reached
            for (path, where), reached in self._closures.items()
            if path == place[0] and _EXTRA.match(where)
            if normalised(where.rpartition(".")[2]) in extras
        )

    # -- lists of requirements --------------------------------------------------------------

    def _together(self, pin: Pin, plugin: Pin) -> bool:
        if self._environments(plugin):  # of tox; the pin stands elsewhere
            return self._is_always(_place(pin)) or any(
                self._brings(one, pin) for one in self._environments(plugin)
            )
        here, there = _place(pin), _place(plugin)
        if self._share_a_list(here, there):
            return True
        if any(
            pin.package == other.package and self._share_a_list(_place(other), there)
            for other in self._pins
            if not is_limit(other)
        ):
            return False  # the plugin's list has one of its own
        if here[1].startswith("tool.tox.") is not there[1].startswith("tool.tox."):
            return True  # an environment may have groups and extras, too
        named = here[1].rpartition(".")[2] or here[0].replace("/", "-")
        if _FOR_TESTS.fullmatch(named):
            return True
        return here[0] != there[0] and not _FOR_DOCS.fullmatch(named)

    def _share_a_list(self, here: Place, there: Place) -> bool:
        if self._is_always(here) or self._is_always(there):
            return True
        return any(here in reached and there in reached for reached in self._closures.values())

    @staticmethod
    def _is_always(place: Place) -> bool:
        return _LIMITS in place[0] or _ALWAYS.fullmatch(place[1]) is not None

    @cached_property
    def _closures(self) -> dict[Place, frozenset[Place]]:
        """Return each list with all that it includes, itself too."""
        edges = {_place(pin): set[Place]() for pin in self._pins}
        for path, text in self._files.items():
            if path.endswith((".txt", ".in")):
                for name in _INCLUDED.findall(text):
                    other = normpath(join(dirname(path), name))
                    edges.setdefault((path, ""), set()).add((other, ""))
            elif basename(path) in ("pyproject.toml", "tox.toml"):
                for place, included in _included_groups(path, text):
                    edges.setdefault(place, set()).add(included)
        closures = {}
        for place in edges:
            reached, more = {place}, [place]
            while more:
                new = edges.get(more.pop(), set()) - reached
                reached |= new
                more += new
            closures[place] = frozenset(reached)
        return closures


def _place(pin: Pin) -> Place:
    if pin.where.startswith("job "):
        return pin.path, pin.where
    if pin.path.endswith((".txt", ".in", ".yml", ".yaml", "Pipfile")):
        return pin.path, ""
    if pin.where.startswith("tool.poetry."):
        return pin.path, "tool.poetry.dependencies"  # Poetry locks all groups together
    found = _LIST.fullmatch(pin.where)
    if found and not _ALWAYS.fullmatch(pin.where):
        return pin.path, found[1]
    return pin.path, pin.where


def _included_groups(path: str, text: str) -> Iterator[tuple[Place, Place]]:
    """Yield the groups, extras and lists of tox that others of a TOML file include."""
    try:
        document = parse_toml(text)
    except FormatError:
        return
    yield from _referenced(path, document)
    project = document.get("project", {})
    project = project if isinstance(project, dict) else {}
    own = normalised(str(project.get("name", "")))
    extras = "project.optional-dependencies"
    for table, where in (
        (document.get("dependency-groups"), "dependency-groups"),
        (project.get("optional-dependencies"), extras),
    ):
        for name, lines in table.items() if isinstance(table, dict) else ():
            place = (path, f"{where}.{name}")
            for line in lines if isinstance(lines, list) else ():
                if isinstance(line, dict) and "include-group" in line:
                    yield place, (path, f"{where}.{line['include-group']}")
                elif isinstance(line, str):
                    found = re.match(r"([\w.-]+)\s*\[([^]]*)\]", line)
                    if found and normalised(found[1]) == own:
                        for extra in found[2].split(","):
                            yield place, (path, f"{extras}.{extra.strip()}")


def _referenced(path: str, document: Mapping[str, object]) -> Iterator[tuple[Place, Place]]:
    """Yield what the environments of tox take over from another table: ``replace = "ref"``.

    One with ``deps`` of its own has nothing else of ``env_run_base``.
    """
    tox: object = document
    prefix = ""
    if basename(path) == "pyproject.toml":
        tools = document.get("tool")
        tox, prefix = tools.get("tox") if isinstance(tools, dict) else None, "tool.tox."
    environments = tox.get("env") if isinstance(tox, dict) else None
    for name, table in environments.items() if isinstance(environments, dict) else ():
        lines = table.get("deps") if isinstance(table, dict) else None
        for line in lines if isinstance(lines, list) else ():
            if isinstance(line, dict) and line.get("replace") == "ref":
                of = line.get("of")
                parts = [str(part) for part in of] if isinstance(of, list) else []
                yield (path, f"{prefix}env.{name}"), (path, prefix + ".".join(parts[:-1]))
