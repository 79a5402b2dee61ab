from __future__ import annotations

from pathlib import Path

import pytest

from loopscope.discovery.load import load_suites
from loopscope.types import Suite

LEGACY = "async def test_it(event_loop): ...\n"
PLAIN = "def test_it(): ...\n"


def kept(root: Path, files: dict[str, str]) -> set[str]:
    """List the files in memory of a suite with these files and an empty pytest.ini."""
    (root / "pytest.ini").touch()
    for name, text in files.items():
        (root / name).write_text(text)
    [suite] = load_suites([root])
    assert isinstance(suite, Suite)
    return set(suite.files)


@pytest.mark.parametrize("length", [64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, 300_000])
def test_the_only_trace_at_the_end_of_a_long_file(tmp_path: Path, length: int) -> None:
    text = "#\n" * length + LEGACY
    assert kept(tmp_path, {"test_a.py": text[-length:]}) == {"pytest.ini", "test_a.py"}


def test_what_stands_before_the_first_trace_belongs_to_the_suite(tmp_path: Path) -> None:
    names = {"pytest.ini", "test_a.py", "test_b.py"}
    assert kept(tmp_path, {"test_a.py": PLAIN, "test_b.py": LEGACY}) == names


def test_nothing_of_a_suite_without_a_trace_is_kept(tmp_path: Path) -> None:
    assert kept(tmp_path, {"test_a.py": PLAIN, "test_b.py": "import asyncio\n"}) == set()


def test_a_helper_that_holds_a_decorator_belongs_to_the_suite(tmp_path: Path) -> None:
    files = {
        "test_a.py": LEGACY,
        "own.py": "import functools\n\ndef quiet(f):\n    return functools.wraps(f)(f)\n",
        "other.py": "x = 1\n",
    }
    assert kept(tmp_path, files) == {"pytest.ini", "test_a.py", "own.py"}


def test_modules_that_lead_to_one_which_runs_a_loop_belong_to_the_suite(tmp_path: Path) -> None:
    files = {
        "test_a.py": LEGACY,
        "drive.py": "import asyncio\n\n\ndef go(coro):\n    asyncio.run(coro)\n",
        "middle.py": "from drive import (\n    go,\n)\n",
        "package/__init__.py": "import middle as m\n",
        "package/user.py": "from . import package\n",
        "plain.py": "drive = 1\n",
    }
    (tmp_path / "package").mkdir()
    assert kept(tmp_path, files) == {"pytest.ini", *files} - {"plain.py"}
