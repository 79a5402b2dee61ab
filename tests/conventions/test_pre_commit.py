"""The hooks of .pre-commit-hooks.yaml, run by pre-commit in a git repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import programs

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
HOOKS: list[dict[str, Any]] = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make a git repository with a legacy suite that uses the hooks, with this environment."""
    root = tmp_path / "shop"
    shutil.copytree(ROOT / "examples" / "shop", root)
    hooks = [{**hook, "language": "system", "entry": entry(hook)} for hook in HOOKS]
    config = {"repos": [{"repo": "local", "hooks": hooks}]}
    (root / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    git(root, "init", "--quiet")
    git(root, "add", ".")
    return root


def entry(hook: dict[str, Any]) -> str:
    command, _, rest = hook["entry"].partition(" ")
    assert command == "loopscope"
    return f'"{sys.executable}" -m loopscope {rest}'


def git(root: Path, *arguments: str) -> str:
    done = programs.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout


def pre_commit(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return programs.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=root,
        env={**os.environ, "PRE_COMMIT_HOME": str(root.parent / "home")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_pre_commit_accepts_the_manifest() -> None:
    done = programs.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST)], check=False
    )
    assert done.returncode == 0


def test_check_fails_for_a_legacy_suite_and_changes_nothing(repository: Path) -> None:
    done = pre_commit(repository, "run", "loopscope-check")
    assert done.returncode == 1
    assert "files would change (" in done.stdout
    assert git(repository, "diff") == ""


def test_migrate_changes_what_is_staged_and_check_passes_then(repository: Path) -> None:
    done = pre_commit(repository, "run", "loopscope-migrate")
    assert done.returncode == 1
    assert "files were modified by this hook" in done.stdout
    assert "-def event_loop():" in git(repository, "diff")
    git(repository, "add", ".")
    assert pre_commit(repository, "run", "--all-files").returncode == 0


def test_a_folder_as_argument_is_migrated_with_what_it_depends_on(repository: Path) -> None:
    config = repository / ".pre-commit-config.yaml"
    hooks = yaml.safe_load(config.read_text(encoding="utf-8"))
    for hook in hooks["repos"][0]["hooks"]:
        hook["args"] = ["tests"]
    config.write_text(yaml.safe_dump(hooks))
    git(repository, "add", ".")
    assert pre_commit(repository, "run", "loopscope-migrate").returncode == 1
    changed = git(repository, "diff", "--name-only").split()
    assert {"conftest.py", "pyproject.toml", "tests/payments/test_payments.py"} <= set(changed)
    git(repository, "add", ".")
    assert pre_commit(repository, "run", "--all-files").returncode == 0
