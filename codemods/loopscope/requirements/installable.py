"""The requirements of a project without an environment: its files and pyproject.toml.

What they say reaches an installer as requirements or not at all: a text that is none may be an
option of pip, which would install elsewhere, from elsewhere, or read any file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from loopscope.config.formats import FormatError, decode, parse_toml
from loopscope.disk import read_regular
from loopscope.frozen import frozen
from loopscope.requirements.pin import normalised
from loopscope.requirements.places import is_requirements_list

_FOR_TESTS = re.compile(
    r"(?:.*[-_.])?(?:dev|develop|test|tests|testing|ci|all|pytest)(?:[-_.].*)?"
)
_FILES = re.compile(r"(?:.*[-_.])?requirements(?:[-_.].*)?\.txt|(?:base|test|tests|dev|ci)\.txt")
_EXCHANGED = frozenset({"pytest", "pytest-asyncio"})
_ADDRESS = re.compile(r"(?:(?:git|hg|svn|bzr)\+)?(?:https?|ssh|git)://\S+")
_INCLUDE = re.compile(r"(?:-r|--requirement|(?P<only>-c|--constraint))[ =]?\s*(?P<path>\S+)")
# Formats whose packages are not installed; what they say of pytest is read elsewhere.
_NOT_READ = {
    "setup.cfg": "install_requires", "setup.py": "install_requires", "Pipfile": "packages",
    "environment.yml": "dependencies", "pyproject.toml": "tool.poetry.dependencies",
}  # fmt: skip
_ITSELF = re.compile(r"(?:(?:-e|--editable)[ =]?\s*)?\.(?:/|\[[^]]*\])?")


@frozen
class Declared:
    """A declaration of pytest or pytest-asyncio."""

    package: str
    specifier: str
    path: str


@frozen
class Installable:
    """The requirements of a project: pytest and pytest-asyncio apart, as these are exchanged."""

    requirements: tuple[str, ...]
    exchanged: tuple[Declared, ...] = ()
    left_out: tuple[str, ...] = ()  # what is not followed, each with its file


def project_requirements(*folders: Path) -> Installable:
    """List the requirements of the projects in ``folders``, those for their tests included.

    Args:
        folders: The first one is the top; no file outside of it is read.
    """
    reader = _Reader(Path(os.path.realpath(folders[0])))
    for folder in dict.fromkeys(folders):
        reader.files(folder)
        reader.pyproject(folder / "pyproject.toml")
    return reader.result()


class _Reader:
    def __init__(self, top: Path) -> None:
        self._top = top
        self._read: set[tuple[Path, bool]] = set()
        self._found: dict[str, None] = {}
        self._constraints: dict[str, str] = {}  # package -> specifier
        self._exchanged: dict[Declared, None] = {}
        self._left_out: dict[str, None] = {}

    def result(self) -> Installable:
        return Installable(
            tuple(dict.fromkeys(map(self._constrained, self._found))),
            tuple(self._exchanged),
            tuple(self._left_out),
        )

    def files(self, folder: Path) -> None:
        for place in (folder, folder / "requirements"):
            for path in sorted(place.glob("*.txt")):
                if _FILES.fullmatch(path.name):
                    self._file(path, constraints=False)
        for path in sorted((*folder.glob("*/*.txt"), *folder.glob("*/requirements/*.txt"))):
            place_name = path.relative_to(folder).as_posix()
            if is_requirements_list(place_name) and _is_for_tests(place_name):
                self._file(path, constraints=False)
        for name, word in _NOT_READ.items():
            if word in self._text(folder / name):
                self._leave_out(folder / name, f"what it lists as {word}")

    def pyproject(self, path: Path) -> None:
        if not self._inside(path):
            return
        try:
            document = parse_toml(decode(read_regular(str(path))))
        except (OSError, FormatError):
            return
        for line in _in_pyproject(document):
            self._requirement(line, path)

    def _file(self, path: Path, *, constraints: bool) -> None:
        """Read a file, and those that it includes, once each."""
        real = Path(os.path.realpath(path))
        if (real, constraints) in self._read:
            return
        self._read.add((real, constraints))
        for raw in self._text(real).replace("\r\n", "\n").replace("\\\n", " ").splitlines():
            line = re.split(r"(?<!\s)\s+#", f" {raw}")[0].strip()
            included = _INCLUDE.fullmatch(line)
            if included:
                self._include(path, included["path"], constraints or bool(included["only"]))
            elif line.startswith("-") and not _ITSELF.fullmatch(line):
                # Its value may be a secret of an index.
                self._leave_out(path, f"the option {re.split(r'[ =]', line)[0]}")
            elif constraints and line and not line.startswith("#"):
                self._constraint(line, path)
            elif line and not line.startswith("#"):
                self._requirement(re.split(r"\s--\w", line)[0].strip(), path)

    def _text(self, path: Path) -> str:
        if not self._inside(path):
            return ""
        try:
            return read_regular(str(path)).decode("utf-8-sig", "replace")
        except OSError:
            return ""

    def _include(self, path: Path, name: str, constraints: bool) -> None:
        other = Path(os.path.normpath(path.parent / name))
        if "://" in name or not self._inside(other):
            self._leave_out(path, f"{name}, which lies outside of the project")
        else:
            self._file(other, constraints=constraints)

    def _inside(self, path: Path) -> bool:
        return Path(os.path.realpath(path)).is_relative_to(self._top)

    def _requirement(self, line: str, path: Path) -> None:
        if _ITSELF.fullmatch(line):
            return  # its sources are imported as they are
        requirement = _parsed(line)
        if requirement is None and not _ADDRESS.fullmatch(line):
            self._leave_out(path, f"{line[:60]!r}, which is no requirement")
        elif requirement is None or normalised(requirement.name) not in _EXCHANGED:
            self._found[line] = None
        else:
            self._exchange(requirement, path)

    def _exchange(self, requirement: Requirement, path: Path) -> None:
        if requirement.url:
            self._leave_out(path, f"the address of {requirement.name}")
        elif requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            self._exchanged[
                Declared(
                    normalised(requirement.name), str(requirement.specifier), self._name(path)
                )
            ] = None

    def _constraint(self, line: str, path: Path) -> None:
        requirement = _parsed(re.split(r"\s--\w", line)[0].strip())
        if requirement is None or requirement.url:
            self._leave_out(path, f"{line[:60]!r}, which is no constraint")
        elif normalised(requirement.name) in _EXCHANGED:
            self._exchange(requirement, path)
        elif requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            self._constraints[normalised(requirement.name)] = str(requirement.specifier)

    def _constrained(self, line: str) -> str:
        requirement = _parsed(line)
        limits = requirement and self._constraints.get(normalised(requirement.name))
        if requirement is None or requirement.url or not limits:
            return line
        requirement.specifier &= limits
        return str(requirement)

    def _leave_out(self, path: Path, what: str) -> None:
        self._left_out[f"{self._name(path)}: {what}"] = None

    def _name(self, path: Path) -> str:
        place = Path(os.path.realpath(path))
        return place.relative_to(self._top).as_posix() if self._inside(place) else place.name


def _is_for_tests(place: str) -> bool:
    """Whether a file below the root is one of the tests', such as ``tests/requirements.txt``."""
    first, *rest = place.removesuffix(".txt").split("/")
    if first == "requirements" or first.startswith(".") or "constraint" in place:
        return False
    return any(_FOR_TESTS.fullmatch(part) for part in (first, *rest))


