"""The generator makes what it promises, and the command measures, on a tiny tree."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from benchmarks.files import lines_in, what_matters
from benchmarks.monorepo import Size, contents, make
from benchmarks.sections import SECTIONS
from tests import programs

ROOT = Path(__file__).parents[2]
SIZE = Size(packages=10, files=400, lines=50_000)


def test_as_many_files_and_about_as_many_lines_as_asked_for(tmp_path: Path) -> None:
    make(tmp_path / "tree", SIZE)
    files = [str(path) for path in (tmp_path / "tree").rglob("*.py")]
    assert len(files) == SIZE.files
    assert lines_in(tmp_path, files) == pytest.approx(SIZE.lines, rel=0.02)


def test_every_file_is_python() -> None:
    for path, text in contents(SIZE):
        if path.endswith(".py"):
            compile(text, path, "exec", dont_inherit=True)


def test_the_seed_decides() -> None:
    assert list(contents(Size(2, 20, 1000))) == list(contents(Size(2, 20, 1000)))
    assert list(contents(Size(2, 20, 1000))) != list(contents(Size(2, 20, 1000, seed=2)))


def test_one_package_in_ten_is_legacy(tmp_path: Path) -> None:
    make(tmp_path / "tree", SIZE)
    matter, change = what_matters(tmp_path / "tree")
    assert len({Path(path).relative_to(tmp_path / "tree").parts[0] for path in matter}) == 1
    assert 5 <= len(change) <= len(matter) <= 40


def test_a_package_has_a_least_size(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least"):
        make(tmp_path, Size(packages=10, files=10, lines=1000))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_every_section_measures() -> None:
    folder = Path(sys.executable).parent
    missing = [name for name in ("ruff", "ast-grep") if not shutil.which(name, path=folder)]
    sections = [name for name in SECTIONS if not (missing and name == "check")]
    size = ["--packages=2", "--files=20", "--lines=800", "--growth", "20", "30"]
    done = programs.run(
        [sys.executable, "-m", "benchmarks", *sections, *size, "--repeat=1", "--sample=20"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("### ") == len(sections)
