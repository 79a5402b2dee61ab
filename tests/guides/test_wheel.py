"""The guides in a wheel, which hatchling builds from this working copy."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path

import pytest

from tests import programs
from tests.guides.pages import GUIDES, PAGES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the files of the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    programs.run(build, cwd=GUIDES.parent, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_wheel_holds_every_page(unpacked: Path) -> None:
    inside = unpacked / "loopscope" / "migration_guides"
    found = {path.relative_to(inside) for path in inside.rglob("*.md")}
    assert found == {path.relative_to(GUIDES) for path in PAGES}


def test_installed_command_shows_a_page(unpacked: Path, tmp_path: Path) -> None:
    done = programs.run(
        [sys.executable, "-m", "loopscope", "rules", "LS105"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(unpacked)},
        capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert done.stdout == (GUIDES / "rules" / "LS105.md").read_text(encoding="utf-8")
