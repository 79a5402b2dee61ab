"""Every place that says on which Pythons a project runs its tests."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from posixpath import basename

from loopscope.config.formats import FormatError, parse_toml
from loopscope.config.toml import layout
from loopscope.frozen import frozen
from loopscope.requirements.compatibility import Version
from loopscope.requirements.pin import Pin, Pythons
from loopscope.requirements.python_files import session_pythons
from loopscope.requirements.tox import ToxFile, python_of

_CLASSIFIER = re.compile(r"Programming Language :: Python :: (\d+)\.(\d+)\b")
_CLASSIFIED = frozenset({"pyproject.toml", "setup.cfg", "setup.py"})
_VERSION = re.compile(r"(?<![\w.-])(?:pypy-?|cpython-?|python:?)?([23])\.(\d{1,2})(?![\d.]*\w)")
_IN_MATRIX = re.compile(
    r"^([ \t]*)(?:-[ \t]+)?[\"']?(?:python|py|python[-_.]?versions?|PYTHON_VERSION|python-minor)"
    r"[\"']?[ \t]*:[ \t]*(.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
_ITEM = re.compile(r"[ \t]*-[ \t]+(.*)")
_IMAGE = re.compile(
    r"^[ \t]*(?:-[ \t]*)?image:[ \t]*[\"']?(?:[\w./-]+/)?python:(.*)$", re.MULTILINE
)
_JOB = re.compile(r"^(?:  )?[\w.-]+:[ \t]*(?:#.*)?\r?$", re.MULTILINE)
_SCRIPT = re.compile(r"(?<![\w./-])[\w./-]+\.(?:sh|bash)\b")
_WORKS_IN = re.compile(
    r"(?:\bworking-directory:|\bcd|\bpushd)[ \t]+[\"']?(?:\./)?([\w.-]+(?:/[\w.-]+)*)"
)
_TESTS = re.compile(r"\b(?:py\.?test|tox|nox|unittest|tests?)\b|make |hatch ", re.IGNORECASE)


@frozen
class DeclaredPythons:
    """One place: its Pythons, and who says so, in words for a message."""

    path: str
    line: int
    versions: tuple[Version, ...]
    says: str


def project_pythons(
    files: Mapping[str, str],
    required: Pin | None,
    tox: Mapping[str, ToxFile],
    projects: Collection[str] = (),
) -> tuple[DeclaredPythons, ...]:
    """Find the places; classifiers count only where no ``requires-python`` stands.

    Args:
        files: The texts of the files that may say so.
        required: The declaration of what the project supports, if there is one.
        tox: The files of tox by their paths.
        projects: Folders of other projects below, whose jobs do not count.
    """
    found: list[DeclaredPythons] = []
    if required is not None:
        versions = Pythons.of(required).supported or ()
        says = "python_requires" if "_" in required.where else "requires-python"
        if required.where.startswith("tool.poetry"):
            says = "the Python of Poetry"
        found.append(DeclaredPythons(required.path, required.line, versions, says))
    for path, text in files.items():
        name = basename(path)
        if required is None and name in _CLASSIFIED:
            found += _classifiers(path, text)
        if path in tox:
            continue
        if name == "noxfile.py":
            found += _sessions(path, text)
        elif name.endswith((".yml", ".yaml")):
            found += _matrices(path, text, files, projects)
        elif name in ("tox.toml", "pyproject.toml") and "env_list" in text:
            found += _env_list(path, text)
    return tuple(one for one in found if one.versions)


def _classifiers(path: str, text: str) -> Iterator[DeclaredPythons]:
    named = [
        (text.count("\n", 0, match.start()) + 1, (int(match[1]), int(match[2])))
        for match in _CLASSIFIER.finditer(text)
    ]
    if named:
        line, _ = min(named, key=lambda one: one[1])
        versions = tuple(sorted({version for _, version in named}))
        yield DeclaredPythons(path, line, versions, "the classifiers")


def _sessions(path: str, text: str) -> Iterator[DeclaredPythons]:
    try:
        for line, versions in session_pythons(text):
            yield DeclaredPythons(path, line, versions, "this session of nox")
    except FormatError:
        return


def _env_list(path: str, text: str) -> Iterator[DeclaredPythons]:
    """Read the environments that a native table of tox lists, such as "3.12" or "py312-async"."""
    try:
        parse_toml(text)
    except FormatError:
        return
    wanted = "tool.tox.env_list" if basename(path) == "pyproject.toml" else "env_list"
    for key in layout(text).keys:
        if ".".join(key.path) == wanted:
            line = text.count("\n", 0, key.value[0]) + 1
            names = (quoted[1:-1] for quoted in _QUOTED.findall(text, *key.value))
            versions = {version for name in names if (version := python_of(name)) is not None}
            yield DeclaredPythons(path, line, tuple(sorted(versions)), wanted)


def _matrices(
    path: str, text: str, files: Mapping[str, str], projects: Collection[str]
) -> Iterator[DeclaredPythons]:
    """Read the Pythons of jobs that run tests; what a job is called is not asked."""
    jobs = [match.start() for match in _JOB.finditer(text)]
    for match in (*_IN_MATRIX.finditer(text), *_IMAGE.finditer(text)):
        start = max((job for job in jobs if job <= match.start()), default=0)
        end = min((job for job in jobs if job > match.start()), default=len(text))
        if not _TESTS.search(text, start, end) or _is_of_others(text[start:end], files, projects):
            continue
        line = text.count("\n", 0, match.start()) + 1
        value = match[match.re.groups]
        if not value.strip() or value.strip().startswith(("#", "[")):
            value += _below(text, match)
        versions = _versions(value)
        if versions:
            yield DeclaredPythons(path, line, versions, "this job")


def _is_of_others(job: str, files: Mapping[str, str], projects: Collection[str]) -> bool:
    """Whether a job, with the scripts that it runs, works in folders of other projects only."""
    if not projects:
        return False
    scripts = (name.removeprefix("./") for name in _SCRIPT.findall(job))
    texts = [job, *(files[name] for name in scripts if name in files)]
    places = {place for text in texts for place in _WORKS_IN.findall(text)} - {".", "..", "-"}
    return bool(places) and all(
        any(f"{place}/".startswith(f"{project}/") for project in projects) for place in places
    )


def _below(text: str, match: re.Match[str]) -> str:
    """Return the items of a list that goes on in the lines below its key."""
    items: list[str] = []
    opened = match[match.re.groups].count("[") > match[match.re.groups].count("]")
    for line in text[match.end() :].lstrip("\r").splitlines()[1:]:
        item = _ITEM.fullmatch(line.rstrip())
        if opened:
            items.append(line)
            opened = "]" not in line
        elif item:
            items.append(item[1])
        elif line.strip() and not line.lstrip().startswith("#"):
            break
    return "\n".join(items)


def _versions(value: str) -> tuple[Version, ...]:
    plain = "\n".join(line.partition(" #")[0] for line in value.splitlines())
    return tuple(sorted({(int(one[1]), int(one[2])) for one in _VERSION.finditer(plain)}))