def _in_pyproject(document: Mapping[str, Any]) -> Iterator[str]:
    project = _table(document, "project")
    extras = _table(project, "optional-dependencies")
    own = _name(str(project.get("name", "")))
    found = dict.fromkeys(_texts(project.get("dependencies")))
    for table in (extras, _table(document, "dependency-groups")):
        for name, lines in table.items():
            if _FOR_TESTS.fullmatch(name):
                found.update(dict.fromkeys(_texts(lines)))
    waiting, seen = list(found), set(found)
    for line in waiting:  # grows: "package[extra]" of a package's own stands for what that holds
        if own and _name(line) == own:
            inner = re.search(r"\[([^][]*)\]", line)
            for extra in inner[1].split(",") if inner else ():
                more = [text for text in _texts(extras.get(extra.strip())) if text not in seen]
                waiting += more
                seen.update(more)
        else:
            yield line


def _parsed(line: str) -> Requirement | None:
    try:
        return Requirement(line)
    except InvalidRequirement:
        return None


def _table(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = table.get(name)
    return found if isinstance(found, dict) else {}


def _texts(value: object) -> Iterator[str]:
    yield from (text for text in value if isinstance(text, str)) if isinstance(value, list) else ()


def _name(line: str) -> str:
    return normalised(re.split(r"[^A-Za-z0-9._-]", line)[0])
