"""Which names a walk takes for files that may declare requirements.

They stand apart from ``requirements.places``, whose readers no run without event loops needs.
"""

from __future__ import annotations

# Folders with a leading dot in which CI is set up; no other hidden folder is looked into.
CI_FOLDERS = frozenset({".github", ".gitlab", ".circleci", ".azure-pipelines", ".azure", ".ci"})

# How the names of all files end that ``requirements.places`` knows.
ENDINGS = (
    ".txt", ".in", ".yml", ".yaml", ".toml", ".cfg", ".ini", ".lock", "Pipfile", "ockerfile",
    "ontainerfile", "akefile", ".mk", "ustfile", "enkinsfile", ".sh", ".bash", ".bat", ".ps1",
)  # fmt: skip
