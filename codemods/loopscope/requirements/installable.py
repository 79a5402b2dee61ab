"""The requirements of a project without an environment: its files and pyproject.toml."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from loopscope.config.formats import FormatError, decode, parse_toml
from loopscope.disk import read_regular
from loopscope.requirements.pin import normalised
from loopscope.requirements.places import is_requirements_list

_FOR_TESTS = re.compile(
    r"(?:.*[-_.])?(?:dev|develop|test|tests|testing|ci|all|pytest)(?:[-_.].*)?"
)
_FILES = re.compile(r"(?:.*[-_.])?requirements(?:[-_.].*)?\.txt|(?:base|test|tests|dev|ci)\.txt")
_EXCHANGED = frozenset({"pytest", "pytest-asyncio"})


def project_requirements(*folders: Path) -> tuple[str, ...]:
    """List the requirements of the projects in ``folders``, those for their tests included.

    pytest and pytest-asyncio are left out: these are exchanged.
    """
    found: dict[str, None] = {}
    for folder in dict.fromkeys(folders):
        for line in (*_from_files(folder), *_from_pyproject(folder / "pyproject.toml")):
            if _name(line) not in _EXCHANGED:
                found[line] = None
    return tuple(found)


def _from_files(folder: Path) -> Iterator[str]:
    for place in (folder, folder / "requirements"):
        for path in sorted(place.glob("*.txt")):
            if _FILES.fullmatch(path.name):
                yield from _lines(path, frozenset())
    for path in sorted((*folder.glob("*/*.txt"), *folder.glob("*/requirements/*.txt"))):
        place_name = path.relative_to(folder).as_posix()
        if is_requirements_list(place_name) and _is_for_tests(place_name):
            yield from _lines(path, frozenset())


def _is_for_tests(place: str) -> bool:
    """Whether a file below the root is one of the tests', such as ``tests/requirements.txt``."""
    first, *rest = place.removesuffix(".txt").split("/")
    if first == "requirements" or first.startswith(".") or "constraint" in place:
        return False
    return any(_FOR_TESTS.fullmatch(part) for part in (first, *rest))


def _lines(path: Path, around: frozenset[Path]) -> Iterator[str]:
    """Yield the requirements of a file and those it includes, without hashes and options."""
    try:
        text = read_regular(str(path)).decode("utf-8-sig", "replace")
    except OSError:
        return
    for raw in text.replace("\r\n", "\n").replace("\\\n", " ").splitlines():
        line = re.split(r"\s+#|\s--hash", f" {raw}")[0].strip()
        included = re.fullmatch(r"(?:-r|--requirement)[ =]?\s*(\S+)", line)
        if included:
            other = Path(os.path.normpath(path.parent / included[1]))
            if other not in around:
                yield from _lines(other, around | {path})
        elif line and not line.startswith(("#", "-", ".", "/")):
            yield line


def _from_pyproject(path: Path) -> Iterator[str]:
    try:
        document = parse_toml(decode(read_regular(str(path))))
    except (OSError, FormatError):
        return
    project = _table(document, "project")
    extras = _table(project, "optional-dependencies")
    own = _name(str(project.get("name", "")))
    found = list(_texts(project.get("dependencies")))
    for table in (extras, _table(document, "dependency-groups")):
        for name, lines in table.items():
            if _FOR_TESTS.fullmatch(name):
                found += _texts(lines)
    for line in found:  # grows: "package[extra]" of a package's own stands for what that holds
        if _name(line) == own:
            inner = re.search(r"\[([^]]*)\]", line)
            for extra in inner[1].split(",") if inner else ():
                found += [more for more in _texts(extras.get(extra.strip())) if more not in found]
        else:
            yield line


def _table(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = table.get(name)
    return found if isinstance(found, dict) else {}


def _texts(value: object) -> Iterator[str]:
    yield from (text for text in value if isinstance(text, str)) if isinstance(value, list) else ()


def _name(line: str) -> str:
    return normalised(re.split(r"[^A-Za-z0-9._-]", line)[0])
