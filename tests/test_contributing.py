"""The worked example of CONTRIBUTING.md, added to a copy of the package and run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import programs

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FILES = re.findall(r"^`(\S+\.py)`\n\n```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the sources and add the example to them."""
    for part in ("codemods", "tests"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in FILES:
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    sources = os.pathsep.join([str(copy / "codemods"), str(copy)])
    return programs.run(
        [sys.executable, "-m", *arguments],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": sources},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_rule_and_its_tests_are_all_that_is_shown() -> None:
    assert [Path(name).name for name, _ in FILES] == [
        "ls110_default_loop_scope.py", "test_ls110_default_loop_scope.py",
    ]  # fmt: skip
    assert "```diff" not in PAGE


def test_the_example_passes_its_own_tests(copy: Path) -> None:
    done = run(copy, "pytest", "-q", "-p", "no:cacheprovider", FILES[-1][0])
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


def test_the_example_is_listed(copy: Path) -> None:
    assert "LS110  default-loop-scope" in run(copy, "loopscope", "rules").stdout
