"""Whether each declaration of pytest-asyncio in cloned repositories is edited, or is an action.

``python -m tests.declared_pins FOLDER...`` searches each folder, a work tree of git, for what
looks like a declaration, and asks ``check`` about it. Printed is a line for each place: "edited",
"action", "unread" (the file is an error of the report), "right" (it admits nothing that is too
old), "no declaration" (a comment, a heading of a lock file) or "missed". With ``--again`` copies
are migrated: an action of before must still be one, or be done. The exit code is 1 where a place
was missed.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from posixpath import basename, join, normpath
from typing import Any

import click
from packaging.version import InvalidVersion, Version

PATTERN = r"pytest[-_]asyncio *[=<>~^!]"
_PROSE = re.compile(r".*\.(?:md|rst|adoc|ipynb)|(?i:(?:changelog|changes|history|news)\b.*)")
_LOCK = re.compile(r".*\.lock|pylock(?:\..+)?\.toml")
_LOWER = re.compile(r"(?:==|>=|~=|\^|=)[ \"']*(\d+(?:\.\d+)*)")
_LIMIT = 1200


@dataclass(frozen=True, slots=True)
class Hit:
    """A line that ``git grep`` has found."""

    path: str
    line: int
    text: str


def hits(folder: Path) -> list[Hit]:
    """Search the tracked files of a work tree, documentation and changelogs aside."""
    command = ["git", "-C", str(folder), "grep", "-InE", PATTERN]
    output = subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False, timeout=_LIMIT
    )
    found = (line.split(":", 2) for line in output.stdout.splitlines())
    return [
        Hit(path, int(line), text)
        for path, line, text in found
        if not _PROSE.fullmatch(basename(path))
    ]


def check(folder: Path) -> Mapping[str, Any]:
    """Run the command line on a folder."""
    command = [sys.executable, "-m", "loopscope", "check", "--format", "json", "."]
    output = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=_LIMIT
    )
    document: Mapping[str, Any] = json.loads(output.stdout)
    return document


def verdict(hit: Hit, document: Mapping[str, Any]) -> str:
    """Say what a report makes of a place."""
    places = list(_places(document))
    if ("edited", hit.path, hit.line) in places:
        return "edited"
    if ("action", hit.path, hit.line) in places:
        return "action"
    if ("unread", hit.path, 0) in places:
        return "unread"
    if _LOCK.fullmatch(basename(hit.path)):
        named = any(kind == "action" and path == hit.path for kind, path, _ in places)
        return "action" if named else "no declaration" if _is_heading(hit) else "missed"
    if hit.text.lstrip().startswith(("#", "//")):
        return "no declaration"
    return "right" if _admits_nothing_old(hit, document) else "missed"


def _is_heading(hit: Hit) -> bool:
    """Whether a lock file only says there what another package asks for, or which files it has."""
    return re.fullmatch(r"\s*\"?pytest-asyncio\"? = (?:\[|\".*\"|\{.*\})\s*", hit.text) is not None


def _places(document: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    """Yield each edit and action with its place, the paths relative to the searched folder."""
    roots = [suite["root"] for suite in document["suites"] if suite["status"] == "error"]
    for error in document["errors"]:
        for root in roots:  # errors do not name their suite
            yield "unread", normpath(join(root, error["path"])), 0
    for suite in document["suites"]:
        for change in suite["changes"]:
            for edit in change["edits"]:
                if edit["code"] == "LS202":
                    yield "edited", normpath(join(suite["root"], change["path"])), edit["line"]
        for finding in suite["findings"]:
            if finding["level"] == "action":
                path = normpath(join(suite["root"], finding["path"]))
                yield "action", path, finding["line"]


def _admits_nothing_old(hit: Hit, document: Mapping[str, Any]) -> bool:
    """Whether the lower bound is what the suite around the place requires."""
    rest = re.split(PATTERN, hit.text, maxsplit=1)[1]
    found = _LOWER.search(hit.text[-len(rest) - 1 :])
    around = [one for one in document["suites"] if _is_below(hit.path, one["root"])]
    requires = max(around, key=lambda one: len(one["root"]), default={"requires": ""})["requires"]
    wanted = _version(requires.partition("=")[2].lstrip("=")) or Version("1.0")
    lower = _version(found[1]) if found else None
    return lower is not None and lower >= wanted


def _is_below(path: str, root: str) -> bool:
    return root == "." or path.startswith(f"{root}/")


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def lost(folder: Path, document: Mapping[str, Any]) -> list[str]:
    """Migrate a copy, and list the actions on pytest-asyncio's releases that are no more said."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory, "copy")
        shutil.copytree(folder, copy, symlinks=True)
        command = [sys.executable, "-m", "loopscope", "migrate", "--allow-dirty", "-q", "."]
        subprocess.run(command, cwd=copy, capture_output=True, check=False, timeout=_LIMIT)
        after = Counter(path for path, _ in _on_releases(check(copy)))
    return [f"{path}: {message}" for path, message in _on_releases(document) if not after[path]]


def _on_releases(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for suite in document["suites"]:
        for finding in suite["findings"]:
            if finding["level"] == "action" and finding["code"] in ("LS202", "LS310"):
                yield normpath(join(suite["root"], finding["path"])), finding["message"]


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--again", is_flag=True, help="Look for actions that a migration makes vanish.")
def main(folders: tuple[Path, ...], again: bool) -> None:
    """Say what becomes of each declaration."""
    counts: Counter[str] = Counter()
    for folder in folders:
        document = check(folder)
        for hit in hits(folder):
            said = verdict(hit, document)
            counts[said] += 1
            click.echo(f"{said:14} {folder.name}/{hit.path}:{hit.line} {hit.text.strip()[:60]}")
        for message in lost(folder, document) if again else ():
            counts["lost"] += 1
            click.echo(f"{'lost':14} {folder.name}/{message}")
    click.echo(", ".join(f"{number} {said}" for said, number in sorted(counts.items())))
    sys.exit(1 if counts["missed"] or counts["lost"] else 0)


if __name__ == "__main__":
    main()
