"""A tree without legacy idioms costs next to nothing: the promise that makes check a pre-commit
hook."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests import programs

pytestmark = pytest.mark.slow

resource = pytest.importorskip("resource", reason="it measures what processes take")

FILES = 2000
HEAVY = ("libcst", "bowler", "rich", "tomlkit", "configupdater", "loopscope.pipeline")
TEST = "\n\ndef test_{n}(tmp_path):\n    value = {n}\n    assert value + 1 == 1 + {n}\n"
MODULE = "import os\n\nimport pytest\n" + "".join(TEST.format(n=n) for n in range(40))
READ = """\
import sys, click
for path in sys.stdin.read().split():
    with open(path, "rb") as file:
        file.read()
"""
LOADED = """\
import sys
from loopscope.cli.main import main
try:
    main()
finally:
    sys.stderr.write(" ".join(sys.modules))
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a tree of test modules without a trace of event loops."""
    root = tmp_path_factory.mktemp("large")
    (root / "pytest.ini").write_text("[pytest]\n")
    (root / ".gitignore").write_text("*.pyc\n/build/\n")
    for number in range(FILES):
        folder = root / f"package_{number % 40}"
        folder.mkdir(exist_ok=True)
        (folder / f"test_{number}.py").write_text(MODULE)
    return root


def seconds(command: list[str], text: str, where: Path) -> float:
    """Measure the processors' time, which hardly depends on what else is running."""
    # An installed program has the bytecode of its modules.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    programs.run(
        command, input=text, text=True, cwd=where, env=environment, check=True, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_nothing_heavy_is_imported(large: Path) -> None:
    command = [sys.executable, "-c", LOADED, "check", "."]
    done = programs.run(command, cwd=large, check=True, capture_output=True, text=True)
    assert done.stdout == "1 suite, nothing to change.\n"
    assert not set(done.stderr.split()).intersection(HEAVY)


def test_libcst_is_imported_only_where_something_changes(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    )
    (tmp_path / "test_one.py").write_text("async def test_one():\n    pass\n")
    command = [sys.executable, "-c", LOADED, "check", "."]
    done = programs.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout == "1 suite, nothing to change.\n"
    loaded = set(done.stderr.split())
    assert "loopscope.pipeline" in loaded  # it was read in full
    assert "libcst" not in loaded


def test_a_run_that_is_known_imports_nothing_to_find_suites(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "test_one.py").write_text("def test_one(event_loop):\n    pass\n")
    environment = {**os.environ, "LOOPSCOPE_NO_CACHE": "", "HOME": str(tmp_path)}
    environment |= dict.fromkeys(("XDG_CACHE_HOME", "XDG_STATE_HOME"), str(tmp_path / "home"))
    command = [sys.executable, "-c", LOADED, "check", "-q"]
    first, second = (
        programs.run(command, cwd=project, capture_output=True, text=True, env=environment)
        for _ in range(2)
    )
    assert first.stdout == second.stdout
    found = {"loopscope.discovery.load", "loopscope.discovery.walk", "loopscope.pipeline"}
    assert found < set(first.stderr.split())
    assert found.isdisjoint(second.stderr.split())
    assert not set(second.stderr.split()).intersection(HEAVY)


def test_check_takes_less_than_two_and_a_half_times_what_reading_takes(large: Path) -> None:
    paths = "\n".join(map(str, large.rglob("*.py")))
    read, check = [sys.executable, "-c", READ], [sys.executable, "-m", "loopscope", "check"]
    # The best of several: other programs can only make a run slower.
    pairs = [(seconds(check, "", large), seconds(read, paths, large)) for _ in range(5)]
    best_check, best_read = (min(times) for times in zip(*pairs, strict=True))
    assert best_check < 2.5 * best_read, f"{best_check:.3f} s against {best_read:.3f} s"
