"""Which files may declare requirements, by their names, and in which grammar.

That stands apart from ``requirements.places``, whose readers no run without event loops needs:
nothing is compiled before the first file is asked for.
"""

from __future__ import annotations

import re
from posixpath import basename, dirname

# Folders with a leading dot in which CI and containers are set up; no other hidden folder is
# looked into.
CI_FOLDERS = frozenset({
    ".github", ".gitlab", ".circleci", ".azure-pipelines", ".azure", ".ci", ".buildkite",
    ".woodpecker", ".devcontainer", ".docker",
})  # fmt: skip

# How the names of all files end, or begin, that ``requirements.places`` knows.
ENDINGS = (
    ".txt", ".in", ".yml", ".yaml", ".toml", ".cfg", ".ini", ".lock", "Pipfile", "ockerfile",
    "ontainerfile", "akefile", ".mk", "ustfile", "enkinsfile", ".sh", ".bash", ".bat", ".ps1",
)  # fmt: skip

BEGINNINGS = ("Dockerfile.", "Dockerfile-", "Containerfile.")

# Grammar by the whole name, the first that fits.
_BY_NAME = (
    ("toml", r"pyproject\.toml|(?:hatch|tox|pixi)\.toml|Pipfile"),
    ("ini", r"setup\.cfg|tox\.ini|\.?pytest\.ini"),
    ("python", r"setup\.py|noxfile\.py"),
    ("pip", r".*(?:requirements|constraints).*\.(?:txt|in|lock)"),
    ("lock", r"(?:.+[-_.])?conda-lock\.ya?ml"),
    ("conda", r"(?:.*[-_.])?(?:environment|env)(?:[-_.].*)?\.ya?ml"),
    ("recipe", r"(?:meta|recipe)\.ya?ml"),
    ("lock", r"(?:poetry|uv|pdm|pixi|Pipfile)\.lock|pylock(?:\..+)?\.toml"),
    (
        "commands",
        r"\.(?:gitlab-ci|travis|cirrus|appveyor|readthedocs|pre-commit-config)\.ya?ml"
        r"|(?:azure|bitbucket)-pipelines?.*\.ya?ml"
        r"|(?:appveyor|[Tt]askfile|buildspec|cloudbuild|docker-compose.*|compose)\.ya?ml"
        r"|(?:.+[-_.])?(?:Docker|Container)file|(?:Docker|Container)file[-.].+|.+\.dockerfile"
        r"|(?:GNU)?[Mm]akefile|.+\.mk|\.?[Jj]ustfile|Jenkinsfile"
        r"|.+\.(?:sh|bash|bat|ps1)",
    ),
)
_LISTS = r"(?:.*[-_.])?(?:requirements|reqs|constraints)(?:[-_.].*)?"
# Files in such folders are what tests feed to the code, or templates: no declarations.
_MATERIAL = frozenset({
    "data", "testdata", "test_data", "test-data", "fixtures", "resources", "samples",
    "snapshots", "golden", "templates", "vendor", "_vendor", "third_party",
})  # fmt: skip


def grammar_of(path: str) -> str | None:
    """Name the grammar of a file of this path (relative, forward slashes), if one is known."""
    name, folder = basename(path), dirname(path)
    parts = folder.split("/") if folder else []
    if any(part in _MATERIAL or "{" in part for part in parts):
        return None
    for grammar, pattern in _BY_NAME:
        if re.fullmatch(pattern, name):
            return grammar
    if parts and re.fullmatch(_LISTS, parts[-1]) and name.endswith((".txt", ".in")):
        return "pip"
    if parts and parts[0] in CI_FOLDERS and name.endswith((".yml", ".yaml")):
        return "commands"
    return None


def may_declare(name: str) -> bool:
    """Whether a file of this name is worth a closer look: cheap, as it is asked of each file."""
    return name.endswith(ENDINGS) or name.startswith(BEGINNINGS)


def is_pin_file(path: str) -> bool:
    """Whether a file of this path (relative, forward slashes) may declare requirements."""
    return grammar_of(path) is not None
