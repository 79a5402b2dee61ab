"""Runs over many small suites, in memory and on disk, and what is left of their processes."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import Any

from loopscope.types import Options, PytestConfig, Suite
from tests.programs import LONG

CONFTEST = b"""\
import asyncio, pytest

@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
TEST = b"async def test_%d(event_loop):\n    event_loop.create_task(f())\n\n"


def suite(number: int, tests: int = 3) -> Suite:
    config = PytestConfig("pytest.ini", "pytest", options={"asyncio_mode": "auto"})
    tests_file = b"".join(TEST % n for n in range(tests))
    ini = b"[pytest]\nasyncio_mode = auto\n"
    files = {"pytest.ini": ini, "conftest.py": CONFTEST, "test_a.py": tests_file}
    return Suite(f"suite{number}", config, files)


def jobs(number: int, tests: int = 3) -> list[tuple[Suite, Options]]:
    return [(suite(n, tests), Options()) for n in range(number)]


def big_tree(root: Path, suites: int = 4) -> Path:
    padding = b"#" + b"x" * 90_000 + b"\n"
    for number in range(suites):
        for name, data in suite(number).files.items():
            path = root / f"p{number}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data + (padding if name == "test_a.py" else b""))
    return root


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "loopscope", *arguments]


def until(true: Any, seconds: float = LONG) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def in_session(leader: int) -> set[int]:
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, _, session = path.read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state != "Z":
                found.add(int(path.parent.name))
    return found
