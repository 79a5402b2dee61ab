"""The one list of files that may declare requirements, asked by all who look for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from posixpath import basename, dirname

from loopscope.config.declaring_names import CI_FOLDERS
from loopscope.requirements.command_lines import read_commands
from loopscope.requirements.ini_and_toml import read_ini, read_toml
from loopscope.requirements.lock_files import read_lock
from loopscope.requirements.pin import Pin
from loopscope.requirements.pip_and_conda import read_conda, read_pip, read_recipe
from loopscope.requirements.python_files import read_python
from loopscope.requirements.source_text import SourceText

Reader = Callable[[SourceText], Iterator[Pin]]

_BY_NAME: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (re.compile(r"pyproject\.toml|(?:hatch|tox|pixi)\.toml|Pipfile"), read_toml),
    (re.compile(r"setup\.cfg|tox\.ini"), read_ini),
    (re.compile(r"setup\.py|noxfile\.py"), read_python),
    (re.compile(r".*(?:requirements|constraints).*\.(?:txt|in)"), read_pip),
    (re.compile(r"(?:.*[-_.])?(?:environment|env)(?:[-_.].*)?\.ya?ml"), read_conda),
    (re.compile(r"(?:meta|recipe)\.ya?ml"), read_recipe),
    (re.compile(r"(?:poetry|uv|pdm|Pipfile)\.lock|pylock(?:\..+)?\.toml"), read_lock),
    (
        re.compile(
            r"\.(?:gitlab-ci|travis|cirrus|appveyor|readthedocs|pre-commit-config)\.ya?ml"
            r"|(?:azure|bitbucket)-pipelines?.*\.ya?ml"
            r"|(?:appveyor|[Tt]askfile|buildspec|cloudbuild|docker-compose.*|compose)\.ya?ml"
        ),
        read_commands,
    ),
    (
        re.compile(r"(?:.+[-_.])?(?:Docker|Container)file|.+\.dockerfile"),
        read_commands,
    ),
    (re.compile(r"(?:GNU)?[Mm]akefile|.+\.mk|\.?[Jj]ustfile|Jenkinsfile"), read_commands),
    (re.compile(r".+\.(?:sh|bash|bat|ps1)"), read_commands),
)
_LISTS = re.compile(r"(?:.*[-_.])?(?:requirements|reqs|constraints)(?:[-_.].*)?")
# Files in such folders are what tests feed to the code, or templates: no declarations.
_MATERIAL = frozenset({
    "data", "testdata", "test_data", "test-data", "fixtures", "resources", "samples",
    "snapshots", "golden", "templates", "vendor", "_vendor", "third_party",
})  # fmt: skip


def reader_of(path: str) -> Reader | None:
    """Return the reader for a file of this path (relative, forward slashes), if one is known."""
    name, folder = basename(path), dirname(path)
    parts = folder.split("/") if folder else []
    if any(part in _MATERIAL or "{" in part for part in parts):
        return None
    for pattern, reader in _BY_NAME:
        if pattern.fullmatch(name):
            return reader
    if parts and _LISTS.fullmatch(parts[-1]) and name.endswith((".txt", ".in")):
        return read_pip
    if parts and parts[0] in CI_FOLDERS and name.endswith((".yml", ".yaml")):
        return read_commands
    return None


def is_requirements_list(path: str) -> bool:
    """Whether a file of this path is one that pip installs from, or that limits what it does."""
    return reader_of(path) is read_pip


def is_pin_file(path: str) -> bool:
    """Whether a file of this path (relative, forward slashes) may declare requirements."""
    return reader_of(path) is not None
