"""No test can hang the run: each has a limit."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests import programs

ROOT = Path(__file__).parents[2]
TESTS = """\
import time
from loopscope.timeouts import time_limit

def test_hangs():
    time.sleep(3600)

def test_hangs_after_loopscope_has_used_the_same_alarm():
    with time_limit(60):
        pass
    time.sleep(3600)

def test_goes_on():
    pass
"""


def test_waits_of_a_test_end_before_it_is_ended(pytestconfig: pytest.Config) -> None:
    assert float(pytestconfig.getini("timeout")) > 2 * programs.LONG


def test_tests_that_hang_fail_and_the_others_are_done(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-o", "timeout=3", "-p", "no:cacheprovider"]
    done = programs.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "2 failed, 1 passed" in done.stdout
    assert done.stdout.count("Timeout (>3.0s)") >= 2
